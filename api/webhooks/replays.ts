/** Facts of the past, sent again to one webhook: read from the stream block by block. */
import type { Clock } from "#engine/ports/clock.ts";
import type { FactHistory } from "#engine/ports/durable_facts.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { formatInstant } from "#schemas/instant.ts";
import type { WebhookReplay } from "#schemas/rest/webhook.ts";
import type { Rows, Tenants } from "../ports/rows.ts";
import { shownInstant } from "../shown_instant.ts";
import { DELIVERY_AGE_MS_MAX, takeReplayed } from "./delivery_intake.ts";
import { eventRecord } from "./event_body.ts";
import { tenantsWithWebhooks } from "./webhook_rows.ts";

const BLOCK_FACTS = 500;
/** More than this waits for the webhook: the replay goes on when it has shrunk. */
const WAITING_MAX = 5_000;
const POLL_MS = 1_000;
/** A block takes far less; another process takes over one that was killed after this. */
const CLAIM_MS = 30_000;

interface ReplayRow {
  readonly id: string;
  readonly webhookId: string;
  readonly position: number;
  readonly until: number;
  readonly status: WebhookReplay["status"];
  readonly error: string | null;
  readonly taken: number;
  readonly createdAt: string;
}

const columns = "id, webhook_id, position, until, status, error, taken, created_at";

export interface NewReplay {
  readonly tenant: string;
  readonly id: string;
  readonly webhookId: string;
  readonly position: number;
  readonly until: number;
  readonly now: string;
}

/** The same again when its id is known: the request was repeated. */
export async function insertReplay(rows: Rows, replay: NewReplay): Promise<WebhookReplay> {
  await rows.all(
    `INSERT INTO webhook_replays (tenant, id, webhook_id, position, until, status, due_at,
        created_at)
      VALUES ($1, $2, $3, $4, $5, 'running', $6::timestamptz, $6) ON CONFLICT DO NOTHING`,
    [replay.tenant, replay.id, replay.webhookId, replay.position, replay.until, replay.now],
  );
  const found = await findReplay(rows, replay.webhookId, replay.id);
  if (found === undefined) throw new Error("Cannot begin the replay: no row came back");
  return found;
}

export async function findReplay(
  rows: Rows,
  webhookId: string,
  id: string,
): Promise<WebhookReplay | undefined> {
  const [row] = await rows.all<ReplayRow>(
    `SELECT ${columns} FROM webhook_replays WHERE webhook_id = $1 AND id = $2`,
    [webhookId, id],
  );
  return row === undefined ? undefined : { ...row, createdAt: shownInstant(row.createdAt) };
}

export async function countRunning(rows: Rows, webhookId: string): Promise<number> {
  const [row] = await rows.all<{ count: number }>(
    `SELECT count(*)::int AS count FROM webhook_replays
      WHERE webhook_id = $1 AND status = 'running'`,
    [webhookId],
  );
  return row?.count ?? 0;
}

export interface ReplayParts {
  readonly tenants: Tenants;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly history: FactHistory;
  readonly onNews: () => void;
}

export class ReplayRunner {
  readonly #parts: ReplayParts;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #cancelPoll = (): void => {};

  constructor(parts: ReplayParts) {
    this.#parts = parts;
    this.#poll();
  }

  /** There may be a replay to work on. */
  hint(): void {
    if (this.#isStopped) return;
    this.#running ??= this.#pass().catch((error) => {
      this.#parts.telemetry.log("warn", "replays for webhooks cannot go on now", { error });
    }).finally(() => this.#running = undefined);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelPoll();
    await this.#running;
  }

  #poll(): void {
    this.#cancelPoll = this.#parts.clock.schedule(POLL_MS, () => {
      this.hint();
      this.#poll();
    });
  }

  async #pass(): Promise<void> {
    const { tenants, onNews } = this.#parts;
    for (const tenant of await tenantsWithWebhooks(tenants)) {
      for (let next = await this.#claim(tenant); next !== undefined && !this.#isStopped;) {
        // deno-lint-ignore no-await-in-loop -- one block after the other.
        await this.#block(tenant, next);
        onNews();
        // deno-lint-ignore no-await-in-loop -- one block after the other.
        next = await this.#claim(tenant);
      }
    }
  }

  async #claim(tenant: string): Promise<ReplayRow | undefined> {
    const now = this.#parts.clock.now();
    const [row] = await this.#parts.tenants.run(tenant, (rows) =>
      rows.all<ReplayRow>(
        `UPDATE webhook_replays SET due_at = $2::timestamptz WHERE id = (
            SELECT r.id FROM webhook_replays r
            JOIN webhooks w ON w.tenant = r.tenant AND w.id = r.webhook_id AND w.enabled
            WHERE r.status = 'running' AND r.due_at <= $1::timestamptz
              AND ${WAITING_MAX} > (SELECT coalesce(sum(waiting), 0) FROM webhook_lanes l
                WHERE l.tenant = r.tenant AND l.webhook_id = r.webhook_id)
            ORDER BY r.due_at LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
          RETURNING ${columns}`,
        [formatInstant(now), formatInstant(now + CLAIM_MS)],
      ));
    return row;
  }

  /** Deliveries and position in one transaction: a crash repeats nothing and leaves nothing out. */
  async #block(tenant: string, replay: ReplayRow): Promise<void> {
    const { tenants, clock, history } = this.#parts;
    const { id, webhookId, position, until } = replay;
    const page = await history.read(position, Math.min(BLOCK_FACTS, until - position));
    const records = (page?.facts ?? []).filter((fact) => fact.tenant === tenant).map(eventRecord);
    const upTo = Math.min(until, page?.upTo ?? position);
    const status = page === undefined ? "failed" : upTo >= until ? "done" : "running";
    const error = page === undefined ? "What it was about to read has left the stream" : null;
    const now = clock.now();
    const expiresAt = formatInstant(now + DELIVERY_AGE_MS_MAX);
    const taking = { tenant, now: formatInstant(now), expiresAt };
    await tenants.run(tenant, async (rows) => {
      const moved = await rows.all(
        `UPDATE webhook_replays SET position = $3, status = $4, error = $5, due_at = $6::timestamptz
          WHERE id = $1 AND position = $2 AND status = 'running' RETURNING 1`,
        [id, position, upTo, status, error, taking.now],
      );
      if (moved.length === 0 || records.length === 0) return;
      const taken = await takeReplayed(rows, taking, { id, webhookId }, records);
      await rows.all("UPDATE webhook_replays SET taken = taken + $2 WHERE id = $1", [id, taken]);
    });
  }
}
