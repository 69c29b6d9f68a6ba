import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { kinds } from "#actors/kinds.ts";
import { Stage, StationOnStage } from "#actors/stage_testing.ts";
import { replay } from "#engine/replay.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry, type Telemetry } from "#engine/telemetry.ts";
import type { Retention } from "#schemas/config.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { keepHouse } from "./housekeeping.ts";
import { commitStage, entriesOf, project } from "./projection_testing.ts";
import { sessionJournal } from "./session_archive.ts";

const dayMs = 86_400_000;
const minute = 60_000;
const retention: Retention = {
  archiveAfterDays: 7,
  journalKeepDays: 35,
  frameLogKeepDays: 7,
  meterValuesKeepDays: 60,
  energyQuartersKeepDays: 90,
  energyDaysKeepDays: 120,
  stationEventsKeepDays: 90,
  archiveKeepDays: 365,
};

let database: TestPostgres;
let sql: Sql;
let telemetry: Telemetry;
/** The noon at which everything happens. */
const noon = new Stage().now;
const clock = new SimClock(noon);
before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
beforeEach(() => {
  telemetry = silentTelemetry(clock);
});
after(async () => {
  await sql.end();
  await database.close();
});

/** Housekeeping as it is run so many days after the noon. */
async function keepAfter(days: number): Promise<void> {
  const then = new SimClock(noon + days * dayMs);
  await keepHouse({ databaseUrl: database.url, clock: then, telemetry, retention });
}

let shards = 0;

/** A charging 1.6 station, with everything it has done in the database and every follower done. */
class Charging {
  readonly stage = new Stage();
  readonly station: StationOnStage;
  readonly id: string;
  readonly shard = ++shards;

  constructor(id: string) {
    this.id = id;
    const settings = { authorisationRequired: false };
    this.station = new StationOnStage(this.stage, id, "ocpp1.6").register(settings).connect();
    const timestamp = this.station.time();
    this.station.call("StartTransaction", { connectorId: 1, idTag: "T", meterStart: 0, timestamp });
    for (const value of ["100", "200", "300"]) {
      this.stage.advance(minute);
      const meterValue = [{ timestamp: this.station.time(), sampledValue: [{ value }] }];
      this.station.call("MeterValues", { connectorId: 1, transactionId: 1_000, meterValue });
    }
  }

  stop(): this {
    const timestamp = this.station.time();
    this.station.call("StopTransaction", { transactionId: 1_000, meterStop: 300, timestamp });
    return this;
  }

  get session(): { tenant: string; id: string } {
    return { tenant: "default", id: `${this.id}~1` };
  }

  async store(isRead = true): Promise<this> {
    await commitStage(database.url, this.stage, this.shard);
    await project(sql, entriesOf(this.stage, this.shard), telemetry);
    const seq = isRead ? this.stage.journal.length : 1;
    for (const name of ["facts", "meter-values"]) {
      // deno-lint-ignore no-await-in-loop -- two followers.
      await sql`INSERT INTO cursors VALUES (${name}, ${this.shard}, ${seq})
        ON CONFLICT (name, shard) DO UPDATE SET seq = excluded.seq`;
    }
    return this;
  }

  async rows(table: string): Promise<number> {
    const mine = table === "journal" ? `shard = ${this.shard}` : `station_id = '${this.id}'`;
    const [row] = await sql.unsafe(`SELECT count(*)::int AS n FROM ${table} WHERE ${mine}`);
    return Number(row?.["n"]);
  }
}

async function exists(table: string): Promise<boolean> {
  const [row] = await sql`SELECT to_regclass(${table}) IS NOT NULL AS there`;
  return row?.["there"] === true;
}

test("an ended session is archived, its partition goes, and it replays from the archive", async () => {
  const charging = await new Charging("H1").stop().store();
  const whole = await sessionJournal(sql, charging.session);

  await keepAfter(3);
  assert.equal(await charging.rows("session_archive"), 0);
  await keepAfter(8);
  const [archive] = await sql`SELECT row_count, codec, octet_length(body) AS bytes
    FROM session_archive WHERE station_id = 'H1'`;
  assert.deepEqual({ ...archive, bytes: 0 }, { row_count: whole.length, codec: "zstd", bytes: 0 });
  assert.ok(await exists("journal_20261122"));

  await keepAfter(36);

  assert.equal(await exists("journal_20261122"), false);
  const journal = await sessionJournal(sql, charging.session);
  assert.deepEqual(journal, whole);
  const actor = `default:session/${charging.session.id}`;
  const replayed = replay({ kinds, actor, journal });
  assert.equal(replayed.difference, undefined);
  assert.equal(replayed.rows, whole.length);
  assert.deepEqual(replayed.state.value, charging.stage.slot(actor).state.value);
  assert.deepEqual(replayed.state.context, charging.stage.slot(actor).state.context);
});

