// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestApi, testApi } from "../testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
  await seed();
});
after(() => api.close());

async function seed(): Promise<void> {
  const { sql } = api;
  for (const tenant of ["default", "other"]) {
    await sql`INSERT INTO stations (tenant, id, security_profile, quiet, registration,
        heartbeat_interval_seconds, authorisation_required, connected, created_at)
      VALUES (${tenant}, 'CP1', 0, false, 'Accepted', 300, true, true, now())`;
    for (const n of [1, 2, 3]) {
      await sql`INSERT INTO sessions (tenant, id, station_id, evse_id, connector_id, token_uid,
          token_type, transaction_id, started_at, ended_at, meter_start_wh, meter_stop_wh,
          energy_wh, stop_reason, status, state, billable, created_at)
        VALUES (${tenant}, ${`CP1~${n}`}, 'CP1', 1, 1, ${n === 3 ? null : "CaRd"}, 'ISO14443',
          ${String(1000 + n)}, ${`2026-01-0${n}T10:00:00Z`},
          ${n === 1 ? "2026-01-01T11:00:00Z" : null}, 100, ${n === 1 ? 5100 : null},
          ${n === 1 ? 5000 : 10}, ${n === 1 ? "Local" : null}, ${n === 1 ? "closed" : "open"},
          ${n === 1 ? "ended" : "Charging"}, true, now())`;
    }
  }
  await sql`INSERT INTO session_progress (tenant, session_id, at, energy_wh, power_w, current_a,
      soc_percent, first_at)
    VALUES ('default', 'CP1~1', now(), 1, 0, 0, 80, NULL),
      ('default', 'CP1~2', now(), 2500, 11000, 16, 45, '2026-01-02T10:05:00Z')`;
  for (const ordinal of [0, 1, 2]) {
    await sql`INSERT INTO meter_values VALUES ('default', 'CP1', 1, 1, 'CP1~2',
      '2026-01-02T10:05:00Z', ${ordinal === 2 ? "Voltage" : "Energy.Active.Import.Register"},
      ${
      ordinal === 2 ? "L1" : null
    }, 'Sample.Periodic', NULL, ${ordinal}, 'Wh', 7, 100, ${ordinal})`;
  }
}

const idsOf = async (query: string): Promise<string[]> => {
  const page = await api.call("GET", `/sessions?${query}`);
  return page.body.items.map(({ id }: { id: string }) => id);
};

test("sessions come by startedAt and are found by station, token, status and time", async () => {
  assert.deepEqual(await idsOf(""), ["CP1~3", "CP1~2", "CP1~1"]);
  assert.deepEqual(await idsOf("order=asc&limit=2"), ["CP1~1", "CP1~2"]);
  assert.deepEqual(await idsOf("station=CP1&status=open"), ["CP1~3", "CP1~2"]);
  assert.deepEqual(await idsOf("token=cArD"), ["CP1~2", "CP1~1"]);
  const day = "from=2026-01-02T00:00:00Z&to=2026-01-03T10:00:00Z";
  assert.deepEqual(await idsOf(day), ["CP1~2"]);
  assert.deepEqual(await idsOf("station=other"), []);
});

test("an open session shows its newest samples, a closed one its end", async () => {
  const open = await api.call("GET", "/sessions/CP1~2");
  assert.equal(open.body.energyWh, 2500);
  assert.equal(open.body.powerW, 11_000);
  assert.deepEqual(open.body.token, { uid: "CaRd", type: "ISO14443" });
  assert.equal(open.body.startedAt, "2026-01-02T10:00:00.000Z");
  const closed = await api.call("GET", "/sessions/CP1~1");
  assert.equal(closed.body.energyWh, 5000);
  assert.equal(closed.body.powerW, undefined);
  assert.equal(closed.body.transactionId, "1001");
  assert.equal((await api.call("GET", "/sessions/CP1~3")).body.token, null);
  assert.equal((await api.call("GET", "/sessions/CP1~9")).status, 404);
});

