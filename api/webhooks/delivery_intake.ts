/** SQL that makes deliveries of facts: each fact once per webhook that wants it. */
import type { Rows } from "../ports/rows.ts";
import type { EventRecord } from "./event_body.ts";

/** How long a delivery is tried. */
export const DELIVERY_AGE_MS_MAX = 24 * 60 * 60 * 1_000;

const events = `json_to_recordset($2::text::json) AS f("eventId" text, type text, kind text,
    "stationId" text, era bigint, sequence bigint, at timestamptz, body text)`;
const columns = `tenant, webhook_id, id, event_id, type, station_id, lane, era, sequence, body,
    status, created_at, expires_at`;
const isWanted = `(cardinality(w.kinds) = 0 OR f.kind = ANY(w.kinds) OR f.type = ANY(w.kinds))
    AND (w.stations IS NULL OR f."stationId" = ANY(w.stations))`;
/** Lanes in a fixed order: two processes that write the same ones wait for each other in a row. */
const countLanes = `INSERT INTO webhook_lanes AS l (tenant, webhook_id, lane, waiting, due_at)
    SELECT $1, webhook_id, lane, count(*), $3::timestamptz FROM made
      GROUP BY webhook_id, lane ORDER BY webhook_id, lane
    ON CONFLICT (tenant, webhook_id, lane) DO UPDATE SET waiting = l.waiting + excluded.waiting
    RETURNING waiting`;

export interface Taking {
  readonly tenant: string;
  readonly now: string;
  readonly expiresAt: string;
}

/**
 * Deliveries of these facts to every webhook that wants them; a fact that was taken before makes
 * none. Resolves with how many lanes have something new.
 */
export async function takeFacts(
  rows: Rows,
  { tenant, now, expiresAt }: Taking,
  records: readonly EventRecord[],
): Promise<number> {
  const lanes = await rows.all(
    `WITH made AS (
      INSERT INTO webhook_deliveries (${columns})
      SELECT $1, w.id, f."eventId", f."eventId", f.type, f."stationId", f."stationId", f.era,
        f.sequence, f.body, 'waiting', $3::timestamptz, $4::timestamptz
      FROM ${events} JOIN webhooks w ON w.tenant = $1 AND w.enabled AND ${isWanted}
        AND f.at >= w.created_at - interval '1 second'
      ON CONFLICT (tenant, webhook_id, id) DO NOTHING
      RETURNING webhook_id, lane
    ) ${countLanes}`,
    [tenant, JSON.stringify(records), now, expiresAt],
  );
  return lanes.length;
}

/** The same for one webhook that asked for facts of the past again, in lanes of that replay. */
export async function takeReplayed(
  rows: Rows,
  { tenant, now, expiresAt }: Taking,
  replay: { readonly id: string; readonly webhookId: string },
  records: readonly EventRecord[],
): Promise<number> {
  const lanes = await rows.all<{ waiting: number }>(
    `WITH made AS (
      INSERT INTO webhook_deliveries (${columns})
      SELECT $1, w.id, $6 || '.' || f."eventId", f."eventId", f.type, f."stationId",
        'replay/' || $6 || '/' || f."stationId", 0, f.sequence, f.body, 'waiting',
        $3::timestamptz, $4::timestamptz
      FROM ${events} JOIN webhooks w ON w.tenant = $1 AND w.id = $5 AND ${isWanted}
      ON CONFLICT (tenant, webhook_id, id) DO NOTHING
      RETURNING webhook_id, lane
    ), counted AS (${countLanes}) SELECT count(*)::int AS waiting FROM made`,
    [tenant, JSON.stringify(records), now, expiresAt, replay.webhookId, replay.id],
  );
  return lanes[0]?.waiting ?? 0;
}
