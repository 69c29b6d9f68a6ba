// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { attributeKey } from "#schemas/device_variable.ts";
import { itemId, type StationItem } from "#schemas/station_items.ts";
import { type TestApi, testApi } from "../testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
  api.actors.answers.set("configuration.check", () => ({}));
});
after(() => api.close());

const at = Date.UTC(2026, 10, 22);

async function newStation(id: string, model = "One", tags: readonly string[] = []): Promise<void> {
  await api.sql`INSERT INTO stations (tenant, id, tags, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, protocol, vendor, model,
      evses, statuses, open_sessions, created_at)
    VALUES ('default', ${id}, ${[...tags]}, 0, false, 'Accepted', 60, true, true, 'ocpp2.0.1',
      'Volta', ${model}, '[]', '{}', '{}', now())`;
}

async function keep(stationId: string, ...items: readonly StationItem[]): Promise<void> {
  for (const { block, key, body } of items) {
    await api.sql`INSERT INTO station_items
        (tenant, id, station_id, block, key, body, created_at, updated_at)
      VALUES ('default', ${itemId(stationId, block, key)}, ${stationId}, ${block}, ${key},
        ${JSON.stringify(body)}::text::jsonb, now(), now())`;
  }
}

function reported(component: string, variable: string, value: string): StationItem {
  const body = { component, variable, attribute: "Actual", value, unit: "s", at };
  return { block: "variable", key: attributeKey({ component, variable }), body };
}

