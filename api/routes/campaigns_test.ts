import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Answered, type TestApi, testApi } from "../testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
  await api.sql`INSERT INTO stations (tenant, id, tags, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, created_at)
    SELECT t, 'CP' || n, CASE n % 2 WHEN 0 THEN ARRAY['even'] ELSE '{}' END, 0, false, 'Accepted',
      300, true, n < 4, now()
      FROM generate_series(1, 5) AS g(n), unnest(ARRAY['default', 'other']) AS t`;
});
beforeEach(async () => {
  await api.sql`DELETE FROM campaigns`;
});
after(() => api.close());

const steps = [
  { kind: "trigger", body: { message: "Heartbeat" } },
  { kind: "reset", body: { type: "OnIdle" } },
];

function begin(changes: Readonly<Record<string, unknown>> = {}): Promise<Answered> {
  return api.call("POST", "/campaigns", {
    name: "Nightly",
    stationIds: ["CP3", "CP1", "CP3"],
    steps,
    ...changes,
  });
}

async function act(id: string, action: string): Promise<readonly [number, string]> {
  const { status, body } = await api.call("POST", `/campaigns/${id}/${action}`, {});
  return [status, status === 200 ? body.status : body.detail];
}

async function stations(id: string, query = ""): Promise<readonly string[]> {
  const page = await api.call("GET", `/campaigns/${id}/stations${query}`);
  assert.equal(page.status, 200, page.text);
  return page.body.items.map((item: { stationId: string; state: string }) =>
    `${item.stationId} ${item.state}`
  );
}

test("a campaign begins at once, and shows what was asked for", async () => {
  const answer = await begin({ ratePerMinute: 60, sharePerLocation: 0.25, waitForAwayHours: 0.5 });

  const { id, createdAt, updatedAt, waitsUntil, ...rest } = answer.body;
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers.get("location"), `/api/v1/campaigns/${id}`);
  assert.equal(Date.parse(waitsUntil) - Date.parse(createdAt), 1_800_000);
  assert.equal(updatedAt, createdAt);
  assert.deepEqual(rest, {
    name: "Nightly",
    status: "running",
    steps,
    ratePerMinute: 60,
    maxAtOnce: 50,
    sharePerLocation: 0.25,
    stopOnFailureShare: null,
    stopAfter: 10,
    waitForAwayHours: 0.5,
    progress: { total: 2, waiting: 2, running: 0, done: 0, failed: 0 },
  });
  assert.deepEqual((await api.call("GET", `/campaigns/${id}`)).body, answer.body);
  assert.deepEqual(await stations(id), ["CP3 waiting", "CP1 waiting"]);
  assert.deepEqual(await stations(id, "?state=failed"), []);
});

test("a repeat under its key begins nothing new", async () => {
  const body = { name: "Once", stationIds: ["CP1"], steps };
  const send = (): Promise<Answered> =>
    api.call("POST", "/campaigns", body, { "idempotency-key": "campaign-1" });

  const first = await send();
  const again = await send();

  assert.equal(again.body.id, first.body.id);
  assert.equal((await api.call("GET", "/campaigns")).body.items.length, 1);
});

test("stations are chosen by filter, of the own tenant alone", async () => {
  const { body: { id } } = await begin({ stationIds: undefined, filter: { tag: "even" } });

  assert.deepEqual(await stations(id), ["CP2 waiting", "CP4 waiting"]);
  const page = await api.call("GET", `/campaigns/${id}/stations?limit=1`);
  assert.deepEqual(await stations(id, `?limit=1&cursor=${page.body.nextCursor}`), ["CP4 waiting"]);
  const [row] = await api.sql`SELECT count(*)::integer AS n FROM campaign_stations`;
  assert.equal(row?.["n"], 2);
});

