/** What is wrong in front of a real database is left out, has a bound, and holds up nothing else. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import type { JournalEntry } from "#engine/ports/journal.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { formatAddress, stationKey } from "#schemas/address.ts";
import { Seeded } from "#schemas/seeded_testing.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { reportProjection } from "./report_projection.ts";
import { PARTS_BYTES_MAX, PARTS_MAX } from "./reports/report_parts.ts";

type Json = Readonly<Record<string, unknown>>;

let database: TestPostgres;
let sql: Sql;
before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 2, onnotice: () => {} });
});
after(async () => {
  await sql.end();
  await database.close();
});

const NOON = Date.UTC(2026, 10, 22, 12);
let rows = 0;

function entry(stationId: string, action: string, payload: Json, tenant = "default"): JournalEntry {
  return {
    ...{ shard: 1, seq: ++rows, tenant, class: "S", at: NOON + rows, type: "Notice" },
    actor: formatAddress({ tenant, kind: "charger", key: stationKey(stationId) }),
    header: JSON.stringify({ type: "ocpp.call", protocol: "ocpp2.0.1", action }),
    body: JSON.stringify(payload),
    ...{ inputs: null, reply: null, effects: null, facts: null },
  };
}

async function pass(...entries: readonly JournalEntry[]): Promise<void> {
  const take = reportProjection(silentTelemetry(new SimClock()));
  await sql.begin((transaction) => take(entries, transaction));
}

async function registered(stationId: string, tenant = "default"): Promise<string> {
  await sql`INSERT INTO stations (tenant, id, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, evses, created_at)
    VALUES (${tenant}, ${stationId}, 0, false, 'Accepted', 300, true, false, '[]', now())`;
  return stationId;
}

async function keysOf(stationId: string, block: string): Promise<readonly string[]> {
  const found = await sql<{ key: string }[]>`SELECT key FROM station_items
    WHERE station_id = ${stationId} AND block = ${block} ORDER BY key`;
  return found.map(({ key }) => key);
}

function variable(name: string, value = "1"): Json {
  return {
    component: { name: "EVSE" },
    variable: { name },
    variableAttribute: [{ value }],
  };
}

function part(requestId: number, seqNo: number, more: Json = {}): Json {
  const reportData = [variable(`V${seqNo}`)];
  return { requestId, seqNo, tbc: true, generatedAt: "2026-11-22T12:00:00Z", reportData, ...more };
}

/** Text that no compression makes short. */
function noise(length: number): string {
  const random = new Seeded(length);
  return Array.from({ length }, () => random.whole(0, 35).toString(36)).join("");
}

test("messages that the database refuses are left out, and the others of the pass count", async () => {
  const one = await registered("POISON");
  const event = (timestamp: string): JournalEntry =>
    entry(one, "SecurityEventNotification", { type: "Alarm", timestamp, techInfo: "x" });
  await pass(
    entry(one, "NotifyReport", part(1, 0, { tbc: false })),
    // A key that no index takes (54000), a text that is none (22P05), an instant that is none.
    entry(one, "NotifyReport", part(2, 0, { tbc: false, reportData: [variable(noise(20_000))] })),
    entry(one, "SecurityEventNotification", {
      type: "a\u0000b",
      timestamp: "2026-11-22T12:00:00Z",
    }),
    event("+275760-09-13T00:00:00.000Z"),
    entry(one, "NotifyReport", part(3, 1, { tbc: false, seqNo: 0 })),
  );
  assert.equal((await keysOf(one, "variable")).length, 2);
});

/** Parts of a report that is under way, as the rule keeps them. */
async function underWay(stationId: string, requestId: number, count: number): Promise<void> {
  await sql`INSERT INTO station_items (tenant, id, station_id, block, key, body, created_at,
      updated_at)
    SELECT 'default', ${stationId} || '/report-part/' || key, ${stationId}, 'report-part', key,
      json_build_object('ordinal', n, 'tbc', true, 'content', '{}'::json, 'at', ${NOON}::float8),
      now(), now()
    FROM generate_series(0, ${count - 1}::int) AS n,
      LATERAL (SELECT ${`NotifyReport/${requestId}/`} || lpad(n::text, 12, '0') AS key) AS named`;
}

