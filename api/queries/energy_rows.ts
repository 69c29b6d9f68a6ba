import type { EnergyPeriod, EnergyQuery } from "#schemas/rest/energy.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";

interface EnergyRow {
  readonly begin: string;
  readonly till: string;
  readonly energyWh: number;
  readonly maxPowerW: number | null;
  readonly sessions: number;
  readonly seconds: number;
}

const sums = "sum(energy_wh)::bigint AS energy_wh, max(max_power_w) AS max_power_w, " +
  "sum(seconds)::bigint AS seconds";

/** Roll-ups of a station by quarter of an hour, day or month (UTC). */
export function listEnergy(
  rows: Rows,
  stationId: string,
  query: EnergyQuery,
): Promise<Page<EnergyPeriod>> {
  const where = new Conditions();
  const inner = innerQuery(where, stationId, query);
  return pageOf(rows, query, {
    select: "begin, till, energy_wh, max_power_w, sessions, seconds",
    from: `(${inner}) e`,
    where: where.addIf(query.from, "begin >= ?::text::timestamptz")
      .addIf(query.to, "begin < ?::text::timestamptz"),
    order: [{ name: "begin", type: "timestamptz" }, { name: "part", type: "text" }],
  }, toPeriod);
}

/** The bounds are said to the table, too, so that its index and its partitions serve them. */
function innerQuery(where: Conditions, stationId: string, query: EnergyQuery): string {
  const station = `station_id = ${where.value(stationId)}`;
  const from = query.from === undefined
    ? undefined
    : `${where.value(query.from)}::text::timestamptz`;
  const to = query.to === undefined ? undefined : `${where.value(query.to)}::text::timestamptz`;
  const running = runningOf(station);
  if (query.per === "quarter") {
    const bounds = [
      station,
      ...(from === undefined ? [] : [`quarter >= ${from}`]),
      ...(to === undefined ? [] : [`quarter < ${to}`]),
    ];
    return `SELECT quarter AS begin, quarter + interval '15 minutes' AS till, ''::text AS part,
        ${sums}, sum(starts)::bigint AS sessions
      FROM (
        SELECT quarter, energy_wh, max_power_w, seconds, starts FROM session_quarters
          WHERE ${bounds.join(" AND ")}
        UNION ALL ${running}
      ) q GROUP BY quarter`;
  }
  const bounds = [
    station,
    ...(from === undefined ? [] : [`day >= (${from} AT TIME ZONE 'UTC')::date`]),
    ...(to === undefined ? [] : [`day < (${to} AT TIME ZONE 'UTC')::date + 31`]),
  ];
  const begin = `date_trunc('${query.per}', day::timestamp)`;
  return `SELECT ${begin} AT TIME ZONE 'UTC' AS begin,
      (${begin} + interval '1 ${query.per}') AT TIME ZONE 'UTC' AS till, ''::text AS part,
      ${sums}, sum(sessions)::bigint AS sessions
    FROM (
      SELECT day, energy_wh, max_power_w, seconds, sessions FROM station_days
        WHERE ${bounds.join(" AND ")}
      UNION ALL
      SELECT (quarter AT TIME ZONE 'UTC')::date, energy_wh, max_power_w, seconds, 0
        FROM (${running}) r
    ) d GROUP BY ${begin}`;
}

/** What running sessions have charged in a quarter that waits to be booked. */
function runningOf(station: string): string {
  return `SELECT date_bin('15 minutes', p.booked_to, 'epoch') AS quarter,
      greatest(0, p.energy_wh - p.booked_wh) AS energy_wh, p.peak_w AS max_power_w,
      greatest(0, extract(epoch FROM least(p.at, now()) - p.booked_to))::bigint AS seconds,
      0 AS starts
    FROM sessions s JOIN session_progress p ON p.tenant = s.tenant AND p.session_id = s.id
    WHERE s.status = 'open' AND s.${station} AND p.booked_final = false AND p.at > p.booked_to`;
}

function toPeriod(row: EnergyRow): EnergyPeriod {
  return {
    from: shownInstant(row.begin),
    to: shownInstant(row.till),
    energyWh: row.energyWh,
    maxPowerW: row.maxPowerW,
    sessions: row.sessions,
    sessionMinutes: Math.round(row.seconds / 0.6) / 100,
  };
}
