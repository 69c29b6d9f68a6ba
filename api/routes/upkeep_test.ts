// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestApi, testApi } from "../testing.ts";

let api: TestApi;
const at = "2026-11-22T12:00:00.000Z";

before(async () => {
  api = await testApi();
  await api.sql`INSERT INTO stations (tenant, id, tags, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, evses, statuses,
      open_sessions, created_at)
    VALUES ('default', 'A', '{}', 0, false, 'Accepted', 300, true, false, '[]', '{}', '{}', now())`;
});
after(() => api.close());

async function item(block: string, key: string, body: object, createdAt = at): Promise<void> {
  await api.sql`INSERT INTO station_items
      (tenant, id, station_id, block, key, body, created_at, updated_at)
    VALUES ('default', ${`A/${block}/${key}`}, 'A', ${block}, ${key},
      ${JSON.stringify(body)}::text::jsonb, ${createdAt}, ${createdAt})`;
}

async function command(id: string, status: string): Promise<void> {
  await api.sql`INSERT INTO commands (tenant, id, station_id, kind, action, status, request,
      created_at, updated_at)
    VALUES ('default', ${id}, 'A', 'call', 'GetLog', ${status}, '{}', now(), now())`;
}

async function event(id: string, kind: string, body: object, receivedAt = at): Promise<void> {
  await api.sql`INSERT INTO station_events
      (tenant, id, station_id, kind, at, received_at, body)
    VALUES ('default', ${id}, 'A', ${kind}, ${at}, ${receivedAt},
      ${JSON.stringify(body)}::text::jsonb)`;
}

const job = {
  ...{ action: "GetLog", requestId: 7, state: "pending", answer: null, status: null, history: [] },
  ...{ createdAt: at, updatedAt: at, logType: "SecurityLog", remoteLocation: "ftp://…@h/x" },
  fileName: null,
};

test("logs are listed, newest first; what the station never answered is said so", async () => {
  await item("log", "c1", job);
  await item(
    "log",
    "c2",
    { ...job, state: "running", status: "Uploading" },
    "2026-11-22T13:00:00Z",
  );
  assert.deepEqual((await api.call("GET", "/stations/A/logs")).body.items.map(stateOf), [
    ...["c2 running", "c1 pending"],
  ]);
  await command("c1", "timedOut");
  await command("c2", "unknown");
  const { body } = await api.call("GET", "/stations/A/logs?limit=1&order=asc");
  const { action: _, ...shown } = job;
  assert.deepEqual(body.items, [{ id: "c1", ...shown, state: "unanswered" }]);
  const next = await api.call("GET", `/stations/A/logs?order=asc&cursor=${body.nextCursor}`);
  assert.deepEqual(next.body.items.map(stateOf), ["c2 running"]);
});

function stateOf({ id, state }: { readonly id: string; readonly state: string }): string {
  return `${id} ${state}`;
}

test("firmware shows updates and publications alike", async () => {
  const { logType: _, remoteLocation: __, fileName: ___, ...common } = job;
  await item("firmware", "f1", {
    ...{ ...common, kind: "update", location: "https://h/fw", isSigned: true },
    ...{ retrieveAt: at, installAt: null },
  });
  const checksum = "0".repeat(32);
  await item("firmware", "f2", {
    ...{ ...common, kind: "publication", location: "https://h/fw", checksum },
    ...{ state: "done", status: "Published", locations: ["http://c/fw"] },
  }, "2026-11-22T13:00:00Z");
  const { body } = await api.call("GET", "/stations/A/firmware");
  assert.deepEqual(
    body.items.map((one: Record<string, unknown>) => [
      ...[one["id"], one["kind"], one["isSigned"], one["checksum"], one["locations"]],
    ]),
    [
      ["f2", "publication", false, checksum, ["http://c/fw"]],
      ["f1", "update", true, null, []],
    ],
  );
});

test("network profiles: what was asked of each slot beside what the station has accepted", async () => {
  const connectionData = { ocppVersion: "OCPP20", securityProfile: 3 };
  await item("network-profile", "2/asked", {
    ...{ configurationSlot: 2, connectionData, commandId: "c9", status: "pending" },
    ...{ answer: null, askedAt: at },
  });
  const before = { ...connectionData, securityProfile: 2 };
  await item("network-profile", "2/confirmed", {
    ...{ configurationSlot: 2, connectionData: before, confirmedAt: at },
  });
  await item("network-profile", "1/confirmed", {
    ...{ configurationSlot: 1, connectionData: before, confirmedAt: at },
  });
  const shown = async (): Promise<unknown> =>
    (await api.call("GET", "/stations/A/network-profiles")).body.items;
  const confirmed = { connectionData: before, confirmedAt: at };
  const first = {
    ...{ configurationSlot: 1, connectionData: before, status: "accepted", answer: null },
    ...{ askedAt: null, confirmed },
  };
  const second = { configurationSlot: 2, connectionData, answer: null, askedAt: at, confirmed };
  assert.deepEqual(await shown(), [first, { ...second, status: "pending" }]);
  await command("c9", "expired");
  assert.deepEqual(await shown(), [first, { ...second, status: "unanswered" }]);
  const lines = await api.call("GET", "/stations/A/network-profiles", undefined, {
    accept: "text/csv",
  });
  assert.match(lines.headers.get("content-type") ?? "", /^text\/csv/);
});

