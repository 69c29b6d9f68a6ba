/**
 * What the database needs regularly: partitions for the days to come, ended sessions packed away,
 * and whole partitions dropped that have served. One worker at a time runs it.
 */
import postgres from "postgres";
import { ensurePartitions } from "#engine/adapters/postgres_migrations.ts";
import { endingWhenSilent } from "#engine/adapters/postgres_socket.ts";
import { inTime } from "#engine/in_time.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type { Retention } from "#schemas/config.ts";
import { type House, type KeptTable, keptTables } from "./house.ts";
import { retireOldPartitions } from "./retention.ts";
import { archiveDue } from "./session_archive.ts";
import { measureStorage } from "./storage_metrics.ts";

const DAY_MS = 24 * 60 * 60_000;
/** The scan of a partition of ten million rows takes some ten seconds. */
const STATEMENT_TIMEOUT_MS = 5 * 60_000;
/** Writers wait behind our wait for a lock: shorter than a commit may take (2 s). */
const LOCK_TIMEOUT_MS = 500;
/** A first run of a large old installation goes on in the next one. */
const RUN_MS_MAX = 60 * 60_000;
const BITE_ROWS = 10_000;
/** An inbox row outlives every resend of its tell. */
const INBOX_KEEP_DAYS = 7;
/** Somebody who stood before a taken charger asks within the year; so does who planned a campaign. */
const PAST_KEEP_DAYS = 400;
/** What a station told of a customer answers one question: a month is time enough to read it. */
const CUSTOMERS_KEEP_DAYS = 30;
/** "stathous" as a number: one keeper per database at a time. */
const lockKey = "8319395794135839091";

export interface HouseParts {
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly retention: Retention;
}

/**
 * One run; by its connection of its own, so that nobody waits for it. Never throws: what failed is
 * logged, counted, and tried again by the next run. Does nothing while another run is under way
 * anywhere. Repeatable; may be ended at any moment.
 */
export async function keepHouse(parts: HouseParts): Promise<void> {
  const { databaseUrl, clock, telemetry, retention } = parts;
  const sql = postgres(databaseUrl, {
    ...endingWhenSilent(STATEMENT_TIMEOUT_MS + 10_000),
    max: 1,
    connect_timeout: 5,
    connection: {
      application_name: "statewatt housekeeping",
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      TimeZone: "UTC",
    },
  });
  const today = clock.now();
  const dayBefore = (days: number): string =>
    new Date(today - days * DAY_MS).toISOString().slice(0, 10);
  const house: House = { sql, clock, telemetry, retention, dayBefore };
  try {
    await inTime(clock, RUN_MS_MAX, runAlone(house));
  } catch (error) {
    telemetry.log("warn", "housekeeping has to wait", { error: String(error) });
  } finally {
    // The connection's end gives the lock back.
    await sql.end({ timeout: 1 });
  }
}

async function runAlone(house: House): Promise<void> {
  const { sql } = house;
  const [lock] = await sql`SELECT pg_try_advisory_lock(${lockKey}::bigint) AS taken`;
  if (lock?.["taken"] !== true) return;
  const steps: readonly (readonly [string, (house: House) => Promise<void>])[] = [
    ["partitions", makePartitions],
    ["waiting rows", placeWaitingRows],
    ["archive", archiveDue],
    ...(await tablesOf(house)).map((kept) =>
      [`retention of ${kept.table}`, (here: House) => retireOldPartitions(here, kept)] as const
    ),
    ["retention of hypertables", dropChunks],
    ["rows that have served", deleteServed],
    ["measures", measureStorage],
  ];
  for (const [step, run] of steps) {
    // deno-lint-ignore no-await-in-loop -- one after the other, on one connection.
    await runStep(house, step, run);
  }
}

/** Those that are cut into partitions here: a hypertable is not. */
async function tablesOf({ sql, retention }: House): Promise<readonly KeptTable[]> {
  const rows = await sql<{ name: string }[]>`SELECT name FROM partitioned_tables`;
  const names = new Set(rows.map(({ name }) => name));
  return keptTables(retention).filter(({ table }) => names.has(table));
}

