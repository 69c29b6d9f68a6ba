// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CommandDescription, CommandStatus } from "#schemas/events/charger.ts";
import { PlatformError } from "#schemas/errors.ts";
import { resumeBatches } from "../command_batches.ts";
import type { AskedActor } from "../testing.ts";
import { presenceDescribed, stationDescribed, type TestApi, testApi } from "../testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
  api.actors.answers.set("station.describe", ({ to }) =>
    stationDescribed(to.key, {
      presence: presenceDescribed({
        connected: to.key !== "away",
        protocol: to.key === "two" ? "ocpp2.0.1" : to.key === "away" ? null : "ocpp1.6",
      }),
    }));
});
after(() => api.close());

function described(
  asked: AskedActor,
  status: CommandStatus,
  rest: Partial<CommandDescription> = {},
): CommandDescription {
  return {
    id: String(asked.body["id"]),
    stationId: asked.to.key,
    kind: "call",
    action: String(asked.body["action"] ?? "Reset"),
    status,
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    ...rest,
  };
}

/** The actor accepts the call and tells at once what became of it. */
function stationAnswers(status: CommandStatus, rest: Partial<CommandDescription> = {}): void {
  api.actors.answers.set("call.request", (asked) => {
    const replyTo = String(asked.body["replyTo"]);
    api.bus.tell(replyTo, JSON.stringify(described(asked, "sent")));
    api.bus.tell(replyTo, JSON.stringify(described(asked, status, rest)));
    return described(asked, "sent");
  });
}

const call = (body: unknown, id = "A", headers = {}): ReturnType<TestApi["call"]> =>
  api.call("POST", `/stations/${id}/calls`, body, headers);
const clearCache = { action: "ClearCache", payload: {} };

test("a call gives the station's answer, also when it says Rejected", async () => {
  stationAnswers("answered", { response: { status: "Rejected" } });
  const answered = await call(clearCache);
  assert.equal(answered.status, 200);
  assert.equal(answered.body.status, "answered");
  assert.deepEqual(answered.body.response, { status: "Rejected" });
});

test("a CALLERROR of the station is 200 with status failed", async () => {
  const error = { code: "NotSupported", description: "no", details: {} };
  stationAnswers("failed", { error });
  const failed = await call(clearCache);
  assert.equal(failed.status, 200);
  assert.equal(failed.body.status, "failed");
  assert.deepEqual(failed.body.error, error);
});

test("a silent station is 504", async () => {
  for (const status of ["timedOut", "expired", "unknown"] as const) {
    stationAnswers(status);
    const silent = await call({ ...clearCache, timeoutSeconds: 1 });
    assert.equal(silent.status, 504);
    assert.equal(silent.body.type, "/problems/timed-out");
  }
});

test("payload keys go on in the order given, and what is sent is not looked up", async () => {
  stationAnswers("answered", { response: { status: "Accepted" } });
  const text = `{"action":"ChangeAvailability","payload":{"type":"Operative","connectorId":99}}`;
  assert.equal((await call(text)).status, 200);
  const payload = api.actors.asked.at(-1)?.body["payload"];
  assert.equal(JSON.stringify(payload), `{"type":"Operative","connectorId":99}`);
});

test("an action or payload that the station's version does not have is 422", async () => {
  const asked = api.actors.causesOf("call.request").length;
  assert.equal((await call({ action: "NoSuch", payload: {} })).status, 422);
  assert.equal((await call(clearCache, "two")).status, 200);
  assert.equal((await call({ action: "GetBaseReport", payload: {} })).status, 422);
  assert.equal((await call({ action: "BootNotification", payload: {} })).status, 422);
  const bad = await call({ action: "Reset", payload: { type: "Hot", extra: 1 } });
  assert.equal(bad.status, 422);
  const pointers = bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort();
  assert.deepEqual(pointers, ["/payload/extra", "/payload/type"]);
  assert.equal((await call({ action: "Reset" })).status, 400);
  assert.equal(api.actors.causesOf("call.request").length, asked + 1);
});

test("a station that is away is 409", async () => {
  const away = await call(clearCache, "away");
  assert.equal(away.status, 409);
  assert.equal(away.body.type, "/problems/conflict");
});

test("Prefer: respond-async gives a resource", async () => {
  api.actors.answers.set("call.request", (asked) => described(asked, "queued"));
  const accepted = await call(clearCache, "A", { prefer: "respond-async, wait=5" });
  assert.equal(accepted.status, 202);
  assert.equal(accepted.body.status, "queued");
  const { id } = accepted.body;
  assert.equal(accepted.headers.get("location"), `/api/v1/calls/${id}`);
  await api
    .sql`INSERT INTO commands (tenant, id, station_id, kind, action, status, request, response,
      created_at, updated_at)
    VALUES ('default', ${id}, 'A', 'call', 'ClearCache', 'answered', '{}',
      '{"z": 1, "a": {"y": 2, "b": 3}}', now(), now())`;
  const found = await api.call("GET", `/calls/${id}`);
  assert.equal(found.body.status, "answered");
  assert.equal(JSON.stringify(found.body.response), `{"z":1,"a":{"y":2,"b":3}}`);
  assert.equal((await api.call("GET", `/commands/${id}`)).status, 404);
  const page = await api.call("GET", "/calls?station=A&status=answered");
  assert.deepEqual(page.body.items.map((item: { id: string }) => item.id), [id]);
});

