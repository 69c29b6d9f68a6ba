import type { Sql } from "postgres";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type { Retention } from "#schemas/config.ts";

/** What the steps of one run share. */
export interface House {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly retention: Retention;
  /** Today in UTC, `YYYY-MM-DD`. */
  dayBefore(days: number): string;
}

export interface KeptTable {
  readonly table: string;
  readonly keepDays: number;
}

/** The tables that are cut by time, and how long each is kept. */
export function keptTables(retention: Retention): readonly KeptTable[] {
  return [
    { table: "journal", keepDays: retention.journalKeepDays },
    { table: "meter_values", keepDays: retention.meterValuesKeepDays },
    { table: "frame_log", keepDays: retention.frameLogKeepDays },
    { table: "session_quarters", keepDays: retention.energyQuartersKeepDays },
  ];
}
