/** SQL of the resource `webhooks`. */
import { defaultTenant } from "#schemas/address.ts";
import type { ListQuery } from "#schemas/rest/shape.ts";
import type { Webhook } from "#schemas/rest/webhook.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows, Tenants } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant, shownInstantOrNull } from "../shown_instant.ts";

/** Each costs slots and rows; more than this is a mistake. */
export const WEBHOOKS_MAX = 100;

export interface WebhookFields {
  readonly id: string;
  readonly url: string;
  readonly kinds: readonly string[];
  readonly stations: readonly string[] | null;
  readonly enabled: boolean;
}

interface WebhookRow extends WebhookFields {
  readonly failures: number;
  readonly failingSince: string | null;
  readonly pausedUntil: string | null;
  readonly lastError: string | null;
  readonly lastDeliveredAt: string | null;
  readonly disabledAt: string | null;
  readonly disabledReason: string | null;
  readonly createdAt: string;
  readonly waiting: number;
}

const columns = `id, url, kinds, stations, enabled, failures, failing_since, paused_until,
  last_error, last_delivered_at, disabled_at, disabled_reason, created_at,
  (SELECT coalesce(sum(waiting), 0)::float8 FROM webhook_lanes l
    WHERE l.tenant = w.tenant AND l.webhook_id = w.id) AS waiting`;

/** Tenants that may have something to send. */
export async function tenantsWithWebhooks(tenants: Tenants): Promise<readonly string[]> {
  const rows = await tenants.run(
    defaultTenant,
    (statements) => statements.all<{ tenant: string }>("SELECT webhook_tenants() AS tenant"),
  );
  return rows.map(({ tenant }) => tenant);
}

export async function findWebhook(rows: Rows, id: string): Promise<Webhook | undefined> {
  const [row] = await rows.all<WebhookRow>(`SELECT ${columns} FROM webhooks w WHERE id = $1`, [id]);
  return row === undefined ? undefined : toWebhook(row);
}

/** Locked for a change. */
export async function lockWebhook(
  rows: Rows,
  id: string,
): Promise<{ readonly webhook: Webhook; readonly sealedSecret: string } | undefined> {
  const [locked] = await rows.all<{ sealedSecret: string }>(
    "SELECT sealed_secret FROM webhooks WHERE id = $1 FOR UPDATE",
    [id],
  );
  const webhook = await findWebhook(rows, id);
  if (locked === undefined || webhook === undefined) return undefined;
  return { webhook, sealedSecret: locked.sealedSecret };
}

export function listWebhooks(rows: Rows, query: ListQuery): Promise<Page<Webhook>> {
  return pageOf(rows, query, {
    select: columns,
    from: "webhooks w",
    where: new Conditions(),
    order: [{ name: "created_at", type: "timestamptz" }, { name: "id", type: "text" }],
  }, toWebhook);
}

export async function countWebhooks(rows: Rows): Promise<number> {
  const [row] = await rows.all<{ count: number }>("SELECT count(*)::int AS count FROM webhooks");
  return row?.count ?? 0;
}

/** False when the id is taken. */
export async function insertWebhook(
  rows: Rows,
  webhook: WebhookFields & { readonly sealedSecret: string; readonly createdAt: string },
  tenant: string,
): Promise<boolean> {
  const { id, url, kinds, stations, enabled, sealedSecret, createdAt } = webhook;
  const inserted = await rows.all(
    `INSERT INTO webhooks (tenant, id, url, kinds, stations, enabled, sealed_secret, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz)
      ON CONFLICT (tenant, id) DO NOTHING RETURNING 1`,
    [
      tenant,
      id,
      url,
      [...kinds],
      stations === null ? null : [...stations],
      enabled,
      sealedSecret,
      createdAt,
    ],
  );
  return inserted.length > 0;
}

/**
 * What the operator sets. One that is enabled again, or sent elsewhere, starts anew: no failures,
 * no pause, and everything that waits is due.
 */
export async function updateWebhook(
  rows: Rows,
  webhook: WebhookFields & { readonly sealedSecret: string },
  change: { readonly now: string; readonly startsAnew: boolean },
): Promise<void> {
  const { id, url, kinds, stations, enabled, sealedSecret } = webhook;
  await rows.all(
    `UPDATE webhooks SET url = $2, kinds = $3, stations = $4, enabled = $5, sealed_secret = $6
      WHERE id = $1`,
    [id, url, [...kinds], stations === null ? null : [...stations], enabled, sealedSecret],
  );
  if (!change.startsAnew) return;
  await rows.all(
    `UPDATE webhooks SET failures = 0, failing_since = NULL, paused_until = NULL,
        disabled_at = NULL, disabled_reason = NULL WHERE id = $1`,
    [id],
  );
  await rows.all(
    "UPDATE webhook_lanes SET due_at = $2::timestamptz WHERE webhook_id = $1 AND due_at > $2",
    [id, change.now],
  );
}

/** False when there was none. What waits is given up; the history goes with its age. */
export async function deleteWebhook(rows: Rows, id: string, now: string): Promise<boolean> {
  const deleted = await rows.all("DELETE FROM webhooks WHERE id = $1 RETURNING 1", [id]);
  if (deleted.length === 0) return false;
  await rows.all("DELETE FROM webhook_lanes WHERE webhook_id = $1", [id]);
  await rows.all("DELETE FROM webhook_replays WHERE webhook_id = $1", [id]);
  await rows.all(
    `UPDATE webhook_deliveries SET status = 'dead', error = 'The webhook was removed',
        finished_at = $2::timestamptz
      WHERE webhook_id = $1 AND status = 'waiting'`,
    [id, now],
  );
  return true;
}

function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    url: row.url,
    kinds: [...row.kinds],
    ...(row.stations === null ? {} : { stations: [...row.stations] }),
    enabled: row.enabled,
    createdAt: shownInstant(row.createdAt),
    failures: row.failures,
    failingSince: shownInstantOrNull(row.failingSince),
    pausedUntil: shownInstantOrNull(row.pausedUntil),
    lastError: row.lastError,
    lastDeliveredAt: shownInstantOrNull(row.lastDeliveredAt),
    disabledAt: shownInstantOrNull(row.disabledAt),
    disabledReason: row.disabledReason,
    waiting: row.waiting,
  };
}
