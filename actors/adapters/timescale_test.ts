import assert from "node:assert/strict";
import { test } from "node:test";
import postgres, { type Sql } from "postgres";
import { postgresTenants } from "#api/adapters/postgres_tenants.ts";
import { listMeterValues } from "#api/queries/session_rows.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { readConfig, workerConfigSchema } from "#schemas/config.ts";
import { testPostgres } from "#start/testing.ts";
import { keepHouse } from "./housekeeping.ts";

// TimescaleDB itself is on no registry that tests may use. What is proved here: nothing happens
// without the extension; with its functions stood in for, all of our own statements run, tenants
// stay apart, and inserts, questions and housekeeping go on as before.

async function withDatabase(use: (sql: Sql, url: string) => Promise<void>): Promise<void> {
  const database = await testPostgres();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  try {
    await use(sql, database.url);
  } finally {
    await sql.end();
    await database.close();
  }
}

async function adopted(sql: Sql): Promise<boolean> {
  const [row] = await sql`SELECT adopt_timescale() AS adopted`;
  return row?.["adopted"] === true;
}

/**
 * Functions of the extension that remember their calls. Its storage parameters cannot be stood in
 * for: their statement is left out, or fails as it does in the edition that has no compression.
 */
async function standIn(sql: Sql, hasCompression = true): Promise<void> {
  await sql.unsafe(`
    CREATE TABLE timescale_calls (call text);
    CREATE FUNCTION create_hypertable(relation regclass, time_column name,
        chunk_time_interval interval, create_default_indexes boolean) RETURNS void LANGUAGE sql
      AS $$ INSERT INTO timescale_calls VALUES ('hypertable ' || relation || ' ' || time_column) $$;
    CREATE FUNCTION add_compression_policy(relation regclass, compress_after interval) RETURNS void
      LANGUAGE sql AS $$ INSERT INTO timescale_calls VALUES ('compress ' || compress_after) $$;
    CREATE FUNCTION drop_chunks(relation regclass, older_than timestamptz) RETURNS SETOF text
      LANGUAGE sql AS $$ INSERT INTO timescale_calls VALUES ('drop ' || older_than)
        RETURNING call $$;
    CREATE FUNCTION hypertable_size(relation regclass) RETURNS bigint LANGUAGE sql
      AS $$ SELECT pg_total_relation_size(relation) $$;`);
  if (hasCompression) {
    await sql.unsafe(`
      ALTER FUNCTION timescale_statements() RENAME TO all_timescale_statements;
      CREATE FUNCTION timescale_statements() RETURNS text[] LANGUAGE sql
        AS $$ SELECT array_agg(s) FROM unnest(all_timescale_statements()) AS s
          WHERE s NOT LIKE '%SET (timescaledb.%' $$;`);
  }
  // Adopting asks the catalogue, and a row of it cannot be made up: the function is given another.
  const [row] = await sql`SELECT pg_get_functiondef('adopt_timescale'::regproc) AS text`;
  await sql.unsafe(String(row?.["text"]).replace("FROM pg_extension", "FROM standin_extension"));
  await sql`CREATE TABLE standin_extension AS SELECT 'timescaledb'::name AS extname`;
}

async function storeValue(sql: Sql, tenant: string, value: number): Promise<void> {
  await sql`INSERT INTO meter_values (tenant, station_id, session_id, at, measurand, context, value,
      unit, shard, seq, ordinal)
    VALUES (${tenant}, 'CP1', 'CP1~1', '2026-11-22T12:00:00Z', 'Voltage', 'Sample.Periodic',
      ${value}, 'V', 1, 1, 0)`;
}

test("without the extension meter values stay in partitions", async () => {
  await withDatabase(async (sql) => {
    assert.equal(await adopted(sql), false);

    const [row] = await sql`SELECT relkind FROM pg_class WHERE relname = 'meter_values'`;
    assert.equal(row?.["relkind"], "p");
  });
});

test("with it they are a hypertable that is compressed, unless there are values already", async () => {
  await withDatabase(async (sql) => {
    await standIn(sql);
    await storeValue(sql, "default", 230);
    assert.equal(await adopted(sql), false);
    await sql`DELETE FROM meter_values`;

    assert.equal(await adopted(sql), true);
    assert.equal(await adopted(sql), true);
    const calls = await sql`SELECT call FROM timescale_calls`;
    assert.deepEqual(calls.map((row) => row["call"]), [
      "hypertable meter_value_chunks at",
      "compress 7 days",
    ]);
  });
});

test("an edition without compression leaves the partitions as they are", async () => {
  await withDatabase(async (sql) => {
    await standIn(sql, false);

    await sql`SELECT ensure_partitions('2031-04-01')`;

    const rows = await sql`SELECT relname, relkind FROM pg_class WHERE relname IN ('meter_values',
      'meter_value_chunks', 'meter_values_20310401') ORDER BY relname`;
    assert.deepEqual([...rows], [
      { relname: "meter_values", relkind: "p" },
      { relname: "meter_values_20310401", relkind: "r" },
    ]);
    assert.deepEqual([...await sql`SELECT call FROM timescale_calls`], []);
  });
});

test("tenants see their own values through the view, and housekeeping drops chunks", async () => {
  await withDatabase(async (sql, url) => {
    await standIn(sql);
    await adopted(sql);
    await storeValue(sql, "default", 230);
    await storeValue(sql, "other", 110);
    await sql`INSERT INTO sessions (tenant, id, station_id, transaction_id, started_at, energy_wh,
        status, state, billable, created_at)
      VALUES ('default', 'CP1~1', 'CP1', '1', now(), 0, 'open', 'Charging', true, now())`;
    await sql`INSERT INTO session_progress (tenant, session_id, at, first_at, booked_to)
      VALUES ('default', 'CP1~1', '2026-11-22T12:00:00Z', '2026-11-22T12:00:00Z', now())`;
    const clock = new SimClock(Date.UTC(2028, 0, 1));
    const tenants = postgresTenants({ clock, url });
    const page = await tenants.run(
      "default",
      (rows) => listMeterValues(rows, { sessionId: "CP1~1" }, { limit: 10, order: "asc" }),
    );
    await tenants.close();

    assert.deepEqual(page.items.map(({ value }) => value), [230]);
    const retention = readConfig(workerConfigSchema, {
      DATABASE_URL: "postgres://unused",
      NATS_URL: "nats://unused",
    });
    const telemetry = silentTelemetry(clock);
    await keepHouse({ databaseUrl: url, clock, telemetry, retention });
    const [dropped] = await sql`SELECT call FROM timescale_calls WHERE call LIKE 'drop %'`;
    assert.match(String(dropped?.["call"]), /^drop 2026-11-22 12:00/);
    assert.equal(telemetry.value("statewatt_meter_values_hypertable"), 1);
    for (const step of ["retention of meter_values", "waiting rows", "partitions", "measures"]) {
      assert.equal(telemetry.value("statewatt_housekeeping_failed_total", step), 0, step);
    }
  });
});
