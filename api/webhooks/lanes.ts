/** SQL of what is sent next, and of what came of it. */
import type { Rows, SqlValue } from "../ports/rows.ts";
import type { Posted } from "./post_event.ts";

/** Failures in a row after which a receiver counts as away: then it is only tried now and then. */
export const FAILURES_UNTIL_PAUSE = 5;

export interface ClaimedLane {
  readonly webhookId: string;
  readonly lane: string;
  readonly url: string;
  readonly sealedSecret: string;
}

export interface Claiming {
  readonly tenant: string;
  readonly claim: string;
  readonly now: string;
  readonly until: string;
  /** Lanes of a webhook that this process works on at once, and all together. */
  readonly perWebhookMax: number;
  readonly max: number;
  /** How many it works on already. */
  readonly busy: ReadonlyMap<string, number>;
}

/** Takes lanes that are due, as many per webhook as there is room for, the longest due first. */
export function claimLanes(rows: Rows, claiming: Claiming): Promise<readonly ClaimedLane[]> {
  const { claim, now, until, perWebhookMax, max, busy } = claiming;
  const used = [...busy].map(([id, used]) => ({ id, used }));
  return rows.all<ClaimedLane>(
    `WITH busy AS (
      SELECT * FROM json_to_recordset($1::text::json) AS b(id text, used integer)
    ), picked AS (
      SELECT w.tenant, w.id, w.url, w.sealed_secret, due.lane
      FROM webhooks w LEFT JOIN busy b ON b.id = w.id
      CROSS JOIN LATERAL (
        SELECT l.lane FROM webhook_lanes l
        WHERE l.tenant = w.tenant AND l.webhook_id = w.id AND l.due_at <= $2::timestamptz
          AND l.waiting > 0 AND (l.claimed_until IS NULL OR l.claimed_until <= $2::timestamptz)
        ORDER BY l.due_at
        LIMIT greatest(0, CASE WHEN w.failures >= ${FAILURES_UNTIL_PAUSE} THEN 1 ELSE $3::int END
          - coalesce(b.used, 0))
        FOR UPDATE SKIP LOCKED
      ) due
      WHERE w.enabled AND (w.paused_until IS NULL OR w.paused_until <= $2::timestamptz)
      LIMIT $4
    )
    UPDATE webhook_lanes l SET claim = $5, claimed_until = $6::timestamptz FROM picked p
    WHERE l.tenant = p.tenant AND l.webhook_id = p.id AND l.lane = p.lane
    RETURNING l.webhook_id, l.lane, p.url, p.sealed_secret`,
    [JSON.stringify(used), now, perWebhookMax, max, claim, until],
  );
}

export interface Head {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly body: string;
  readonly era: number;
  readonly sequence: number;
  readonly attempts: number;
  readonly expiresAt: string;
}

/** Place of a lane that this process has claimed. */
export interface LanePlace {
  readonly webhookId: string;
  readonly lane: string;
  readonly claim: string;
}

/** What is next in a lane; undefined = nothing, or its webhook may not be sent to any more. */
export async function headOf(rows: Rows, place: LanePlace): Promise<Head | undefined> {
  const [head] = await rows.all<Head>(
    `SELECT d.id, d.event_id, d.type, d.body, d.era, d.sequence, d.attempts, d.expires_at
      FROM webhook_deliveries d
      JOIN webhook_lanes l ON l.webhook_id = d.webhook_id AND l.lane = d.lane AND l.claim = $3
      JOIN webhooks w ON w.id = d.webhook_id AND w.enabled
      WHERE d.webhook_id = $1 AND d.lane = $2 AND d.status = 'waiting'
      ORDER BY d.era, d.sequence LIMIT 1`,
    [place.webhookId, place.lane, place.claim],
  );
  return head;
}

/** Gives a lane back, to be taken again from `dueAt` on; one without deliveries goes. */
export async function releaseLane(rows: Rows, place: LanePlace, dueAt: string): Promise<void> {
  const where = "webhook_id = $1 AND lane = $2 AND claim = $3";
  const values: readonly SqlValue[] = [place.webhookId, place.lane, place.claim];
  await rows.all(`DELETE FROM webhook_lanes WHERE ${where} AND waiting <= 0`, values);
  await rows.all(
    `UPDATE webhook_lanes SET claim = NULL, claimed_until = NULL, due_at = $4::timestamptz
      WHERE ${where}`,
    [...values, dueAt],
  );
}

/**
 * Notes a delivery that arrived, and keeps the lane until `until`. `isBack`: the receiver had been
 * away, and its lanes need not wait any more (`wakeLanes`).
 */