test("what came after the archival is archived before its partition goes", async () => {
  const charging = await new Charging("H2").stop().store();
  await sql`SELECT ensure_partition('journal', '2026-11-22')`;
  await keepAfter(8);
  charging.stage.now += 9 * dayMs;
  charging.stage.ask(`default:session/${charging.session.id}`, {
    type: "session.annotate",
    cause: "test",
  }, { annotation: "late" });
  await charging.store();
  const whole = await sessionJournal(sql, charging.session);

  await keepAfter(50);

  assert.equal(await charging.rows("session_archive"), 2);
  assert.equal(await charging.rows("journal"), 0);
  assert.deepEqual(await sessionJournal(sql, charging.session), whole);
});

test("a partition that a follower has not read stays, and says why", async () => {
  await sql`SELECT ensure_partition('journal', '2026-11-22')`;
  const charging = await new Charging("H3").stop().store(false);
  const rows = await charging.rows("journal");

  await keepAfter(40);

  assert.equal(await charging.rows("journal"), rows);
  assert.equal(telemetry.value("statewatt_partitions_held", "journal", "follower"), 1);
  await charging.store();
  await keepAfter(40);
  assert.equal(await charging.rows("journal"), 0);
  assert.equal(telemetry.value("statewatt_partitions_held", "journal", "follower"), 0);
});

test("a running session keeps its rows and those that stepped it, until it ends", async () => {
  await sql`SELECT ensure_partition('journal', '2026-11-22')`;
  await sql`SELECT ensure_partition('meter_values', '2026-11-22')`;
  const charging = await new Charging("H4").store();
  const whole = await sessionJournal(sql, charging.session);
  const values = await charging.rows("meter_values");

  await keepAfter(100);

  assert.equal(await exists("journal_20261122"), false);
  assert.equal(await exists("meter_values_20261122"), false);
  assert.deepEqual(await sessionJournal(sql, charging.session), whole);
  assert.equal(await charging.rows("meter_values"), values);
  const [start] = await sql`SELECT type FROM journal
    WHERE actor = 'default:charger/H4' AND strpos(effects, 'session/H4~1') > 0`;
  assert.match(String(start?.["type"]), /Started|StartTransaction/);
  assert.ok(telemetry.value("statewatt_rows_carried_total", "journal") > whole.length);

  charging.stop();
  await charging.store();
  await keepAfter(100);

  assert.equal(await charging.rows("journal"), 0);
  assert.equal(await charging.rows("meter_values"), 0);
  const journal = await sessionJournal(sql, charging.session);
  const actor = `default:session/${charging.session.id}`;
  assert.equal(replay({ kinds, actor, journal }).difference, undefined);
});

test("samples behind a snapshot outlive their partition: a recovery folds them", async () => {
  await sql`SELECT ensure_partition('journal', '2026-11-22')`;
  const charging = await new Charging("H5").stop().store();
  const meterValue = [{ timestamp: charging.station.time(), sampledValue: [{ value: "1" }] }];
  charging.station.call("MeterValues", { connectorId: 0, meterValue });
  await charging.store();

  await keepAfter(40);

  const rows = await sql`SELECT class, type FROM journal WHERE shard = ${charging.shard}`;
  assert.deepEqual([...rows], [{ class: "S", type: "MeterValues" }]);
});

test("roll-ups by day, archives and logs go when they have served", async () => {
  const charging = await new Charging("H6").stop().store();
  await sql`INSERT INTO frame_log (tenant, station_id, at, direction, message_type)
    VALUES ('default', 'H6', '2026-11-22T12:00:00Z', 'in', 'CALL'),
      ('default', 'H6', '1970-01-01T00:00:00Z', 'in', 'CALL')`;

  await keepAfter(10);
  assert.equal(await charging.rows("frame_log"), 0);
  await keepAfter(80);
  assert.equal(await charging.rows("session_quarters"), 1);
  assert.equal(await charging.rows("meter_values"), 0);
  await keepAfter(125);
  assert.equal(await charging.rows("session_quarters"), 0);
  assert.equal(await charging.rows("station_days"), 0);
  assert.equal(await charging.rows("session_archive"), 1);
  await keepAfter(370);
  assert.equal(await charging.rows("session_archive"), 0);
});

