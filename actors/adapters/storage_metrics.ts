import type { House } from "./house.ts";

interface Measured {
  readonly name: string;
  readonly bytes: string;
  readonly parts: number;
  readonly waiting: string;
}

/** What the tables that grow take on disk: by it an operator sees months ahead. */
export async function measureStorage({ sql, telemetry }: House): Promise<void> {
  const bytes = telemetry.gauge(
    "statewatt_storage_bytes",
    "Disk of a table with its indexes",
    ["table"],
  );
  const partitions = telemetry.gauge("statewatt_partitions", "Partitions of a table", ["table"]);
  const waiting = telemetry.gauge(
    "statewatt_partition_other_bytes",
    "Disk of the default partition: rows that have none of their own",
    ["table"],
  );
  const cut = await sql<Measured[]>`
    SELECT t.name, count(*)::integer AS parts, sum(pg_total_relation_size(i.inhrelid)) AS bytes,
        pg_total_relation_size((t.name || '_other')::regclass) AS waiting
      FROM partitioned_tables t JOIN pg_inherits i ON i.inhparent = t.name::regclass
      GROUP BY t.name`;
  for (const table of cut) {
    bytes.with(table.name).set(Number(table.bytes));
    partitions.with(table.name).set(table.parts);
    waiting.with(table.name).set(Number(table.waiting));
  }
  const whole = await sql<{ name: string; bytes: string }[]>`
    SELECT name, pg_total_relation_size(name::regclass) AS bytes
      FROM unnest(ARRAY['sessions', 'snapshots', 'session_progress', 'session_archive',
        'station_days', 'commands', 'inbox', 'outbox']) AS name`;
  for (const table of whole) bytes.with(table.name).set(Number(table.bytes));
  await measureHypertable({ sql, telemetry });
}

async function measureHypertable(
  { sql, telemetry }: Pick<House, "sql" | "telemetry">,
): Promise<void> {
  const [found] = await sql`SELECT to_regclass('meter_value_chunks') IS NOT NULL AS there`;
  const isThere = found?.["there"] === true;
  telemetry.gauge(
    "statewatt_meter_values_hypertable",
    "1: TimescaleDB keeps the meter values; 0: partitions do",
  ).set(isThere ? 1 : 0);
  if (!isThere) return;
  const [row] = await sql`SELECT hypertable_size('meter_value_chunks') AS bytes`;
  telemetry.gauge("statewatt_storage_bytes", "Disk of a table with its indexes", ["table"])
    .with("meter_values").set(Number(row?.["bytes"]));
}