test("of reports that are never finished no more is kept than has a bound", async () => {
  const one = await registered("ENDLESS");
  await underWay(one, 7, PARTS_MAX + 5);
  const more = Array.from({ length: 40 }, (_, index) => part(7, PARTS_MAX + 5 + index));
  await pass(...more.map((payload) => entry(one, "NotifyReport", payload)));
  assert.ok((await keysOf(one, "report-part")).length <= 40);

  const two = await registered("FORGETFUL");
  await underWay(two, 7, 1_500);
  await underWay(two, 8, PARTS_MAX - 1_495);
  const begun = Array.from({ length: 40 }, (_, index) => part(9, index));
  await pass(...begun.map((payload) => entry(two, "NotifyReport", payload)));
  const left = await keysOf(two, "report-part");
  assert.equal(left.length, 40);
  assert.ok(left.every((key) => key.startsWith("NotifyReport/9/")));
});

test("nor of parts that are large", async () => {
  const one = await registered("LARGE");
  const value = noise(200_000);
  const parts = Array.from(
    { length: 120 },
    (_, seqNo) => part(1, seqNo, { reportData: [variable("Name", `${seqNo}${value}`)] }),
  );
  await pass(...parts.map((payload) => entry(one, "NotifyReport", payload)));
  const [kept] = await sql<{ bytes: number }[]>`
    SELECT coalesce(sum(pg_column_size(body)), 0)::float8 AS bytes FROM station_items
      WHERE station_id = ${one} AND block = 'report-part'`;
  assert.ok((kept?.bytes ?? 0) < 1.8 * PARTS_BYTES_MAX, String(kept?.bytes));
});

test("a report in parts counts when it is whole, in whatever order and how often they come", async () => {
  const one = await registered("SHUFFLED");
  const parts = [0, 1, 2, 3, 4].map((seqNo) => part(1, seqNo, { tbc: seqNo < 4 }));
  const order = [4, 1, 0, 1, 3, 4];
  await pass(...order.map((index) => entry(one, "NotifyReport", parts[index] ?? {})));
  assert.deepEqual(await keysOf(one, "variable"), []);
  await pass(entry(one, "NotifyReport", parts[2] ?? {}));
  assert.equal((await keysOf(one, "variable")).length, 5);
  assert.deepEqual(await keysOf(one, "report-part"), []);
});

test("what a station said before it was removed is kept for no other of that id", async () => {
  await pass(
    entry("REMOVED", "NotifyReport", part(1, 0, { tbc: false })),
    entry("REMOVED", "SecurityEventNotification", {
      ...{ type: "Alarm", timestamp: "2026-11-22T12:00:00Z" },
    }),
  );
  assert.deepEqual(await keysOf("REMOVED", "variable"), []);
  const events = await sql`SELECT 1 FROM station_events WHERE station_id = 'REMOVED'`;
  assert.equal(events.length, 0);
});

test("a station of one tenant is none of another's", async () => {
  await registered("SHARED", "acme");
  await pass(
    entry("SHARED", "NotifyReport", part(1, 0, { tbc: false }), "acme"),
    entry("SHARED", "NotifyReport", part(1, 0, { tbc: false }), "other"),
  );
  const tenants = await sql<{ tenant: string }[]>`
    SELECT DISTINCT tenant FROM station_items WHERE station_id = 'SHARED'`;
  assert.deepEqual(tenants.map(({ tenant }) => tenant), ["acme"]);
});

test("an event of a station with thousands of monitors reads its own", async () => {
  const one = await registered("WATCHED");
  await sql`INSERT INTO station_items (tenant, id, station_id, block, key, body, created_at,
      updated_at)
    SELECT 'default', ${one} || '/reported-monitor/' || n, ${one}, 'reported-monitor', n::text,
      json_build_object('id', n, 'severity', n % 10, 'type', 'Delta', 'value', n)::jsonb,
      now(), now()
    FROM generate_series(1, 5000) AS n`;
  const eventData = [{
    ...{ eventId: 1, timestamp: "2026-11-22T12:00:00Z", trigger: "Alerting", actualValue: "9" },
    ...{ component: { name: "EVSE" }, variable: { name: "Temp" }, variableMonitoringId: 4_003 },
    eventNotificationType: "CustomMonitor",
  }];
  await pass(entry(one, "NotifyEvent", { eventData, seqNo: 0 }));
  const [event] = await sql<{ body: Json }[]>`
    SELECT body FROM station_events WHERE station_id = ${one}`;
  assert.deepEqual([event?.body["severity"], event?.body["monitor"]], [3, {
    type: "Delta",
    value: 4_003,
  }]);
});
