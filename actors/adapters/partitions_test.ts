import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import postgres, { type Sql } from "postgres";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import { emptyPostgres, testPostgres } from "#start/testing.ts";

const sqlFolder = fileURLToPath(new URL("../../schemas/sql/", import.meta.url));

/** A database as it was before tables were cut by time. */
async function oldDatabase(): Promise<{ url: string; close(): Promise<void> }> {
  const database = await emptyPostgres();
  const folder = await mkdtemp(join(tmpdir(), "statewatt-sql-"));
  try {
    const names = (await readdir(sqlFolder)).filter((name) => name < "0021");
    await Promise.all(names.map((name) => cp(join(sqlFolder, name), join(folder, name))));
    // Its own code made the journal's partitions; this one finds the function missing.
    await migrate(database.url, { folder }).catch((error) => {
      if (!String(error).includes("ensure_partitions")) throw error;
    });
    return database;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function withSql(url: string, use: (sql: Sql) => Promise<void>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await use(sql);
  } finally {
    await sql.end();
  }
}

async function storeOldRows(sql: Sql): Promise<void> {
  await sql`INSERT INTO sessions (tenant, id, station_id, transaction_id, started_at, ended_at,
      energy_wh, status, state, billable, created_at)
    VALUES ('default', 'CP1~1', 'CP1', '1', '2026-01-01T10:05:00Z', '2026-01-01T10:35:00Z', 3000,
      'closed', 'complete', true, now()),
      ('default', 'CP1~2', 'CP1', '2', '2026-01-02T00:00:00Z', '2026-01-02T00:00:00Z', 7, 'closed',
      'complete', true, now()),
      ('default', 'CP1~3', 'CP1', '3', now(), NULL, 500, 'open', 'Charging', true, now())`;
  await sql`INSERT INTO meter_values (tenant, station_id, session_id, at, measurand, context, value,
      unit, shard, seq, ordinal)
    SELECT 'default', 'CP1', 'CP1~1', at, 'Energy.Active.Import.Register', 'Sample.Periodic', 1,
      'Wh', 1, row_number() OVER (), 0
    FROM generate_series(timestamptz '2026-01-01T10:10:00Z', '2026-01-01T10:30:00Z', '10 minutes')
      AS at`;
  await sql`INSERT INTO meter_values (tenant, station_id, at, measurand, context, value, unit,
      shard, seq, ordinal)
    VALUES ('default', 'CP1', now(), 'Voltage', 'Sample.Periodic', 230, 'V', 1, 9, 0)`;
  await sql`INSERT INTO session_progress (tenant, session_id, at, energy_wh)
    VALUES ('default', 'CP1~1', '2026-01-01T10:30:00Z', 2900)`;
  await sql`INSERT INTO frame_log (tenant, station_id, at, direction, message_type)
    VALUES ('default', 'CP1', '2026-01-01T10:00:00Z', 'in', 'CALL'),
      ('default', 'CP1', now(), 'in', 'CALL')`;
}

test("an installation of before keeps its rows, and its sessions stand in the roll-ups", async () => {
  const database = await oldDatabase();
  await withSql(database.url, storeOldRows);

  await migrate(database.url);

  await withSql(database.url, async (sql) => {
    const values = await sql`SELECT tableoid::regclass::text LIKE '%other' AS waits, count(*)::int
      FROM meter_values GROUP BY 1 ORDER BY 1`;
    assert.deepEqual([...values], [{ waits: false, count: 1 }, { waits: true, count: 3 }]);
    const frames = await sql`INSERT INTO frame_log (tenant, station_id, at, direction, message_type)
      VALUES ('default', 'CP1', now(), 'in', 'CALL') RETURNING id::int`;
    assert.deepEqual([...frames], [{ id: 3 }]);
    const [progress] = await sql`SELECT first_at = '2026-01-01T10:10:00Z' AS first,
        at = '2026-01-01T10:30:00Z' AS newest, booked_wh::int, booked_final
      FROM session_progress WHERE session_id = 'CP1~1'`;
    assert.deepEqual(progress, { first: true, newest: true, booked_wh: 3_000, booked_final: true });
    const quarters = await sql`SELECT energy_wh::int AS wh, seconds, starts FROM session_quarters
      ORDER BY quarter`;
    assert.deepEqual([...quarters], [
      { wh: 1_000, seconds: 600, starts: 1 },
      { wh: 1_500, seconds: 900, starts: 0 },
      { wh: 500, seconds: 300, starts: 0 },
      { wh: 7, seconds: 0, starts: 1 },
    ]);
    const days = await sql`SELECT day::text, energy_wh::int AS wh, sessions FROM station_days
      ORDER BY day`;
    assert.deepEqual([...days], [
      { day: "2026-01-01", wh: 3_000, sessions: 1 },
      { day: "2026-01-02", wh: 7, sessions: 1 },
    ]);
  });
  await database.close();
});

test("ensure_partition() brings rows there that had no partition, once", async () => {
  const database = await testPostgres();
  await withSql(database.url, async (sql) => {
    await sql`INSERT INTO frame_log (tenant, station_id, at, direction, message_type)
      SELECT 'default', 'CP1', at, 'in', 'CALL' FROM unnest(ARRAY['2031-03-31T23:59:59.999Z',
        '2031-04-01T00:00:00Z', '2031-04-01T23:59:59.999Z', '2031-04-02T00:00:00Z']::timestamptz[])
        AS at`;

    const [first] = await sql`SELECT ensure_partition('frame_log', '2031-04-01')::int AS moved`;
    const [second] = await sql`SELECT ensure_partition('frame_log', '2031-04-01')::int AS moved`;

    assert.deepEqual([first?.["moved"], second?.["moved"]], [2, 0]);
    const rows = await sql`SELECT tableoid::regclass::text AS part, count(*)::int FROM frame_log
      GROUP BY 1 ORDER BY 1`;
    assert.deepEqual([...rows], [
      { part: "frame_log_20310401", count: 2 },
      { part: "frame_log_other", count: 2 },
    ]);
  });
  await database.close();
});

test("quarters are cut by the month", async () => {
  const database = await testPostgres();
  await withSql(database.url, async (sql) => {
    await sql`SELECT ensure_partition('session_quarters', '2031-12-24')`;

    const [row] = await sql`SELECT pg_get_expr(relpartbound, oid) AS bounds,
        partition_begin('session_quarters', relname)::text AS begin
      FROM pg_class WHERE relname = 'session_quarters_203112'`;
    assert.match(row?.["bounds"], /FROM \('2031-12-01.*TO \('2032-01-01/);
    assert.equal(row?.["begin"], "2031-12-01");
  });
  await database.close();
});

test("a query for one day looks into one partition and the one that waits", async () => {
  const database = await testPostgres();
  await withSql(database.url, async (sql) => {
    const plan = await sql`EXPLAIN SELECT * FROM meter_values
      WHERE tenant = 'default' AND station_id = 'CP1' AND at >= (SELECT now()) - interval '1 hour'
        AND at >= date_trunc('day', now(), 'UTC') AND at < date_trunc('day', now(), 'UTC')
        + interval '1 day'`;
    const text = plan.map((row) => String(row["QUERY PLAN"])).join("\n");
    assert.match(text, /Subplans Removed|meter_values_\d{8}/);
    assert.ok((text.match(/ on meter_values_/g) ?? []).length <= 2, text);
  });
  await database.close();
});
