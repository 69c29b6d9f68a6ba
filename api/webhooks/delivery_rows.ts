/** SQL of what became of deliveries, for the operator. */
import type { DeliveryQuery, WebhookDelivery } from "#schemas/rest/webhook.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant, shownInstantOrNull } from "../shown_instant.ts";
import type { Posted } from "./post_event.ts";

interface DeliveryRow {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly stationId: string;
  readonly status: WebhookDelivery["status"];
  readonly attempts: number;
  readonly responseStatus: number | null;
  readonly response: string | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly lastAttemptAt: string | null;
  readonly body: string;
}

const columns = `d.id, d.event_id, d.type, d.station_id, d.status, d.attempts, d.response_status,
  d.response, d.error, d.created_at, d.last_attempt_at, d.body`;

export async function findDelivery(
  rows: Rows,
  webhookId: string,
  id: string,
): Promise<WebhookDelivery | undefined> {
  const [row] = await rows.all<DeliveryRow>(
    `SELECT ${columns} FROM webhook_deliveries d WHERE webhook_id = $1 AND id = $2`,
    [webhookId, id],
  );
  return row === undefined ? undefined : toDelivery(row);
}

export function listDeliveries(
  rows: Rows,
  webhookId: string,
  query: DeliveryQuery,
): Promise<Page<WebhookDelivery>> {
  // Those of an earlier webhook of the same id are not its own.
  const where = new Conditions().add("d.webhook_id = ?", webhookId)
    .add("d.created_at >= w.created_at")
    .addIf(query.status, "d.status = ?");
  return pageOf(rows, query, {
    select: columns,
    from: "webhook_deliveries d JOIN webhooks w ON w.tenant = d.tenant AND w.id = d.webhook_id",
    where,
    order: [{ name: "d.created_at", type: "timestamptz" }, { name: "d.id", type: "text" }],
  }, toDelivery);
}

/** A dead delivery waits again, in a lane of its own. False when it was not dead. */
export async function retryDelivery(
  rows: Rows,
  place: { readonly tenant: string; readonly webhookId: string; readonly id: string },
  at: { readonly now: string; readonly expiresAt: string },
): Promise<boolean> {
  const { tenant, webhookId, id } = place;
  const lane = `retry/${id}`;
  const changed = await rows.all(
    `UPDATE webhook_deliveries SET status = 'waiting', lane = $3, era = 0, finished_at = NULL,
        expires_at = $4::timestamptz
      WHERE webhook_id = $1 AND id = $2 AND status = 'dead' RETURNING 1`,
    [webhookId, id, lane, at.expiresAt],
  );
  if (changed.length === 0) return false;
  await rows.all(
    `INSERT INTO webhook_lanes AS l (tenant, webhook_id, lane, waiting, due_at)
      VALUES ($1, $2, $3, 1, $4::timestamptz)
      ON CONFLICT (tenant, webhook_id, lane)
      DO UPDATE SET waiting = l.waiting + 1, due_at = excluded.due_at`,
    [tenant, webhookId, lane, at.now],
  );
  return true;
}

export interface TestDelivery {
  readonly tenant: string;
  readonly webhookId: string;
  readonly id: string;
  readonly body: string;
  readonly posted: Posted;
  readonly now: string;
}

/** Notes a test that was sent: it is never tried again. */
export async function insertTest(rows: Rows, test: TestDelivery): Promise<WebhookDelivery> {
  const { tenant, webhookId, id, body, posted, now } = test;
  const [row] = await rows.all<DeliveryRow>(
    `INSERT INTO webhook_deliveries AS d (tenant, webhook_id, id, event_id, type, station_id, lane,
        era, sequence, body, status, attempts, response_status, response, error, created_at,
        expires_at, last_attempt_at, finished_at)
      VALUES ($1, $2, $3, $3, 'webhook.test', '', '', 0, 0, $4, $5, 1, $6, $7, $8, $9::timestamptz,
        $9, $9, $9)
      RETURNING ${columns}`,
    [
      ...[tenant, webhookId, id, body, posted.isDelivered ? "delivered" : "dead"],
      ...[posted.responseStatus, posted.response, posted.error, now],
    ],
  );
  if (row === undefined) throw new Error("Cannot note the test: no row came back");
  return toDelivery(row);
}

function toDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    eventId: row.eventId,
    type: row.type,
    stationId: row.stationId,
    status: row.status,
    attempts: row.attempts,
    responseStatus: row.responseStatus,
    response: row.response,
    error: row.error,
    createdAt: shownInstant(row.createdAt),
    lastAttemptAt: shownInstantOrNull(row.lastAttemptAt),
    body: JSON.parse(row.body),
  };
}
