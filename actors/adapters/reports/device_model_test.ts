import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { knownMonitors, knownVariables } from "#actors/domain/device_model.ts";
import type { ReportedMessage } from "#actors/ports/item_store.ts";
import { attributeKey } from "#schemas/device_variable.ts";
import { itemId, type StationItem } from "#schemas/station_items.ts";
import { limitOf } from "#schemas/station_limits.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { configurationDrift } from "../configuration_drift.ts";
import { postgresItemStore } from "../postgres_item_store.ts";
import { reportRules } from "./mod.ts";

let database: TestPostgres;
let sql: Sql;
before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
after(async () => {
  await sql.end();
  await database.close();
});

const START = Date.UTC(2026, 10, 22);
const MINUTE = 60_000;
let stations = 0;

type Body = Readonly<Record<string, unknown>>;

/** A station whose reports go through the rules, into real tables. */
class Reporting {
  readonly id = `R${++stations}`;
  now = START;
  #seq = 0;

  async says(action: string, payload: Body): Promise<void> {
    const message: ReportedMessage = {
      tenant: "default",
      stationId: this.id,
      stationKey: this.id,
      protocol: "ocpp2.0.1",
      action,
      payload,
      at: this.now,
      shard: stations,
      seq: ++this.#seq,
    };
    const [rule] = reportRules.get(action) ?? assert.fail(`no rule for ${action}`);
    assert.ok(rule !== undefined);
    await sql.begin((part) => rule(message, postgresItemStore(part, message)));
  }

  async report(requestId: number, more: Body): Promise<void> {
    await this.says("NotifyReport", { requestId, generatedAt: "2026-11-22T00:00:00Z", ...more });
  }

  /** As a rule of the charger's keeps it. */
  async keep(item: StationItem): Promise<void> {
    const { block, key, body } = item;
    await sql`INSERT INTO station_items
        (tenant, id, station_id, block, key, body, created_at, updated_at)
      VALUES ('default', ${itemId(this.id, block, key)}, ${this.id}, ${block}, ${key},
        ${JSON.stringify(body)}::text::jsonb, now(), now())
      ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body`;
  }

  async items(): Promise<readonly StationItem[]> {
    return await sql<StationItem[]>`
      SELECT block, key, body FROM station_items WHERE station_id = ${this.id}`;
  }

  async values(): Promise<Readonly<Record<string, string | null>>> {
    return Object.fromEntries(
      knownVariables(await this.items()).map(({ name, value }) => [
        [name.component, name.evseId, name.variable, name.attribute].filter((part) =>
          part !== undefined && part !== "Actual"
        ).join("."),
        value,
      ]),
    );
  }
}

function entry(name: string, value: string | undefined, more: Body = {}): Body {
  return {
    component: { name: "C", ...(more["evse"] === undefined ? {} : { evse: more["evse"] }) },
    variable: { name },
    variableAttribute: [{ ...(value === undefined ? {} : { value }), ...more }],
    variableCharacteristics: { dataType: "integer", unit: "s", supportsMonitoring: true },
  };
}

test("B07: parts count when none is missing, in whatever order they come, and once", async () => {
  const one = new Reporting();
  await one.report(1, { seqNo: 2, reportData: [entry("C", "3")] });
  await one.report(1, { seqNo: 0, tbc: true, reportData: [entry("A", "1")] });
  await one.report(1, { seqNo: 0, tbc: true, reportData: [entry("A", "1")] });
  assert.deepEqual(await one.values(), {});
  await one.report(1, { seqNo: 1, tbc: true, reportData: [entry("B", "2")] });
  assert.deepEqual(await one.values(), { "C.A": "1", "C.B": "2", "C.C": "3" });
  const parts = (await one.items()).filter(({ block }) => block === "report-part");
  assert.deepEqual(parts, []);
});

test("a report without a number, or without data, is one of a single part", async () => {
  const one = new Reporting();
  await one.report(4, { reportData: [entry("A", "1")] });
  await one.report(5, { seqNo: 0, reportData: [] });
  assert.deepEqual(await one.values(), { "C.A": "1" });
});