test("a word of the actor that got lost is found in the table", async () => {
  api.actors.answers.set("call.request", async (asked) => {
    await api.sql`INSERT INTO commands (tenant, id, station_id, kind, action, status, request,
        response, created_at, updated_at)
      VALUES ('default', ${String(asked.body["id"])}, 'A', 'call', 'ClearCache', 'answered', '{}',
        '{"status": "Accepted"}', now(), now())`;
    return described(asked, "sent");
  });
  const answered = await call(clearCache);
  assert.deepEqual(answered.body.response, { status: "Accepted" });
});

test("a typed command is 202 with its resource; its body is checked by its kind", async () => {
  api.actors.answers.set(
    "command.request",
    (asked) => described(asked, "queued", { kind: "reset", action: "Reset" }),
  );
  const accepted = await api.call("POST", "/stations/A/commands/reset", { type: "OnIdle" });
  assert.equal(accepted.status, 202);
  assert.equal(accepted.headers.get("location"), `/api/v1/commands/${accepted.body.id}`);
  assert.equal(accepted.body.kind, "reset");
  assert.equal(accepted.body.status, "queued");
  for (
    const [kind, body] of [
      ["reset", { type: "Hot" }],
      ["remote-start", { evseId: 1 }],
      ["unlock", { connectorId: 1 }],
      ["dance", {}],
    ] as const
  ) {
    assert.equal((await api.call("POST", `/stations/A/commands/${kind}`, body)).status, 400, kind);
  }
});

test("a command for many tells its progress per station", async () => {
  api.actors.answers.set("command.request", async (asked) => {
    const { id, batchId } = asked.body;
    if (asked.to.key === "refusing") throw new TypeError("broken");
    await api.sql`INSERT INTO commands (tenant, id, station_id, kind, action, status, batch_id,
        request, created_at, updated_at)
      VALUES ('default', ${String(id)}, ${asked.to.key}, 'reset', 'Reset', 'accepted',
        ${String(batchId)}, '{}', now(), now())`;
    return described(asked, "queued", { kind: "reset" });
  });
  const accepted = await api.call("POST", "/commands", {
    stationIds: ["one", "two", "refusing", "one"],
    kind: "reset",
    body: { type: "Immediate" },
  });
  assert.equal(accepted.status, 202);
  assert.equal(accepted.body.total, 3);
  const path = String(accepted.headers.get("location")).replace("/api/v1", "");
  let batch = await api.call("GET", path);
  while (batch.body.progress.pending !== undefined) batch = await api.call("GET", path);
  assert.deepEqual(batch.body.progress, { accepted: 2, failed: 1 });
  const neither = await api.call("POST", "/commands", { kind: "reset", body: { type: "OnIdle" } });
  assert.equal(neither.status, 400);
});

test("a batch that its process left unfinished is taken up, under the same ids", async () => {
  const ids: string[] = [];
  api.actors.answers.set("command.request", async (asked) => {
    const { id, batchId } = asked.body;
    ids.push(`${asked.to.key} ${id}`);
    if (asked.to.key === "late" && ids.length < 3) throw new PlatformError("bug", "Cannot: killed");
    await api.sql`INSERT INTO commands (tenant, id, station_id, kind, action, status, batch_id,
        request, created_at, updated_at)
      VALUES ('default', ${String(id)}, ${asked.to.key}, 'reset', 'Reset', 'accepted',
        ${String(batchId)}, '{}', now(), now()) ON CONFLICT DO NOTHING`;
    return described(asked, "queued", { kind: "reset" });
  });
  const accepted = await api.call("POST", "/commands", {
    stationIds: ["early", "late"],
    kind: "reset",
    body: { type: "Immediate" },
  });
  const path = `/commands/${accepted.body.id}`;
  while ((await api.call("GET", path)).body.progress.failed === undefined);
  // As if the process had died before it noted the refusal.
  await api.sql`UPDATE command_batches SET refused = '{}' WHERE id = ${accepted.body.id}`;

  await resumeBatches(api.platform, "default");

  assert.deepEqual((await api.call("GET", path)).body.progress, { accepted: 2 });
  assert.deepEqual(ids.slice(0, 2).toSorted(), ids.slice(2).toSorted());
});

for (const path of ["/stations/A/calls", "/stations/A/commands/unlock"]) {
  test(`POST ${path} that comes again long after it was sent asks no actor again`, async () => {
    const type = path.endsWith("calls") ? "call.request" : "command.request";
    const kind = type === "call.request" ? "call" : "unlock";
    const asked: string[] = [];
    api.actors.answers.set(type, ({ body }) => {
      asked.push(String(body["id"]));
      throw new PlatformError("timed-out", "Cannot tell: the answer was lost");
    });
    const body = kind === "call" ? clearCache : { evseId: 1 };
    const headers = { "idempotency-key": `again ${kind}`.replace(" ", "-") };
    assert.equal((await api.call("POST", path, body, headers)).status, 504);
    const status = kind === "call" ? "answered" : "accepted";
    await api.sql`INSERT INTO commands (tenant, id, station_id, kind, action, status, request,
        created_at, updated_at)
      VALUES ('default', ${asked[0] ?? ""}, 'A', ${kind}, 'X', ${status}, '{}', now(), now())`;

    const again = await api.call("POST", path, body, headers);

    assert.equal(again.body.id, asked[0]);
    assert.equal(again.body.status, status);
    assert.equal(asked.length, 1);
  });
}
