/** What keeps the tables of webhooks bounded. */
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { formatInstant } from "#schemas/instant.ts";
import type { Tenants } from "../ports/rows.ts";
import { tenantsWithWebhooks } from "./webhook_rows.ts";

const PERIOD_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
/**
 * Longer than the stream keeps facts: when it is read from its beginning again, what was delivered
 * is still known.
 */
const KEPT_DAYS = 8;
const DEAD_KEPT_DAYS = 30;
/** Rows of one statement. */
const PURGE_ROWS = 5_000;
/** Deliveries that may wait for one webhook. */
const WAITING_MAX = 100_000;

export interface UpkeepParts {
  readonly tenants: Tenants;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class WebhookUpkeep {
  readonly #parts: UpkeepParts;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #cancel = (): void => {};
  #waiting = 0;
  #failing = 0;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
    const { telemetry } = parts;
    telemetry.watch(
      "statewatt_webhook_deliveries_waiting",
      "Deliveries that wait to be sent, a minute ago at most",
      () => this.#waiting,
    );
    telemetry.watch(
      "statewatt_webhooks_failing",
      "Webhooks that nothing has arrived at lately, and those disabled for it",
      () => this.#failing,
    );
    this.#arm();
  }

  /** One round now. */
  run(): Promise<void> {
    this.#running ??= this.#pass().catch((error) => {
      this.#parts.telemetry.log("warn", "webhooks were not tidied up", { error });
    }).finally(() => this.#running = undefined);
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  #arm(): void {
    this.#cancel = this.#parts.clock.schedule(PERIOD_MS, () => {
      void this.run();
      this.#arm();
    });
  }

  async #pass(): Promise<void> {
    let [waiting, failing] = [0, 0];
    for (const tenant of await tenantsWithWebhooks(this.#parts.tenants)) {
      // deno-lint-ignore no-await-in-loop -- one tenant after the other.
      await this.#purge(tenant);
      // deno-lint-ignore no-await-in-loop -- one tenant after the other.
      await this.#disableOverfull(tenant);
      // deno-lint-ignore no-await-in-loop -- one tenant after the other.
      const counted = await this.#count(tenant);
      waiting += counted.waiting;
      failing += counted.failing;
    }
    [this.#waiting, this.#failing] = [waiting, failing];
  }

  async #purge(tenant: string): Promise<void> {
    const now = this.#parts.clock.now();
    const values = [
      formatInstant(now - KEPT_DAYS * DAY_MS),
      formatInstant(now - DEAD_KEPT_DAYS * DAY_MS),
    ];
    for (let purged = PURGE_ROWS; purged === PURGE_ROWS && !this.#isStopped;) {
      // deno-lint-ignore no-await-in-loop -- small statements, one after the other.
      const rows = await this.#parts.tenants.run(tenant, (statements) =>
        statements.all(
          `DELETE FROM webhook_deliveries WHERE (tenant, webhook_id, id) IN (
              SELECT tenant, webhook_id, id FROM webhook_deliveries
              WHERE status <> 'waiting' AND finished_at < $1::timestamptz
                AND (status = 'delivered' OR finished_at < $2::timestamptz)
              LIMIT ${PURGE_ROWS})
            RETURNING 1`,
          values,
        ));
      purged = rows.length;
    }
    await this.#parts.tenants.run(
      tenant,
      (statements) =>
        statements.all(
          `DELETE FROM webhook_replays WHERE status <> 'running' AND created_at < $1::timestamptz`,
          [values[0] ?? ""],
        ),
    );
  }

  async #disableOverfull(tenant: string): Promise<void> {
    const { tenants, clock, telemetry } = this.#parts;
    const disabled = await tenants.run(tenant, (statements) =>
      statements.all<{ id: string }>(
        `UPDATE webhooks w SET enabled = false, disabled_at = $1::timestamptz,
            disabled_reason = 'More than ${WAITING_MAX} deliveries were waiting'
          WHERE enabled AND ${WAITING_MAX} < (SELECT sum(waiting) FROM webhook_lanes l
            WHERE l.tenant = w.tenant AND l.webhook_id = w.id)
          RETURNING id`,
        [formatInstant(clock.now())],
      ));
    for (const { id } of disabled) {
      telemetry.log("warn", "a webhook is disabled: too much waits", { tenant, webhook: id });
    }
  }

  async #count(tenant: string): Promise<{ readonly waiting: number; readonly failing: number }> {
    const [counted] = await this.#parts.tenants.run(
      tenant,
      (statements) =>
        statements.all<{ waiting: number; failing: number }>(
          `SELECT (SELECT coalesce(sum(waiting), 0)::float8 FROM webhook_lanes) AS waiting,
          (SELECT count(*)::int FROM webhooks
            WHERE failures >= 5 OR disabled_reason IS NOT NULL) AS failing`,
        ),
    );
    return counted ?? { waiting: 0, failing: 0 };
  }
}
