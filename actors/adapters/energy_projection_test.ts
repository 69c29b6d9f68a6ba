import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { Stage, StationOnStage } from "#actors/stage_testing.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { entriesOf, project, storeViews } from "./projection_testing.ts";

let database: TestPostgres;
let sql: Sql;
const telemetry = silentTelemetry(new SimClock());
before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
after(async () => {
  await sql.end();
  await database.close();
});

const minute = 60_000;
let shards = 0;

/** A 1.6 station whose connector 1 charges since noon, and its follower. */
class Charging {
  readonly stage = new Stage();
  readonly station: StationOnStage;
  readonly id: string;
  readonly #shard = ++shards;
  #read = 0;

  constructor(id: string) {
    this.id = id;
    const settings = { authorisationRequired: false };
    this.station = new StationOnStage(this.stage, id, "ocpp1.6").register(settings).connect();
    const timestamp = this.station.time();
    this.station.call("StartTransaction", { connectorId: 1, idTag: "T", meterStart: 0, timestamp });
  }

  meter(wh: number, watts?: number, timestamp = this.station.time()): void {
    const power = { measurand: "Power.Active.Import", unit: "W", value: String(watts) };
    const sampledValue = [{ value: String(wh) }, ...(watts === undefined ? [] : [power])];
    const meterValue = [{ timestamp, sampledValue }];
    this.station.call("MeterValues", { connectorId: 1, transactionId: 1_000, meterValue });
  }

  stop(meterStop: number): void {
    const timestamp = this.station.time();
    this.station.call("StopTransaction", { transactionId: 1_000, meterStop, timestamp });
  }

  /** One pass over what is new, or over everything again. */
  async pass(again = false): Promise<void> {
    await storeViews(sql, this.stage);
    const entries = entriesOf(this.stage, this.#shard);
    await project(sql, entries.filter(({ seq }) => again || seq > this.#read), telemetry);
    this.#read = entries.at(-1)?.seq ?? 0;
  }

  async quarters(): Promise<readonly object[]> {
    return [
      ...await sql`SELECT to_char(quarter AT TIME ZONE 'UTC', 'HH24:MI') AS at,
        energy_wh::int AS wh, max_power_w AS watts, seconds, starts
      FROM session_quarters WHERE station_id = ${this.id} ORDER BY quarter`,
    ];
  }

  async days(): Promise<readonly object[]> {
    return [
      ...await sql`SELECT day::text, energy_wh::int AS wh, max_power_w AS watts,
        seconds::int, sessions
      FROM station_days WHERE station_id = ${this.id} ORDER BY day`,
    ];
  }
}

test("a session's energy and time stand in their quarters and in their day", async () => {
  const charging = new Charging("E1");
  for (const wh of [1_000, 2_000, 3_000]) {
    charging.stage.advance(10 * minute);
    charging.meter(wh, wh === 2_000 ? 7_000 : 6_000);
    // deno-lint-ignore no-await-in-loop -- one pass per message, as on a quiet network.
    await charging.pass();
  }
  charging.stage.advance(5 * minute);
  charging.stop(3_300);
  await charging.pass();

  assert.deepEqual(await charging.quarters(), [
    { at: "12:00", wh: 1_500, watts: 6_000, seconds: 900, starts: 1 },
    { at: "12:15", wh: 1_500, watts: 7_000, seconds: 900, starts: 0 },
    { at: "12:30", wh: 300, watts: null, seconds: 300, starts: 0 },
  ]);
  assert.deepEqual(await charging.days(), [
    { day: "2026-11-22", wh: 3_300, watts: 7_000, seconds: 2_100, sessions: 1 },
  ]);
});

test("rows that are read again, and readings that come late, add nothing", async () => {
  const charging = new Charging("E2");
  for (const wh of [500, 1_000]) {
    charging.stage.advance(10 * minute);
    charging.meter(wh);
  }
  await charging.pass();
  const booked = await charging.quarters();
  await charging.pass(true);
  charging.meter(700, undefined, new Date(charging.stage.now - 6 * minute).toISOString());
  await charging.pass();

  assert.deepEqual(await charging.quarters(), booked);
  assert.deepEqual(await charging.days(), [
    { day: "2026-11-22", wh: 1_000, watts: 3_000, seconds: 1_200, sessions: 1 },
  ]);
});

test("an end that corrects the register downwards leaves what the session shows", async () => {
  const charging = new Charging("E3");
  charging.stage.advance(30 * minute);
  charging.meter(6_000);
  await charging.pass();
  charging.stop(5_900);
  await charging.pass();

  const shown = Number(charging.station.session(1)["energyWh"]);
  assert.equal(shown, 5_900);
  assert.deepEqual((await charging.quarters()).map((row) => (row as { wh: number }).wh), [
    3_000,
    2_900,
  ]);
  assert.deepEqual((await charging.days()).map((row) => (row as { wh: number }).wh), [5_900]);
});

test("a backlog that is read after the session's end keeps its profile", async () => {
  const charging = new Charging("E4");
  for (const wh of [3_000, 3_000, 3_000, 6_000]) {
    charging.stage.advance(15 * minute);
    charging.meter(wh);
  }
  charging.stop(6_000);
  await storeViews(sql, charging.stage);
  for (const entry of entriesOf(charging.stage, 99)) {
    // deno-lint-ignore no-await-in-loop -- row by row, the session has long ended.
    await project(sql, [entry], telemetry);
  }

  const energies = (await charging.quarters()).map((row) => (row as { wh: number }).wh);
  assert.deepEqual(energies, [3_000, 0, 0, 3_000]);
});

test("a session that the platform closes is booked to its last reading", async () => {
  const charging = new Charging("E5");
  charging.stage.advance(15 * minute);
  charging.meter(2_000);
  charging.stage.advance(60 * minute);
  const { stage, id } = charging;
  stage.ask(`default:charger/${id}`, { type: "session.close-stale", cause: "test" });
  await charging.pass();

  assert.deepEqual(await charging.quarters(), [
    { at: "12:00", wh: 2_000, watts: null, seconds: 900, starts: 1 },
  ]);
});

test("readings of a quarter that has begun wait in the session's progress", async () => {
  const charging = new Charging("E6");
  for (const [wh, watts] of [[600, 6_000], [900, 9_000], [1_000, 2_000]] as const) {
    charging.stage.advance(4 * minute);
    charging.meter(wh, watts);
    // deno-lint-ignore no-await-in-loop -- one pass per message, as on a quiet network.
    await charging.pass();
  }
  const waiting = await charging.quarters();
  charging.stage.advance(8 * minute);
  charging.meter(1_000, 0);
  await charging.pass();

  assert.deepEqual(waiting, [{ at: "12:00", wh: 600, watts: 6_000, seconds: 240, starts: 1 }]);
  assert.deepEqual(await charging.quarters(), [
    { at: "12:00", wh: 1_000, watts: 9_000, seconds: 900, starts: 1 },
    { at: "12:15", wh: 0, watts: 0, seconds: 300, starts: 0 },
  ]);
});

test("a reading from the future, and then a step, book nothing in the future", async () => {
  const charging = new Charging("E7");
  charging.stage.advance(10 * minute);
  charging.meter(500, 3_000, "2099-01-01T00:00:00Z");
  await charging.pass();
  charging.stage.advance(4 * minute);
  charging.stop(700);
  await charging.pass();

  assert.deepEqual((await charging.days()).map((row) => (row as { day: string }).day), [
    "2026-11-22",
  ]);
  assert.equal((await charging.quarters()).length, 1);
});