test("reservations that are over go after a year, with their actors; open ones stay", async () => {
  const old = new Date(noon - 391 * dayMs).toISOString();
  const recent = new Date(noon - 389 * dayMs).toISOString();
  for (const [n, status, at] of [[1, "used", old], [2, "accepted", old], [3, "used", recent]]) {
    const body = JSON.stringify({ status });
    // deno-lint-ignore no-await-in-loop -- one connection
    await sql`INSERT INTO station_items VALUES ('default', ${`A/B/reservation/${n}`}, 'A/B',
      'reservation', ${String(n)}, ${body}::text::jsonb, ${String(at)}, ${String(at)})`;
    // deno-lint-ignore no-await-in-loop -- as above
    await sql`INSERT INTO snapshots
      VALUES (${`default:reservation/A/B~r${n}`}, 'default', 0, 1, 1, '{}')`;
  }

  await keepAfter(10);

  const items = await sql`SELECT key FROM station_items WHERE station_id = 'A/B' ORDER BY key`;
  const actors = await sql`SELECT actor FROM snapshots WHERE actor LIKE '%A/B~r%' ORDER BY actor`;
  assert.deepEqual(items.map(({ key }) => key), ["2", "3"]);
  assert.deepEqual(actors.map(({ actor }) => actor), [
    "default:reservation/A/B~r2",
    "default:reservation/A/B~r3",
  ]);
});

test("what stations told of customers goes after a month, parts of it after a day", async () => {
  for (
    const [block, key, days] of [
      ["customer-information", "old", 31],
      ["customer-information", "new", 29],
      ["report-part", "customer/1/0", 2],
      ["report-part", "customer/2/0", 0],
    ] as const
  ) {
    const at = new Date(noon - days * dayMs);
    // deno-lint-ignore no-await-in-loop -- four rows
    await sql`INSERT INTO station_items VALUES ('default', ${`N/${block}/${key}`}, 'N', ${block},
      ${key}, '{}', ${at}, ${at})`;
  }
  await keepAfter(0);
  const items = await sql`SELECT key FROM station_items WHERE station_id = 'N' ORDER BY key`;
  assert.deepEqual(items.map(({ key }) => key), ["customer/2/0", "new"]);
});

test("events of stations are kept for their days", async () => {
  for (const [id, days] of [["1-1-0", 81], ["1-2-0", 79]] as const) {
    const then = new Date(noon - days * dayMs).toISOString();
    // deno-lint-ignore no-await-in-loop -- one connection
    await sql`INSERT INTO station_events (tenant, id, station_id, kind, at, received_at, body)
      VALUES ('default', ${id}, 'E1', 'monitor', ${then}, ${then}, '{}')`;
  }

  await keepAfter(10);

  const events = await sql`SELECT id FROM station_events WHERE station_id = 'E1'`;
  assert.deepEqual(events.map(({ id }) => id), ["1-2-0"]);
});

test("two do not keep house at once, and a step that fails does not keep the others", async () => {
  await sql`SELECT pg_advisory_lock(8319395794135839091)`;
  await keepAfter(400);
  assert.equal(await exists("journal_20280101"), false);
  await sql`SELECT pg_advisory_unlock(8319395794135839091)`;

  await sql`ALTER FUNCTION waiting_periods RENAME TO waiting_periods_away`;
  await keepAfter(400);
  assert.equal(await exists("journal_20271227"), true);
  assert.equal(telemetry.value("statewatt_housekeeping_failed_total", "waiting rows"), 1);
  assert.ok(telemetry.value("statewatt_storage_bytes", "journal") > 0);
  await sql`ALTER FUNCTION waiting_periods_away RENAME TO waiting_periods`;
});

test("a database that is away is no reason to fall", async () => {
  await keepHouse({ databaseUrl: "postgres://x@127.0.0.1:1/x", clock, telemetry, retention });
});