test("meter values of a session and of a station", async () => {
  const page = await api.call("GET", "/sessions/CP1~2/meter-values?order=asc&limit=2");
  assert.deepEqual(page.body.items[0], {
    at: "2026-01-02T10:05:00.000Z",
    measurand: "Energy.Active.Import.Register",
    context: "Sample.Periodic",
    value: 0,
    unit: "Wh",
  });
  const rest = await api.call(
    "GET",
    `/sessions/CP1~2/meter-values?order=asc&limit=2&cursor=${page.body.nextCursor}`,
  );
  assert.deepEqual(rest.body.items.map(({ phase }: { phase: string }) => phase), ["L1"]);
  assert.equal(rest.body.nextCursor, null);
  const ofStation = await api.call("GET", "/stations/CP1/meter-values?measurand=Voltage");
  assert.equal(ofStation.body.items[0].sessionId, "CP1~2");
  assert.equal((await api.call("GET", "/stations/none/meter-values")).status, 404);
});

test("the timeline is the session's journal in words", async () => {
  const body = {
    triggerReason: "ChargingStateChanged",
    transactionInfo: { chargingState: "Charging" },
  };
  await api
    .sql`INSERT INTO journal (day, shard, seq, tenant, actor, class, at, type, revision, header,
      body) VALUES ('2026-01-02', 7, 5, 'default', 'default:session/CP1~2', 'T',
      '2026-01-02T10:00:00Z', 'TransactionEvent.Updated', 1, '{"type":"ocpp.call"}',
      ${JSON.stringify(body)})`;
  const page = await api.call("GET", "/sessions/CP1~2/timeline");
  const [item] = page.body.items;
  assert.equal(item.at, "2026-01-02T10:00:00.000Z");
  assert.match(item.what, /triggerReason ChargingStateChanged, chargingState Charging/);
  assert.deepEqual(item.message, body);
});

test("a session is exempted from billing only with a reason", async () => {
  api.actors.answers.set("session.annotate", () => ({}));
  const without = await api.call("PATCH", "/sessions/CP1~1", { billable: false });
  assert.equal(without.status, 400);
  const change = { billable: false, reason: "test charge", annotation: "by us" };
  assert.equal((await api.call("PATCH", "/sessions/CP1~1", change)).status, 200);
  assert.deepEqual(api.actors.asked.at(-1)?.body, change);
  assert.equal((await api.call("PATCH", "/sessions/CP1~9", change)).status, 404);
});

test("the overview counts", async () => {
  const { body } = await api.call("GET", "/overview");
  assert.equal(body.stations, 1);
  assert.equal(body.openSessions, 2);
  assert.equal(body.charging, 2);
  assert.equal(body.powerW, 11_000);
});

test("alerts are listed, and settled by the actor of their station", async () => {
  await api.sql`INSERT INTO alerts VALUES
    ('default', 'CP1~a1', 'faulted', 'CP1', NULL, 'open', 'Connector 1', now(), NULL, NULL),
    ('other', 'CP1~a2', 'faulted', 'CP1', NULL, 'open', 'Connector 1', now(), NULL, NULL)`;
  const page = await api.call("GET", "/alerts?status=open&kind=faulted&station=CP1");
  assert.deepEqual(page.body.items.map(({ id }: { id: string }) => id), ["CP1~a1"]);
  api.actors.answers.set("alert.acknowledge", ({ body }) => ({
    ...page.body.items[0],
    id: body["alertId"],
    status: "acknowledged",
    sessionId: null,
  }));
  const settled = await api.call("POST", "/alerts/CP1~a1/acknowledge");
  assert.equal(settled.body.status, "acknowledged");
  assert.equal(api.actors.asked.at(-1)?.to.key, "CP1");
  assert.equal((await api.call("POST", "/alerts/CP1~a2/resolve")).status, 404);
});