async function dropChunks({ sql, dayBefore, retention }: House): Promise<void> {
  const [found] = await sql`SELECT to_regclass('meter_value_chunks') IS NOT NULL AS there`;
  if (found?.["there"] !== true) return;
  await sql`SELECT drop_meter_value_chunks(${
    dayBefore(retention.meterValuesKeepDays)
  }::text::date)`;
}

/** A step that fails must not keep the others from theirs. */
async function runStep(
  house: House,
  step: string,
  run: (house: House) => Promise<void>,
): Promise<void> {
  const { telemetry } = house;
  try {
    await run(house);
  } catch (error) {
    telemetry.counter(
      "statewatt_housekeeping_failed_total",
      "Steps of housekeeping that failed; the next run tries again",
      ["step"],
    ).with(step).add();
    telemetry.log("warn", `housekeeping: ${step} has to wait`, { error: String(error) });
  }
}

async function makePartitions({ sql, dayBefore }: House): Promise<void> {
  await ensurePartitions(sql, new Date(dayBefore(0)));
}

/** Rows of days that had no partition: after an upgrade, or told by a clock that was ahead. */
async function placeWaitingRows(house: House): Promise<void> {
  const { sql, dayBefore, telemetry } = house;
  const moved = telemetry.counter(
    "statewatt_rows_placed_total",
    "Rows moved from a default partition to one of their own",
    ["table"],
  );
  for (const { table, keepDays } of await tablesOf(house)) {
    // deno-lint-ignore no-await-in-loop -- one table after the other.
    const waiting = await sql<{ begin: string }[]>`
      SELECT period_begin::text AS begin
        FROM waiting_periods(${table}, ${dayBefore(keepDays)}::text::date,
          ${dayBefore(0)}::text::date)`;
    for (const { begin } of waiting) {
      // deno-lint-ignore no-await-in-loop -- each holds the default partition for a moment.
      const [row] = await sql<{ moved: string }[]>`
        SELECT ensure_partition(${table}, ${begin}::text::date) AS moved`;
      moved.with(table).add(Number(row?.moved));
    }
  }
}

/** Small tables lose their old rows in bites, so that no lock is held for long. */
async function deleteServed({ sql, dayBefore, retention }: House): Promise<void> {
  const reservations = `block = 'reservation' AND body->>'status' NOT IN ('pending', 'accepted')
    AND updated_at < '${dayBefore(PAST_KEEP_DAYS)}'`;
  const served: readonly (readonly [string, string])[] = [
    [
      "snapshots",
      `actor IN (SELECT tenant || ':reservation/' ||
      left(id, -length('/reservation/' || key)) || '~r' || key
      FROM station_items WHERE ${reservations})`,
    ],
    ["station_items", reservations],
    [
      "station_items",
      `block = 'customer-information' AND created_at < '${dayBefore(CUSTOMERS_KEEP_DAYS)}'`,
    ],
    // Parts of reports that never became whole.
    ["station_items", `block = 'report-part' AND updated_at < '${dayBefore(1)}'`],
    ["campaigns", `finished_at < '${dayBefore(PAST_KEEP_DAYS)}'`],
    ["inbox", `received_at < '${dayBefore(INBOX_KEEP_DAYS)}'`],
    ["idempotency", "expires_at < now()"],
    ["station_days", `day < '${dayBefore(retention.energyDaysKeepDays)}'`],
    ["station_events", `received_at < '${dayBefore(retention.stationEventsKeepDays)}'`],
    ["session_archive", `ended_at < '${dayBefore(retention.archiveKeepDays)}'`],
  ];
  for (const [table, condition] of served) {
    for (let rows = BITE_ROWS; rows === BITE_ROWS;) {
      // deno-lint-ignore no-await-in-loop -- bite by bite.
      const deleted = await sql.unsafe(`DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${BITE_ROWS}))`);
      rows = deleted.count;
    }
  }
}
