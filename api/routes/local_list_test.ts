import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { LocalListOrder } from "#schemas/events/local_list.ts";
import { type TestApi, testApi } from "../testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
  await api.sql`
    INSERT INTO stations SELECT (json_populate_recordset(NULL::stations, ${
    JSON.stringify([{
      tenant: "default",
      id: "CP1",
      security_profile: 0,
      quiet: false,
      registration: "Accepted",
      heartbeat_interval_seconds: 300,
      authorisation_required: true,
      connected: false,
      evses: [],
      statuses: [],
      open_sessions: [],
      tags: [],
      created_at: "2026-11-22T10:00:00Z",
    }])
  }::text::json)).*`;
  for (
    const token of [
      { uid: "CARD1", groupId: "FLEET" },
      { uid: "CARD2", status: "Blocked", groupId: "fleet" },
      { uid: "Key3", type: "KeyCode", expiresAt: "2020-01-01T00:00:00Z" },
    ]
  ) {
    // deno-lint-ignore no-await-in-loop -- three tokens
    assert.equal((await api.call("POST", "/tokens", token)).status, 201);
  }
  const nothing = {
    ...{ intendedVersion: 1, confirmedVersion: 0, reportedVersion: null, reportedAt: null },
    ...{ state: "pending", detail: null, entries: [], followTokens: false },
    ...{ changedAt: null, confirmedAt: null },
  };
  api.actors.answers.set("block.order", () => nothing);
});
after(() => api.close());

const path = "/stations/CP1/local-list";

/** The order that the last request has led to. */
function lastOrder(): LocalListOrder {
  const { to, header, body } = api.actors.asked.at(-1) ?? {};
  assert.equal(to?.key, "CP1");
  assert.equal(header?.type, "block.order");
  assert.equal(body?.["block"], "local-list");
  return body?.["order"] as LocalListOrder;
}

test("a station that was never given a list has none, and an unknown one is not found", async () => {
  const { status, body } = await api.call("GET", path);
  assert.equal(status, 200);
  assert.deepEqual(body, {
    stationId: "CP1",
    ...{ intendedVersion: 0, confirmedVersion: 0, reportedVersion: null, reportedAt: null },
    ...{ state: "none", detail: null, entries: [], followTokens: false },
    ...{ changedAt: null, confirmedAt: null, cacheClearedAt: null },
  });
  assert.equal((await api.call("GET", "/stations/NONE/local-list")).status, 404);
});

test("the list is shown as its items hold it", async () => {
  const list = {
    ...{ intendedVersion: 4, confirmedVersion: 3, reportedVersion: 3 },
    ...{ reportedAt: Date.UTC(2026, 10, 22, 12), state: "pending", detail: null },
    ...{ followTokens: { groupId: "FLEET" }, changedAt: Date.UTC(2026, 10, 22, 13) },
    ...{ confirmedAt: null, unsent: "all", sending: null, tokensVersion: 9 },
    entries: [
      { idToken: "A", type: "Central", status: "Accepted", expiresAt: null, groupId: "G" },
    ],
  };
  const rows = [["list", list], ["cache", { clearedAt: "2026-11-22T14:00:00.000Z" }]] as const;
  for (const [key, body] of rows) {
    // deno-lint-ignore no-await-in-loop -- two rows
    await api.sql`INSERT INTO station_items VALUES ('default', ${`CP1/local-list/${key}`}, 'CP1',
      'local-list', ${key}, ${JSON.stringify(body)}::text::jsonb, now(), now())`;
  }
  const { body } = await api.call("GET", path);
  await api.sql`DELETE FROM station_items`;
  assert.deepEqual(body, {
    stationId: "CP1",
    ...{ intendedVersion: 4, confirmedVersion: 3, reportedVersion: 3, state: "pending" },
    ...{ reportedAt: "2026-11-22T12:00:00.000Z", detail: null },
    entries: [
      {
        tokenUid: "A",
        idToken: { idToken: "A", type: "Central" },
        status: "Accepted",
        groupId: "G",
      },
    ],
    ...{ followTokens: { groupId: "FLEET" }, changedAt: "2026-11-22T13:00:00.000Z" },
    ...{ confirmedAt: null, cacheClearedAt: "2026-11-22T14:00:00.000Z" },
  });
});

test("entries by uid alone are what our tokens say; what is said of them counts more", async () => {
  const entries = [
    "card1",
    { uid: "CARD2" },
    { idToken: "KEY3", status: "Accepted", expiresAt: null },
    { idToken: { idToken: "Other", type: "eMAID" }, status: "NoCredit", groupId: "X" },
  ];
  const { status, body } = await api.call("PUT", path, { entries, version: 12 });
  assert.equal(status, 200);
  assert.deepEqual([body.stationId, body.state, body.intendedVersion], ["CP1", "pending", 1]);
  const entry = (idToken: string, more: object): object => {
    const whole = { idToken, type: "ISO14443", status: "Accepted", expiresAt: null, groupId: null };
    const { type } = { ...whole, ...more };
    return { idToken, type, entry: { ...whole, ...more } };
  };
  assert.deepEqual(lastOrder(), {
    op: "wish",
    updateType: "Full",
    followTokens: false,
    version: 12,
    changes: [
      entry("CARD1", { groupId: "FLEET" }),
      entry("CARD2", { status: "Blocked", groupId: "fleet" }),
      entry("Key3", { type: "KeyCode" }),
      entry("Other", { type: "eMAID", status: "NoCredit", groupId: "X" }),
    ],
  });
});