const refused: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
  ["a step that says nothing of its kind", {
    steps: [{ kind: "reset", body: {} }],
  }, /step 1/],
  ["a kind that does not exist", { steps: [{ kind: "dance", body: {} }] }, /./],
  ["a secret for many", {
    steps: [{ kind: "set-password", body: { password: "0123456789abcdef" } }],
  }, /secret/],
  ["no step", { steps: [] }, /./],
  ["no station by filter", { stationIds: undefined, filter: { tag: "none" } }, /no station/],
  ["neither filter nor ids", { stationIds: undefined }, /give filter or stationIds/],
  ["a share above one", { sharePerLocation: 1.1 }, /./],
];
for (const [what, changes, detail] of refused) {
  test(`refused: ${what}`, async () => {
    const answer = await begin(changes);
    assert.ok([400, 422].includes(answer.status), answer.text);
    assert.match(answer.body.detail, detail);
  });
}

test("it is paused, resumed and stopped; each again does nothing", async () => {
  const { body: { id, waitsUntil } } = await begin();

  assert.deepEqual(await act(id, "pause"), [200, "paused"]);
  assert.deepEqual(await act(id, "pause"), [200, "paused"]);
  assert.deepEqual(await act(id, "resume"), [200, "running"]);
  assert.ok((await api.call("GET", `/campaigns/${id}`)).body.waitsUntil >= waitsUntil);
  assert.deepEqual(await act(id, "resume"), [200, "running"]);
  assert.deepEqual(await act(id, "stop"), [200, "stopped"]);
  assert.deepEqual(await act(id, "stop"), [200, "stopped"]);
  assert.deepEqual(await act(id, "resume"), [409, "Cannot resume the campaign: it is stopped"]);
  const { body } = await api.call("GET", `/campaigns/${id}`);
  assert.equal(body.reason, "An operator stopped it");
  assert.notEqual(body.finishedAt, undefined);
  assert.equal((await api.call("POST", "/campaigns/nobody/pause", {})).status, 404);
  assert.equal((await api.call("POST", `/campaigns/${id}/dance`, {})).status, 400);
});

test("failed stations are begun again by other commands, where they were", async () => {
  const { body: { id } } = await begin();
  assert.deepEqual(await act(id, "retry-failed"), [
    409,
    "Cannot retry: no station of the campaign has failed",
  ]);
  await api.sql`UPDATE campaign_stations SET state = 'failed', step = 1, command_id = 'x',
    is_silent = true, detail = 'The station did not answer' WHERE station_id = 'CP1'`;
  await api.sql`UPDATE campaign_stations SET state = 'done', step = 2 WHERE station_id = 'CP3'`;
  await api.sql`UPDATE campaigns SET status = 'done', finished_at = now()`;

  assert.deepEqual(await act(id, "retry-failed"), [200, "running"]);

  assert.deepEqual(await stations(id), ["CP3 done", "CP1 waiting"]);
  const [row] = await api.sql`SELECT * FROM campaign_stations WHERE station_id = 'CP1'`;
  const { step, attempt, command_id: commandId, is_silent: isSilent, detail } = row ?? {};
  assert.deepEqual([step, attempt, commandId, isSilent, detail], [1, 1, null, false, null]);
  assert.equal((await api.call("GET", `/campaigns/${id}`)).body.finishedAt, undefined);
});

test("a station shows its command with the answer", async () => {
  const { body: { id } } = await begin();
  await api.sql`INSERT INTO commands (tenant, id, station_id, kind, action, status, request,
      response, created_at, updated_at)
    VALUES ('default', 'x', 'CP1', 'reset', 'Reset', 'rejected', '{}', '{"status":"Rejected"}',
      now(), now())`;
  await api.sql`UPDATE campaign_stations SET state = 'failed', step = 1, command_id = 'x',
    detail = 'The station answered Rejected' WHERE station_id = 'CP1'`;

  const { body } = await api.call("GET", `/campaigns/${id}/stations?state=failed`);

  const [{ updatedAt: _, ...station }] = body.items;
  assert.deepEqual(station, {
    stationId: "CP1",
    state: "failed",
    stepsDone: 1,
    isConnected: true,
    detail: "The station answered Rejected",
    command: { id: "x", status: "rejected", response: { status: "Rejected" } },
  });
});