export async function noteDelivered(
  rows: Rows,
  place: LanePlace & { readonly id: string },
  posted: Posted,
  at: { readonly now: string; readonly until: string },
): Promise<{ readonly isBack: boolean }> {
  await finish(rows, place, { ...posted, status: "delivered", now: at.now });
  await keep(rows, place, at.until);
  const [before] = await rows.all<{ failures: number }>(
    `UPDATE webhooks w SET failures = 0, failing_since = NULL, paused_until = NULL,
        last_delivered_at = $2::timestamptz
      FROM (SELECT failures FROM webhooks WHERE id = $1 FOR UPDATE) AS old
      WHERE w.id = $1 AND (w.failures > 0 OR w.last_delivered_at IS NULL
        OR w.last_delivered_at < $2::timestamptz - interval '10 seconds')
      RETURNING old.failures`,
    [place.webhookId, at.now],
  );
  return { isBack: (before?.failures ?? 0) >= FAILURES_UNTIL_PAUSE };
}

/** All lanes of a webhook are due at once. */
export async function wakeLanes(rows: Rows, webhookId: string, now: string): Promise<void> {
  await rows.all(
    `UPDATE webhook_lanes SET due_at = $2::timestamptz
      WHERE webhook_id = $1 AND due_at > $2::timestamptz`,
    [webhookId, now],
  );
}

export interface FailureTimes {
  readonly now: string;
  readonly until: string;
  /** After how many failures in a row a pause ends when. */
  readonly pausedUntil: (failures: number) => string | null;
  /** A webhook that has failed since before this is disabled. */
  readonly disableIfSince: string;
  readonly disabledReason: string;
}

/** Notes an attempt that failed. `isDead`: the delivery is given up and the lane goes on. */
export async function noteFailed(
  rows: Rows,
  place: LanePlace & { readonly id: string },
  posted: Posted & { readonly isDead: boolean },
  times: FailureTimes,
): Promise<{ readonly isDisabled: boolean }> {
  if (posted.isDead) {
    await finish(rows, place, { ...posted, status: "dead", now: times.now });
  } else {
    await rows.all(
      `UPDATE webhook_deliveries SET attempts = attempts + 1, response_status = $3, response = $4,
          error = $5, last_attempt_at = $6::timestamptz
        WHERE webhook_id = $1 AND id = $2 AND status = 'waiting'`,
      [place.webhookId, place.id, posted.responseStatus, posted.response, posted.error, times.now],
    );
  }
  await keep(rows, place, times.until);
  const [webhook] = await rows.all<{ failures: number; enabled: boolean }>(
    `UPDATE webhooks SET failures = failures + 1, last_error = $3,
        failing_since = coalesce(failing_since, $2::timestamptz),
        enabled = enabled AND (failing_since IS NULL OR failing_since > $4::timestamptz),
        disabled_at = CASE WHEN enabled AND failing_since <= $4::timestamptz
          THEN $2::timestamptz ELSE disabled_at END,
        disabled_reason = CASE WHEN enabled AND failing_since <= $4::timestamptz
          THEN $5 ELSE disabled_reason END
      WHERE id = $1 RETURNING failures, enabled`,
    [place.webhookId, times.now, posted.error, times.disableIfSince, times.disabledReason],
  );
  const pausedUntil = times.pausedUntil(webhook?.failures ?? 0);
  if (pausedUntil !== null) {
    await rows.all("UPDATE webhooks SET paused_until = $2::timestamptz WHERE id = $1", [
      place.webhookId,
      pausedUntil,
    ]);
  }
  return { isDisabled: webhook?.enabled === false };
}

/** The lane's count follows the delivery, and only when it was still waiting. */
async function finish(
  rows: Rows,
  { webhookId, id }: LanePlace & { readonly id: string },
  end: Posted & { readonly status: "delivered" | "dead"; readonly now: string },
): Promise<void> {
  await rows.all(
    `WITH ended AS (
      UPDATE webhook_deliveries SET status = $3, attempts = attempts + 1, response_status = $4,
        response = $5, error = $6, last_attempt_at = $7::timestamptz, finished_at = $7::timestamptz
      WHERE webhook_id = $1 AND id = $2 AND status = 'waiting'
      RETURNING webhook_id, lane
    )
    UPDATE webhook_lanes l SET waiting = l.waiting - 1 FROM ended e
      WHERE l.webhook_id = e.webhook_id AND l.lane = e.lane`,
    [webhookId, id, end.status, end.responseStatus, end.response, end.error, end.now],
  );
}

async function keep(rows: Rows, place: LanePlace, until: string): Promise<void> {
  await rows.all(
    `UPDATE webhook_lanes SET claimed_until = $4::timestamptz
      WHERE webhook_id = $1 AND lane = $2 AND claim = $3`,
    [place.webhookId, place.lane, place.claim, until],
  );
}
