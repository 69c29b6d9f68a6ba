import type { JournalTransaction } from "#engine/adapters/postgres_journal.ts";
import type {
  PendingReading,
  SessionEnergy,
  SessionName,
  SessionShares,
} from "../ports/meter_store.ts";

interface EnergyRow {
  readonly tenant: string;
  readonly id: string;
  readonly started: string;
  readonly ended: string | null;
  readonly "energy_wh": string;
  readonly "booked_from": string | null;
  readonly "booked_to": string | null;
  readonly "booked_wh": string | null;
  readonly "booked_final": boolean | null;
  readonly "newest_at": string | null;
  readonly "newest_wh": string | null;
  readonly "newest_peak": number | null;
  readonly "before_at": string | null;
  readonly "before_wh": string | null;
  readonly "before_peak": number | null;
}

export async function energyOf(
  sessions: readonly SessionName[],
  sql: JournalTransaction,
): Promise<readonly SessionEnergy[]> {
  const rows = await sql<EnergyRow[]>`
    SELECT s.tenant, s.id, s.energy_wh, p.booked_wh, p.booked_final,
        extract(epoch FROM s.started_at) * 1000 AS started,
        CASE WHEN s.status = 'closed' THEN extract(epoch FROM s.ended_at) * 1000 END AS ended,
        extract(epoch FROM p.booked_from) * 1000 AS booked_from,
        extract(epoch FROM p.booked_to) * 1000 AS booked_to,
        extract(epoch FROM p.at) * 1000 AS newest_at, p.energy_wh AS newest_wh,
        p.peak_w AS newest_peak, extract(epoch FROM p.before_at) * 1000 AS before_at, p.before_wh,
        p.before_peak_w AS before_peak
      FROM json_to_recordset(${JSON.stringify(sessions)}::text::json)
        AS n(tenant text, "sessionId" text)
      JOIN sessions s ON s.tenant = n.tenant AND s.id = n."sessionId"
      LEFT JOIN session_progress p ON p.tenant = s.tenant AND p.session_id = s.id`;
  return rows.map((row) => ({
    tenant: row.tenant,
    sessionId: row.id,
    startedAt: Number(row.started),
    endedAt: row.ended === null ? null : Number(row.ended),
    energyWh: Number(row.energy_wh),
    newest: pending(row.newest_at, row.newest_wh, row.newest_peak),
    before: pending(row.before_at, row.before_wh, row.before_peak),
    booked: row.booked_from === null ? null : {
      from: Number(row.booked_from),
      to: Number(row.booked_to),
      wh: Number(row.booked_wh),
      isFinal: row.booked_final === true,
    },
  }));
}

function pending(
  at: string | null,
  wh: string | null,
  peakW: number | null,
): PendingReading | null {
  return at === null ? null : { at: Number(at), wh: wh === null ? null : Number(wh), peakW };
}

export async function quartersOf(
  { tenant, stationId, sessionId }: SessionName & { readonly stationId: string },
  sql: JournalTransaction,
): Promise<readonly { readonly quarter: number; readonly wh: number }[]> {
  const rows = await sql<{ quarter: string; wh: string }[]>`
    SELECT extract(epoch FROM q.quarter) * 1000 AS quarter, q.energy_wh AS wh
      FROM session_quarters q
      JOIN session_progress p ON p.tenant = q.tenant AND p.session_id = q.session_id
      WHERE q.tenant = ${tenant} AND q.station_id = ${stationId} AND q.session_id = ${sessionId}
        AND q.quarter >= p.booked_from - interval '32 days'`;
  return rows.map(({ quarter, wh }) => ({ quarter: Number(quarter), wh: Number(wh) }));
}

/** One round trip: three tables, each of their rows named once. */
export async function addShares(
  sessions: readonly SessionShares[],
  sql: JournalTransaction,
): Promise<void> {
  const booked = sessions.map(({ tenant, sessionId, booked: { from, to, wh, isFinal } }) => (
    { tenant, sessionId, from, to, wh, isFinal }
  ));
  const shares = sessions.flatMap(({ tenant, stationId, sessionId, shares: ofSession }) =>
    ofSession.map((share) => ({ tenant, stationId, sessionId, ...share }))
  );
  await sql`
    WITH shares AS MATERIALIZED (
      SELECT tenant, "stationId" AS station_id, "sessionId" AS session_id,
          to_timestamp(quarter / 1000.0) AS quarter, wh, seconds, starts, "maxPowerW" AS power
        FROM json_to_recordset(${JSON.stringify(shares)}::text::json) AS s(tenant text,
          "stationId" text, "sessionId" text, quarter double precision, wh bigint,
          seconds integer, starts smallint, "maxPowerW" double precision)
    ), progress AS (
      INSERT INTO session_progress AS p (tenant, session_id, at, booked_from, booked_to, booked_wh,
          booked_final)
        SELECT tenant, "sessionId", to_timestamp("to" / 1000.0), to_timestamp("from" / 1000.0),
            to_timestamp("to" / 1000.0), wh, "isFinal"
          FROM json_to_recordset(${JSON.stringify(booked)}::text::json) AS b(tenant text,
            "sessionId" text, "from" double precision, "to" double precision, wh bigint,
            "isFinal" boolean)
        ON CONFLICT (tenant, session_id) DO UPDATE SET booked_from = excluded.booked_from,
          booked_to = excluded.booked_to, booked_wh = excluded.booked_wh,
          booked_final = excluded.booked_final, peak_w = NULL
    ), quarters AS (
      INSERT INTO session_quarters AS q (tenant, station_id, quarter, session_id, energy_wh,
          max_power_w, seconds, starts)
        SELECT tenant, station_id, quarter, session_id, wh, power, seconds, starts FROM shares
        ON CONFLICT (tenant, station_id, quarter, session_id) DO UPDATE SET
          energy_wh = q.energy_wh + excluded.energy_wh,
          max_power_w = greatest(q.max_power_w, excluded.max_power_w),
          seconds = q.seconds + excluded.seconds, starts = q.starts + excluded.starts
    )
    INSERT INTO station_days AS d (tenant, station_id, day, energy_wh, max_power_w, seconds,
        sessions)
      SELECT tenant, station_id, (quarter AT TIME ZONE 'UTC')::date, sum(wh), max(power),
          sum(seconds), sum(starts)
        FROM shares GROUP BY 1, 2, 3
      ON CONFLICT (tenant, station_id, day) DO UPDATE SET
        energy_wh = d.energy_wh + excluded.energy_wh,
        max_power_w = greatest(d.max_power_w, excluded.max_power_w),
        seconds = d.seconds + excluded.seconds, sessions = d.sessions + excluded.sessions`;
}