test("variables are listed by name, found by text, page by page", async () => {
  await newStation("V1");
  const names = ["HeartbeatInterval", "OfflineThreshold", "WebSocketPingInterval"];
  await keep(
    "V1",
    ...names.map((name, index) => reported("OCPPCommCtrlr", name, String(index))),
    reported("TxCtrlr", "StopTxOnInvalidId", "true"),
  );
  const all = await api.call("GET", "/stations/V1/variables");
  assert.equal(all.status, 200);
  assert.deepEqual(all.body.items[0], {
    component: "OCPPCommCtrlr",
    variable: "HeartbeatInterval",
    attribute: "Actual",
    value: "0",
    secret: false,
    reportedAt: "2026-11-22T00:00:00.000Z",
    status: null,
    unit: "s",
    set: null,
  });
  const found = async (query: string): Promise<readonly string[]> =>
    (await api.call("GET", `/stations/V1/variables?${query}`)).body.items.map(
      (item: { variable: string }) => item.variable,
    );
  assert.deepEqual(await found("component=txctrlr"), ["StopTxOnInvalidId"]);
  assert.deepEqual(await found("variable=offlinethreshold"), ["OfflineThreshold"]);
  assert.deepEqual(await found("search=interval"), [names[0], names[2]]);
  assert.deepEqual(await found("search=comm%20web"), [names[2]]);

  const seen: string[] = [];
  for (let path: string | null = "/stations/V1/variables?limit=3"; path !== null;) {
    const { body } = await api.call("GET", path);
    seen.push(...body.items.map((item: { variable: string }) => item.variable));
    path = body.nextCursor === null
      ? null
      : `/stations/V1/variables?limit=3&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
  assert.deepEqual(seen, [...names, "StopTxOnInvalidId"]);
  assert.equal((await api.call("GET", "/stations/none/variables")).status, 404);
  assert.equal((await api.call("GET", "/stations/V1/variables?cursor=x")).status, 400);
});

test("monitors and events of a station are listed", async () => {
  await newStation("M1");
  const body = { component: "EVSE", evseId: 1, variable: "Temperature", at };
  const monitor = { ...body, id: 7, type: "Delta", value: 1, severity: 8, transaction: false };
  await keep("M1", { block: "monitor", key: "7", body: monitor });
  const { at: _, ...shown } = monitor;
  const listed = await api.call("GET", "/stations/M1/monitors");
  assert.deepEqual(listed.body.items, [{ ...shown, reportedAt: "2026-11-22T00:00:00.000Z" }]);

  for (const [id, kind] of [["1-1-0", "monitor"], ["1-2-0", "security"]] as const) {
    await api.sql`INSERT INTO station_events (tenant, id, station_id, kind, at, received_at, body)
      VALUES ('default', ${id}, 'M1', ${kind}, now(), now(), '{"actualValue":"82"}')`;
  }
  const events = await api.call("GET", "/stations/M1/events");
  assert.equal(events.body.items.length, 2);
  const some = await api.call("GET", "/stations/M1/events?kind=monitor");
  assert.deepEqual(some.body.items.map((item: { data: unknown }) => item.data), [
    { actualValue: "82" },
  ]);
  for (const path of ["monitors", "events"]) {
    assert.equal((await api.call("GET", `/stations/none/${path}`)).status, 404);
  }
});

const variables = [{ component: "OCPPCommCtrlr", variable: "HeartbeatInterval", value: "60" }];

test("templates are created, read, replaced and removed; the stations they fit are compared", async () => {
  await newStation("T1", "Two");
  await newStation("T2", "Other");
  const template = { id: "two", description: "Two", match: { model: "two" }, variables };
  const created = await api.call("POST", "/configuration-templates", template);
  assert.equal(created.status, 201);
  assert.equal(created.headers.get("location"), "/api/v1/configuration-templates/two");
  assert.deepEqual(created.body, template);
  assert.equal((await api.call("POST", "/configuration-templates", template)).status, 409);
  assert.deepEqual((await api.call("GET", "/configuration-templates/two")).body, template);
  assert.equal((await api.call("GET", "/configuration-templates")).body.items.length, 1);

  const { id: _, ...settings } = template;
  const changed = { ...settings, protocol: "ocpp2.0.1", description: "2" };
  const replaced = await api.call("PUT", "/configuration-templates/two", changed);
  assert.deepEqual([replaced.status, replaced.body.protocol], [200, "ocpp2.0.1"]);
  assert.equal((await api.call("DELETE", "/configuration-templates/two")).status, 204);
  assert.equal((await api.call("GET", "/configuration-templates/two")).status, 404);
  assert.equal((await api.call("DELETE", "/configuration-templates/two")).status, 404);

  await eventually(() => {
    const asked = api.actors.asked.filter(({ header }) => header.type === "configuration.check");
    assert.deepEqual(asked.map(({ to }) => to.key), ["T1", "T1", "T1"]);
  });
  const wrong = [
    { ...template, variables: [] },
    { ...template, match: { colour: "red" } },
    { ...template, variables: [{ variable: "AuthorizationKey", value: "x" }] },
  ];
  for (const body of wrong) {
    assert.equal((await api.call("POST", "/configuration-templates", body)).status, 400);
  }
});

test("a station's configuration: templates, its own above them, and what differs", async () => {
  await newStation("C1", "Three", ["depot"]);
  await keep(
    "C1",
    reported("OCPPCommCtrlr", "HeartbeatInterval", "300"),
    reported("OCPPCommCtrlr", "OfflineThreshold", "60"),
  );
  const more = { component: "OCPPCommCtrlr", variable: "OfflineThreshold", value: "60" };
  const template = { id: "c1", match: { tag: "depot" }, variables: [...variables, more] };
  assert.equal((await api.call("POST", "/configuration-templates", template)).status, 201);

  const states = async (): Promise<object> => {
    const { items } = (await api.call("GET", "/stations/C1/configuration")).body;
    return items.map((item: Record<string, unknown>) =>
      ["variable", "intended", "confirmed", "state", "template"].map((field) => item[field])
    );
  };
  assert.deepEqual(await states(), [
    ["HeartbeatInterval", "60", "300", "drifted", "c1"],
    ["OfflineThreshold", "60", "60", "same", "c1"],
  ]);
  const own = [{ ...more, value: "61" }];
  const put = await api.call("PUT", "/stations/C1/configuration", { variables: own });
  assert.equal(put.status, 200);
  assert.deepEqual(put.body.variables, own);
  assert.deepEqual(await states(), [
    ["HeartbeatInterval", "60", "300", "drifted", "c1"],
    ["OfflineThreshold", "61", "60", "drifted", null],
  ]);
  const asked = api.actors.asked.filter(({ to, header }) =>
    to.key === "C1" && header.type === "configuration.check"
  );
  assert.ok(asked.length >= 1);

  api.actors.answers.set("command.request", ({ body }) => ({
    ...{ id: body["id"], stationId: "C1", kind: body["kind"], action: "SetVariables" },
    ...{ status: "sent", createdAt: "2026-11-22T00:00:00Z", updatedAt: "2026-11-22T00:00:00Z" },
  }));
  const applied = await api.call("POST", "/stations/C1/configuration/apply");
  assert.deepEqual([applied.status, applied.body.kind], [202, "set-variables"]);
  const sent = api.actors.asked.findLast(({ header }) => header.type === "command.request");
  assert.deepEqual(sent?.body["body"], { variables: [variables[0], own[0]] });

  await newStation("C2", "Four");
  const nothing = await api.call("POST", "/stations/C2/configuration/apply");
  assert.deepEqual([nothing.status, nothing.body], [200, { items: [], variables: [] }]);
  assert.equal((await api.call("GET", "/stations/none/configuration")).status, 404);
  const none = await api.call("PUT", "/stations/none/configuration", { variables: [] });
  assert.equal(none.status, 404);
  assert.equal((await api.call("DELETE", "/configuration-templates/c1")).status, 204);
});

async function eventually(check: () => void): Promise<void> {
  const endsAt = performance.now() + 5_000;
  for (;;) {
    try {
      return check();
    } catch (thrown) {
      if (performance.now() > endsAt) throw thrown;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