test("parts of a report that was given up do not make another one whole", async () => {
  const one = new Reporting();
  await one.report(1, { seqNo: 1, reportData: [entry("Old", "1")] });
  one.now += 16 * MINUTE;
  await one.report(1, { seqNo: 0, tbc: true, reportData: [entry("New", "2")] });
  assert.deepEqual(await one.values(), {});
  const parts = (await one.items()).filter(({ block }) => block === "report-part");
  assert.equal(parts.length, 1, "what was given up is forgotten");
  await one.report(1, { seqNo: 1, reportData: [entry("Newer", "3")] });
  assert.deepEqual(await one.values(), { "C.New": "2", "C.Newer": "3" });
});

test("attributes and places are variables of their own; write-only ones have no value", async () => {
  const one = new Reporting();
  const wide = {
    ...entry("A", "1", { evse: { id: 1 } }),
    variableAttribute: [{ value: "1" }, { type: "MaxSet", value: "9" }],
  };
  const reportData = [
    wide,
    entry("A", "2", { evse: { id: 2 } }),
    entry("W", undefined, { mutability: "WriteOnly" }),
    entry("BasicAuthPassword", "0123456789abcdef"),
  ];
  await one.report(1, { seqNo: 0, reportData });
  assert.deepEqual(await one.values(), {
    "C.1.A": "1",
    "C.1.A.MaxSet": "9",
    "C.2.A": "2",
    "C.W": null,
    "C.BasicAuthPassword": null,
  });
  assert.ok(!JSON.stringify(await one.items()).includes("0123456789abcdef"));
  const known = knownVariables(await one.items()).find(({ name }) => name.variable === "W");
  assert.deepEqual(known?.traits, {
    mutability: "WriteOnly",
    dataType: "integer",
    unit: "s",
    supportsMonitoring: true,
  });
});

test("a full inventory takes the place of what it does not name; others only add", async () => {
  const one = new Reporting();
  await one.report(1, { seqNo: 0, reportData: [entry("A", "1"), entry("B", "1")] });
  await one.keep({
    block: "variable-value",
    key: attributeKey({ component: "C", variable: "Read" }),
    body: { component: "C", variable: "Read", attribute: "Actual", value: "7", at: one.now },
  });
  one.now += MINUTE;
  await one.report(2, { seqNo: 0, reportData: [entry("B", "2")] });
  assert.deepEqual(await one.values(), { "C.A": "1", "C.B": "2", "C.Read": "7" });

  const body = { requestId: 3, base: "FullInventory", at: one.now };
  await one.keep({ block: "inventory", key: "asked", body });
  await one.report(3, { seqNo: 0, reportData: [entry("B", "3")] });
  assert.deepEqual(await one.values(), { "C.B": "3" });
});

test("the newest word about a value counts, whether it was reported, read or set", async () => {
  const one = new Reporting();
  const read = (value: string, at: number): StationItem => ({
    block: "variable-value",
    key: attributeKey({ component: "C", variable: "A" }),
    body: { component: "C", variable: "A", attribute: "Actual", value, status: "Accepted", at },
  });
  await one.report(1, { seqNo: 0, reportData: [entry("A", "1")] });
  await one.keep(read("0", one.now - 1));
  assert.deepEqual(await one.values(), { "C.A": "1" });
  await one.keep(read("2", one.now + 1));
  assert.deepEqual(await one.values(), { "C.A": "2" });
});

test("limits of messages are taken from reports", async () => {
  const one = new Reporting();
  const name = { component: "DeviceDataCtrlr", variable: "ItemsPerMessage" };
  const reportData = [{
    component: { name: name.component },
    variable: { name: name.variable, instance: "GetVariables" },
    variableAttribute: [{ value: "4" }],
  }];
  await one.report(1, { seqNo: 0, reportData });
  assert.equal(limitOf(await one.items(), { ...name, variableInstance: "GetVariables" }), 4);
});

function monitors(...list: readonly (readonly [id: number, severity: number])[]): Body {
  return {
    component: { name: "EVSE", evse: { id: 1 } },
    variable: { name: "Temperature" },
    variableMonitoring: list.map(([id, severity]) => ({
      ...{ id, severity, transaction: false, value: 70, type: "UpperThreshold" },
    })),
  };
}

