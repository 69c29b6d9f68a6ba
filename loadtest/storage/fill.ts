/** Past days of a network, made by the server itself: what the measured database is full of. */
import type { Sql } from "postgres";

/** Two sessions a day and station, of two hours, a message a minute with four values. */
export const SESSIONS_PER_DAY = 2;
export const SESSION_MINUTES = 120;
export const VALUES_PER_MESSAGE = 4;
const VALUES_PER_SESSION = SESSION_MINUTES * VALUES_PER_MESSAGE;

export interface Filling {
  readonly stations: number;
  /** About so many meter values. */
  readonly values: number;
}

/** How many whole days the rows are spread over. */
export function daysOf({ stations, values }: Filling): number {
  return Math.max(1, Math.round(values / (stations * SESSIONS_PER_DAY * VALUES_PER_SESSION)));
}

/**
 * Fills sessions, their progress, meter values and roll-ups, oldest day first, in the order of
 * time as they would have come. The last day is yesterday.
 */
export async function fill(
  sql: Sql,
  filling: Filling,
  say: (text: string) => void,
): Promise<void> {
  await sql`INSERT INTO stations (tenant, id, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, created_at)
    SELECT 'default', 'S' || s, 0, false, 'Accepted', 300, false, true, now()
      FROM generate_series(1, ${filling.stations}::int) AS s`;
  const days = daysOf(filling);
  for (let ago = days; ago >= 1; ago--) {
    // deno-lint-ignore no-await-in-loop -- day by day.
    await fillDay(sql, filling, ago);
    say(`  ${days - ago + 1} of ${days} days`);
  }
  await sql`INSERT INTO station_days
    SELECT tenant, station_id, (quarter AT TIME ZONE 'UTC')::date, sum(energy_wh), max(max_power_w),
        sum(seconds), sum(starts)
      FROM session_quarters GROUP BY 1, 2, 3`;
  await sql`ANALYZE meter_values, sessions, session_progress, session_quarters, station_days`;
  await sql`CHECKPOINT`.catch(() => undefined);
}

async function fillDay(sql: Sql, { stations }: Filling, ago: number): Promise<void> {
  const [row] = await sql`
    SELECT (date_trunc('day', now(), 'UTC') - ${ago}::int * interval '1 day')::text AS day`;
  const day = String(row?.["day"]);
  await sql`SELECT ensure_partition('meter_values', (${day}::text::timestamptz
    AT TIME ZONE 'UTC')::date), ensure_partition('session_quarters', (${day}::text::timestamptz
    AT TIME ZONE 'UTC')::date)`;
  await sql`
    WITH made AS (
      SELECT 'S' || s AS station_id, 'S' || s || '~' || ${ago}::int * 2 + n AS id,
          ${day}::text::timestamptz + (8 + 8 * n) * interval '1 hour' AS started_at
        FROM generate_series(1, ${stations}::int) AS s, generate_series(0, 1) AS n
    ), ended AS (
      INSERT INTO sessions (tenant, id, station_id, evse_id, connector_id, transaction_id,
          started_at, ended_at, meter_start_wh, meter_stop_wh, energy_wh, stop_reason, status,
          state, billable, created_at)
        SELECT 'default', id, station_id, 1, 1, '1', started_at,
            started_at + ${SESSION_MINUTES}::int * interval '1 minute', 0, 22000, 22000, 'Local',
            'closed', 'complete', true, started_at
          FROM made
    ), progress AS (
      INSERT INTO session_progress (tenant, session_id, at, first_at, energy_wh, booked_from,
          booked_to, booked_wh, booked_final)
        SELECT 'default', id, started_at + ${SESSION_MINUTES}::int * interval '1 minute',
            started_at + interval '1 minute', 22000, started_at,
            started_at + ${SESSION_MINUTES}::int * interval '1 minute', 22000, true
          FROM made
    )
    INSERT INTO session_quarters
      SELECT 'default', station_id, started_at + q * interval '15 minutes', id, 2750, 11040, 900,
          (q = 0)::int
        FROM made, generate_series(0, ${SESSION_MINUTES / 15 - 1}::int) AS q`;
  await sql`
    INSERT INTO meter_values
      SELECT 'default', 'S' || s, 1, 1, 'S' || s || '~' || ${ago}::int * 2 + n,
          ${day}::text::timestamptz + (8 + 8 * n) * interval '1 hour' + m * interval '1 minute',
          (ARRAY['Energy.Active.Import.Register', 'Power.Active.Import', 'Current.Import',
            'Voltage'])[v],
          (ARRAY[NULL, NULL, 'L1', 'L1'])[v], 'Sample.Periodic', 'Outlet',
          (ARRAY[m * 183.3, 11040, 16, 230])[v], (ARRAY['Wh', 'W', 'A', 'V'])[v],
          1, ((m * ${stations}::int) + s)::bigint, v
        FROM generate_series(0, 1) AS n, generate_series(1, ${SESSION_MINUTES}::int) AS m,
          generate_series(1, ${stations}::int) AS s,
          generate_series(1, ${VALUES_PER_MESSAGE}::int) AS v`;
}
