import type { Telemetry } from "#engine/telemetry.ts";
import type { House, KeptTable } from "./house.ts";
import { archiveSession } from "./session_archive.ts";

/** Rows that one partition may leave behind: commits wait meanwhile. More is a fault elsewhere. */
const CARRIED_MAX = 20_000;
const SWEPT_ROWS = 10_000;
/** A lock that is not had at once: whoever holds it reads for seconds at most. */
const TRIES = 5;

/**
 * Drops partitions whose last day is older than their table is kept, oldest first. One that a
 * follower has not read stays as it is; rows of running sessions and the tails of snapshots are
 * carried over; ended sessions are archived first, however young.
 */
export async function retireOldPartitions(house: House, kept: KeptTable): Promise<void> {
  const held = house.telemetry.gauge(
    "statewatt_partitions_held",
    "Partitions older than their table is kept that could not be dropped",
    ["table", "reason"],
  );
  const reasons = new Map<string, number>();
  for (const partition of await oldPartitions(house, kept)) {
    // deno-lint-ignore no-await-in-loop -- oldest first.
    const reason = await retired(house, kept.table, partition);
    if (reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const reason of heldReasons) held.with(kept.table, reason).set(reasons.get(reason) ?? 0);
  await sweepOther(house, kept);
}

const heldReasons = ["follower", "session without archive", "too many running sessions", "locked"];

async function oldPartitions(
  { sql, dayBefore }: House,
  { table, keepDays }: KeptTable,
): Promise<readonly string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      JOIN partitioned_tables t ON t.name = ${table}
      WHERE i.inhparent = ${table}::text::regclass
        AND (partition_begin(t.name, c.relname::text) + ('1 ' || t.period)::interval)::date
          <= ${dayBefore(keepDays)}::text::date
      ORDER BY partition_begin(t.name, c.relname::text)`;
  return rows.map(({ name }) => name);
}

/** Null when it is gone, else why it is still there. */
async function retired(house: House, table: string, partition: string): Promise<string | null> {
  const { sql, telemetry } = house;
  if (table === "journal") await archiveUnarchived(house, partition);
  for (let tries = 1;; tries++) {
    try {
      // deno-lint-ignore no-await-in-loop -- try by try.
      const [row] = await sql<{ carried: string; held: string | null }[]>`
        WITH done AS MATERIALIZED (
          SELECT carried, held_by AS held
            FROM retire_partition(${table}, ${partition}, ${CARRIED_MAX})
        ), noted AS (
          UPDATE partitioned_tables t SET dropped_before = greatest(t.dropped_before,
              (partition_begin(t.name, ${partition}) + ('1 ' || t.period)::interval)::date)
            FROM done WHERE t.name = ${table} AND done.held IS NULL
        )
        SELECT carried, held FROM done`;
      const held = row?.held ?? null;
      if (held === null) counted(telemetry, table, Number(row?.carried));
      else telemetry.log("warn", "a partition is kept longer", { partition, reason: held });
      return held === null ? null : held.startsWith("follower") ? "follower" : held;
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (tries === TRIES) return "locked";
    }
  }
}

function counted(telemetry: Telemetry, table: string, carried: number): void {
  telemetry.counter("statewatt_partitions_dropped_total", "Partitions dropped", ["table"])
    .with(table).add();
  telemetry.counter(
    "statewatt_rows_carried_total",
    "Rows that outlived their partition: of running sessions, or behind a snapshot",
    ["table"],
  ).with(table).add(carried);
}

function isLocked(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "55P03";
}

async function archiveUnarchived({ sql }: House, partition: string): Promise<void> {
  const sessions = await sql<{ tenant: string; id: string }[]>`
    SELECT tenant, session_id AS id FROM unarchived_sessions(${partition})`;
  for (const session of sessions) {
    // deno-lint-ignore no-await-in-loop -- one after the other.
    await archiveSession(sql, session);
  }
}

/** What was carried over goes when nobody needs it any more; so do times long gone. */
async function sweepOther(
  house: House,
  { table, keepDays }: KeptTable,
): Promise<void> {
  const { sql, dayBefore } = house;
  if (table === "journal") await archiveUnarchived(house, "journal_other");
  for (let rows = SWEPT_ROWS; rows === SWEPT_ROWS;) {
    // deno-lint-ignore no-await-in-loop -- bite by bite.
    const [row] = await sql<{ swept: string }[]>`
      SELECT sweep_other(${table}, ${dayBefore(keepDays)}::text::date, ${SWEPT_ROWS}) AS swept`;
    rows = Number(row?.swept);
  }
}