test("an expired token stands in the list as what it is", async () => {
  await api.call("PUT", path, { entries: ["Key3"] });
  const order = lastOrder();
  assert.ok(order.op === "wish");
  assert.equal(order.changes[0]?.entry?.status, "Expired");
});

test("a change sets and removes, by its own words or by entries without a status", async () => {
  const body = {
    set: ["CARD1"],
    remove: ["Gone", "gone"],
    entries: [{ tokenUid: "CARD2", status: null }],
  };
  assert.equal((await api.call("PATCH", path, body)).status, 200);
  const order = lastOrder();
  assert.ok(order.op === "wish" && order.updateType === "Differential");
  assert.deepEqual(order.changes.map(({ idToken, entry }) => [idToken, entry?.status]), [
    ["CARD1", "Accepted"],
    ["CARD2", undefined],
    ["gone", undefined],
  ]);
});

test("what cannot be listed is refused with its place", async () => {
  const refused: readonly (readonly [string, unknown, string])[] = [
    ["PUT", { entries: ["NOBODY"] }, "/entries/0"],
    ["PUT", { entries: ["CARD1", {}] }, "/entries/1"],
    ["PUT", { entries: [{ tokenUid: "CARD1", idToken: "CARD1" }] }, "/entries/0"],
    ["PUT", { entries: [{ tokenUid: "CARD1", status: null }] }, "/entries"],
    ["PUT", { entries: [], followTokens: true }, "/entries"],
    ["PATCH", { set: ["NOBODY"] }, "/set/0"],
  ];
  for (const [method, body, pointer] of refused) {
    // deno-lint-ignore no-await-in-loop -- one after the other
    const answer = await api.call(method, path, body);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.errors[0].pointer, pointer);
  }
  assert.equal((await api.call("PUT", path, { entries: [], version: 0 })).status, 400);
});

test("a list of a group's tokens, blocked ones marked, with the version that it follows", async () => {
  await api.call("PUT", path, { followTokens: { groupId: "Fleet" } });
  const order = lastOrder();
  assert.ok(order.op === "wish");
  assert.deepEqual(order.followTokens, { groupId: "Fleet" });
  assert.equal(order.tokensVersion, 3);
  assert.deepEqual(order.changes.map(({ entry }) => [entry?.idToken, entry?.status]), [
    ["CARD1", "Accepted"],
    ["CARD2", "Blocked"],
  ]);
  await api.call("PUT", path, { followTokens: true });
  const all = lastOrder();
  assert.ok(all.op === "wish");
  assert.equal(all.changes.length, 3);
});

test("the whole list is sent once more on demand", async () => {
  assert.equal((await api.call("POST", `${path}/send`)).status, 200);
  assert.deepEqual(lastOrder(), { op: "send" });
});

test("the group of the master pass is set once for the network, with its tokens counted", async () => {
  const settings = "/authorisation-settings";
  const empty = { masterPassGroupId: null, masterPassTokens: 0 };
  assert.deepEqual((await api.call("GET", settings)).body, empty);
  const put = await api.call("PUT", settings, { masterPassGroupId: "FLEET" });
  assert.deepEqual(put.body, { masterPassGroupId: "FLEET", masterPassTokens: 1 });
  assert.deepEqual((await api.call("GET", settings)).body, put.body);
  assert.deepEqual((await api.call("PUT", settings, { masterPassGroupId: null })).body, empty);
  const long = await api.call("PUT", settings, { masterPassGroupId: "G".repeat(37) });
  assert.equal(long.status, 400);
});

test("customer information: what was asked, what came, and its erasure", async () => {
  const item = { requestId: 7, data: "Jane, 3 sessions", receivedAt: "2026-11-22T12:00:00.000Z" };
  await api.sql`INSERT INTO station_items VALUES ('default', 'CP1/customer-information/7', 'CP1',
    'customer-information', '7', ${JSON.stringify(item)}::text::jsonb, now(), now())`;
  const command = {
    ...{ tenant: "default", id: "c1", station_id: "CP1", kind: "customer-information" },
    ...{ action: "CustomerInformation", status: "accepted" },
    request: { report: true, clear: false, tokenUid: "CARD1" },
    calls: [{ action: "CustomerInformation", payload: { requestId: 7 } }],
    response: { status: "Accepted" },
    ...{ created_at: "2026-11-22T11:59:00Z", updated_at: "2026-11-22T11:59:00Z" },
  };
  await api.sql`INSERT INTO commands SELECT (json_populate_recordset(NULL::commands, ${
    JSON.stringify([command])
  }::text::json)).*`;
  const where = "/stations/CP1/customer-information";
  const shown = {
    ...{ requestId: 7, stationId: "CP1", commandId: "c1", report: true, clear: false },
    ...{ tokenUid: "CARD1", status: "accepted", answer: "Accepted", data: "Jane, 3 sessions" },
    ...{ receivedAt: item.receivedAt, createdAt: "2026-11-22T11:59:00.000Z" },
  };
  assert.deepEqual((await api.call("GET", where)).body.items, [shown]);
  assert.equal((await api.call("DELETE", `${where}/7`)).status, 204);
  assert.equal((await api.call("DELETE", `${where}/7`)).status, 404);
  const erased = { ...shown, data: null, receivedAt: null };
  assert.deepEqual((await api.call("GET", where)).body.items, [erased]);
});
