import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestApi, testApi } from "../testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
  const { sql } = api;
  await sql`INSERT INTO stations (tenant, id, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, created_at)
    SELECT tenant, 'CP1', 0, false, 'Accepted', 300, true, true, now()
      FROM unnest(ARRAY['default', 'other']) AS tenant`;
  await sql`INSERT INTO session_quarters VALUES
    ('default', 'CP1', '2026-01-31T23:45:00Z', 'CP1~1', 500, 7000, 900, 1),
    ('default', 'CP1', '2026-02-01T00:00:00Z', 'CP1~1', 700, 11000, 450, 0),
    ('default', 'CP1', '2026-02-01T00:00:00Z', 'CP1~2', 300, NULL, 60, 1),
    ('default', 'CP2', '2026-02-01T00:00:00Z', 'CP2~1', 9000, NULL, 60, 1),
    ('other', 'CP1', '2026-02-01T00:00:00Z', 'CP1~2', 9000, NULL, 60, 1)`;
  await sql`INSERT INTO station_days VALUES
    ('default', 'CP1', '2026-01-31', 500, 7000, 900, 1),
    ('default', 'CP1', '2026-02-01', 1000, 11000, 510, 1),
    ('default', 'CP1', '2026-02-02', 40, NULL, 60, 0),
    ('other', 'CP1', '2026-02-01', 9000, 11000, 510, 1)`;
});
after(() => api.close());

interface Shown {
  readonly from: string;
  readonly energyWh: number;
}

async function shown(query: string): Promise<readonly (readonly [string, number])[]> {
  const page = await api.call("GET", `/stations/CP1/energy?${query}`);
  assert.equal(page.status, 200);
  return page.body.items.map(({ from, energyWh }: Shown) => [from, energyWh]);
}

test("quarters are the sums of their sessions", async () => {
  const page = await api.call("GET", "/stations/CP1/energy?per=quarter&order=asc");

  assert.deepEqual(page.body, {
    items: [{
      from: "2026-01-31T23:45:00.000Z",
      to: "2026-02-01T00:00:00.000Z",
      energyWh: 500,
      maxPowerW: 7_000,
      sessions: 1,
      sessionMinutes: 15,
    }, {
      from: "2026-02-01T00:00:00.000Z",
      to: "2026-02-01T00:15:00.000Z",
      energyWh: 1_000,
      maxPowerW: 11_000,
      sessions: 1,
      sessionMinutes: 8.5,
    }],
    nextCursor: null,
  });
});

test("days are the default, months their sums, the newest first", async () => {
  assert.deepEqual(await shown(""), [
    ["2026-02-02T00:00:00.000Z", 40],
    ["2026-02-01T00:00:00.000Z", 1_000],
    ["2026-01-31T00:00:00.000Z", 500],
  ]);
  assert.deepEqual(await shown("per=month"), [
    ["2026-02-01T00:00:00.000Z", 1_040],
    ["2026-01-01T00:00:00.000Z", 500],
  ]);
});

test("from and to are about the begin of a period", async () => {
  const february = "from=2026-02-01T00:00:00Z&to=2026-02-02T00:00:00Z";
  assert.deepEqual(await shown(`per=quarter&${february}`), [["2026-02-01T00:00:00.000Z", 1_000]]);
  assert.deepEqual(await shown(`per=day&${february}`), [["2026-02-01T00:00:00.000Z", 1_000]]);
  assert.deepEqual(await shown(`per=month&${february}`), [["2026-02-01T00:00:00.000Z", 1_040]]);
  assert.deepEqual(await shown("per=month&from=2026-02-01T00:00:01Z"), []);
});

test("pages go on where the last one ended", async () => {
  const first = await api.call("GET", "/stations/CP1/energy?limit=2&order=asc");
  const cursor = encodeURIComponent(first.body.nextCursor);

  assert.deepEqual(await shown(`limit=2&order=asc&cursor=${cursor}`), [
    ["2026-02-02T00:00:00.000Z", 40],
  ]);
});

test("what a running session has charged since its last booking counts in its quarter", async () => {
  const { sql } = api;
  await sql`INSERT INTO sessions (tenant, id, station_id, transaction_id, started_at, energy_wh,
      status, state, billable, created_at)
    VALUES ('default', 'CP1~9', 'CP1', '9', '2026-03-01T10:00:00Z', 100, 'open', 'Charging', true,
      now())`;
  await sql`INSERT INTO session_progress (tenant, session_id, at, energy_wh, peak_w, booked_from,
      booked_to, booked_wh, booked_final)
    VALUES ('default', 'CP1~9', '2026-03-01T10:20:00Z', 1300, 3600, '2026-03-01T10:00:00Z',
      '2026-03-01T10:15:00Z', 900, false)`;
  const march = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z";

  const quarters = await api.call("GET", `/stations/CP1/energy?per=quarter&${march}`);
  assert.deepEqual(quarters.body.items, [{
    from: "2026-03-01T10:15:00.000Z",
    to: "2026-03-01T10:30:00.000Z",
    energyWh: 400,
    maxPowerW: 3_600,
    sessions: 0,
    sessionMinutes: 5,
  }]);
  assert.deepEqual(await shown(`per=month&${march}`), [["2026-03-01T00:00:00.000Z", 400]]);
  await sql`DELETE FROM sessions WHERE id = 'CP1~9'`;
});

test("the same as CSV", async () => {
  const page = await api.call("GET", "/stations/CP1/energy?per=month&order=asc", undefined, {
    accept: "text/csv",
  });

  assert.equal(
    page.text,
    "from,to,energyWh,maxPowerW,sessions,sessionMinutes\r\n" +
      "2026-01-01T00:00:00.000Z,2026-02-01T00:00:00.000Z,500,7000,1,15\r\n" +
      "2026-02-01T00:00:00.000Z,2026-03-01T00:00:00.000Z,1040,11000,1,9.5\r\n",
  );
});

test("a station that there is not is not found, another period is refused", async () => {
  assert.equal((await api.call("GET", "/stations/CP9/energy")).status, 404);
  assert.equal((await api.call("GET", "/stations/CP1/energy?per=year")).status, 400);
});