test("security events and data of vendors are listed and filtered", async () => {
  await event("1-1-0", "security", { type: "MemoryExhaustion", techInfo: null, isCritical: true });
  await event("1-2-0", "security", { type: "Odd", techInfo: "x", isCritical: false });
  await event("1-3-0", "data-transfer", { vendorId: "v", messageId: "m", data: { a: 1 } });
  const types = async (query: string): Promise<readonly string[]> =>
    (await api.call("GET", `/stations/A/security-events${query}`)).body.items
      .map(({ type }: { readonly type: string }) => type);
  assert.deepEqual(await types(""), ["Odd", "MemoryExhaustion"]);
  assert.deepEqual(await types("?critical=true"), ["MemoryExhaustion"]);
  assert.deepEqual(await types("?type=Odd"), ["Odd"]);
  assert.deepEqual(await types("?to=2026-11-22T00:00:00Z"), []);
  assert.deepEqual((await api.call("GET", "/stations/A/data-transfers?vendorId=v")).body.items, [
    { id: "1-3-0", vendorId: "v", messageId: "m", data: { a: 1 }, isCut: false, receivedAt: at },
  ]);
  assert.deepEqual((await api.call("GET", "/stations/A/data-transfers?vendorId=w")).body.items, []);
});

test("nobody knows a station that is not there", async () => {
  const paths = ["logs", "firmware", "network-profiles", "security-events", "data-transfers"];
  for (const path of paths) {
    assert.equal((await api.call("GET", `/stations/NONE/${path}`)).status, 404, path);
  }
});

test("a password is drawn and shown once, or set as given; no row of ours can read it", async () => {
  const asked: Readonly<Record<string, unknown>>[] = [];
  api.actors.answers.set("command.request", ({ body }) => {
    asked.push(body);
    return {
      ...{ id: String(body["id"]), stationId: "A", kind: "set-password", action: "SetVariables" },
      ...{ status: "sent", createdAt: at, updatedAt: at },
    };
  });
  const set = (body: unknown, headers = {}): ReturnType<TestApi["call"]> =>
    api.call("POST", "/stations/A/password", body, headers);

  const drawn = await set({}, { "idempotency-key": "k1" });
  assert.equal(drawn.status, 202);
  const { password, commandId } = drawn.body;
  assert.match(password, /^[0-9A-F]{40}$/);
  assert.deepEqual(drawn.body, { commandId, status: "sent", password });
  const again = await set({}, { "idempotency-key": "k1" });
  assert.deepEqual(again.body, { commandId, status: "sent" });
  assert.notEqual((await set({})).body.password, password);

  const given = await set({ password: "a machine secret" });
  assert.deepEqual(Object.keys(given.body), ["commandId", "status"]);
  assert.equal((await set({ password: "x".repeat(41) })).status, 400);
  const typed = await api.call("POST", "/stations/A/commands/set-password", {
    password: "a machine secret",
  });
  assert.equal(typed.status, 202);
  assert.equal(asked.length, 4);
  assert.ok(asked.every(({ kind }) => kind === "set-password"));
  assert.doesNotMatch(JSON.stringify(asked), new RegExp(`a machine secret|${password}`));

  const kept = await api.sql`SELECT body::text FROM idempotency`;
  assert.doesNotMatch(JSON.stringify(kept), new RegExp(password));
  const many = { kind: "set-password", body: { password: "for all" }, stationIds: ["A", "B"] };
  const refused = await api.call("POST", "/commands", many);
  assert.equal(refused.status, 400);
  assert.match(refused.body.detail, /each has its own/);
});

test("the wait before the next boot is a setting, kept in the list of stations", async () => {
  api.actors.answers.set("station.change", ({ body }) => ({ created: false, station: body }));
  await api.call("PATCH", "/stations/A", { bootRetrySeconds: 7 });
  assert.deepEqual(api.actors.asked.at(-1)?.body, { settings: { bootRetrySeconds: 7 } });
  for (const refused of [0, 700_000, "7"]) {
    const { status } = await api.call("PATCH", "/stations/A", { bootRetrySeconds: refused });
    assert.equal(status, 400);
  }
  const [row] = await api.sql<Record<string, unknown>[]>`SELECT * FROM stations WHERE id = 'A'`;
  for (const wait of [7, 9, null]) {
    const stations = [{ ...row, boot_retry_seconds: wait }];
    await api.sql`SELECT apply_views(${JSON.stringify({ stations })}::text::json)`;
    const { items } = (await api.call("GET", "/stations?search=A")).body;
    assert.equal(items[0].bootRetrySeconds, wait);
  }
});