test("N02: monitors that are reported are known; a report of all replaces them", async () => {
  const one = new Reporting();
  const report = (requestId: number, more: Body): Promise<void> =>
    one.says("NotifyMonitoringReport", { requestId, seqNo: 0, ...more });
  const ids = async (): Promise<readonly number[]> =>
    knownMonitors(await one.items()).map(({ id }) => id);
  await report(1, { monitor: [monitors([1, 2], [2, 8])] });
  await report(2, { monitor: [monitors([3, 8])] });
  assert.deepEqual(await ids(), [1, 2, 3]);
  await one.keep({
    block: "monitoring",
    key: "cleared",
    body: { ids: [{ id: 9, at: one.now }] },
  });
  const asked = { requestId: 3, isWhole: true, at: one.now };
  await one.keep({ block: "monitoring", key: "asked", body: asked });
  await report(3, { monitor: [monitors([1, 2], [9, 0])] });
  assert.deepEqual(await ids(), [1], "9 was removed while the report was under way");
  const said = (await one.items()).find(({ key }) => key === "reported");
  assert.deepEqual(said?.body["of"], { "1": 2 });
  await one.keep({ block: "monitoring", key: "none", body: { at: one.now + 1 } });
  assert.deepEqual(await ids(), []);
});

test("N07: events are kept with their monitor; statuses of connectors are none of them", async () => {
  const one = new Reporting();
  await one.says("NotifyMonitoringReport", {
    requestId: 1,
    seqNo: 0,
    monitor: [monitors([5, 2])],
  });
  const datum = {
    eventId: 1,
    timestamp: "2026-11-22T00:00:00Z",
    trigger: "Alerting",
    actualValue: "82",
    eventNotificationType: "CustomMonitor",
    component: { name: "EVSE", evse: { id: 1 } },
    variable: { name: "Temperature" },
  };
  const status = {
    ...datum,
    component: { name: "Connector", evse: { id: 1, connectorId: 1 } },
    variable: { name: "AvailabilityState" },
  };
  const eventData = [{ ...datum, variableMonitoringId: 5 }, { ...datum, cleared: true }, status];
  await one.says("NotifyEvent", { seqNo: 0, eventData });
  const rows = await sql<{ kind: string; at: Date; body: Body }[]>`
    SELECT kind, at, body FROM station_events WHERE station_id = ${one.id} ORDER BY id`;
  assert.deepEqual(rows.map(({ kind, body }) => [kind, body["cleared"], body["severity"]]), [
    ["monitor", false, 2],
    ["monitor", true, null],
  ]);
  assert.deepEqual(rows[0]?.body["monitor"], { type: "UpperThreshold", value: 70 });
  assert.equal(rows[0]?.at.getTime(), START);
});

test("drift is told of stations that somebody intends something of", async () => {
  const one = new Reporting();
  const drift = configurationDrift(sql);
  const told = (): Promise<object> => Promise.resolve(drift("default", { stationId: one.id }));
  assert.deepEqual(await told(), { count: 0, names: [] });
  await sql`INSERT INTO stations (tenant, id, tags, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, protocol, model, evses,
      statuses, open_sessions, created_at)
    VALUES ('default', ${one.id}, '{}', 0, false, 'Accepted', 60, true, true, 'ocpp2.0.1', 'One',
      '[]', '{}', '{}', now())`;
  const variables = ["A", "B", "D", "E"].map((variable) => ({
    ...{ component: "C", variable, value: "1" },
  }));
  await sql`INSERT INTO configuration_templates (tenant, id, description, match, variables)
    VALUES ('default', ${one.id}, '', ${JSON.stringify({ model: "One" })}::text::jsonb,
      ${JSON.stringify(variables)}::text::json)`;
  assert.deepEqual(await told(), { count: 0, names: [] }, "nothing is known yet");
  const reportData = ["A", "B", "D", "E"].map((name) => entry(name, "2"));
  await one.report(1, { seqNo: 0, reportData });
  assert.deepEqual(await told(), { count: 4, names: ["C A", "C B", "C D"] });
  await one.report(2, {
    seqNo: 0,
    reportData: reportData.map((_, i) => entry("ABDE"[i] ?? "", "1")),
  });
  assert.deepEqual(await told(), { count: 0, names: [] });
  await sql`DELETE FROM configuration_templates WHERE id = ${one.id}`;
});
