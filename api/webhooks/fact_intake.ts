/** From the stream of facts to deliveries: a fact is acknowledged when its deliveries are stored. */
import type { Clock } from "#engine/ports/clock.ts";
import type { DeliveredFact, FactOutcome } from "#engine/ports/durable_facts.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { formatInstant } from "#schemas/instant.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { Tenants } from "../ports/rows.ts";
import { DELIVERY_AGE_MS_MAX, takeFacts } from "./delivery_intake.ts";
import { eventRecord } from "./event_body.ts";

/** Facts of one statement. */
const BATCH_MAX = 256;
const RETRY_MS = 1_000;

export interface IntakeParts {
  readonly tenants: Tenants;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** There is something new to send. */
  readonly onNews: () => void;
}

interface Waiting {
  readonly fact: DeliveredFact;
  resolve(outcome: FactOutcome): void;
}

/** Facts that come while a statement runs share the next one. */
export class FactIntake {
  readonly #parts: IntakeParts;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** A handler for `DurableFacts.consume`; never rejects. */
  take(fact: DeliveredFact): Promise<FactOutcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ fact, resolve });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // What came in this turn of the event loop goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      const tenants = new Map<string, Waiting[]>();
      for (const waiting of batch) {
        const ofTenant = tenants.get(waiting.fact.tenant) ?? [];
        ofTenant.push(waiting);
        tenants.set(waiting.fact.tenant, ofTenant);
      }
      for (const [tenant, ofTenant] of tenants) {
        // deno-lint-ignore no-await-in-loop -- one statement at a time gathers the next.
        await this.#store(tenant, ofTenant);
      }
    }
    this.#isRunning = false;
  }

  /** A batch that is refused for what one fact holds is taken apart, down to that fact. */
  async #store(tenant: string, batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#insert(tenant, batch);
      for (const { resolve } of batch) resolve({ done: true });
    } catch (error) {
      const isData = error instanceof PlatformError && error.kind === "malformed";
      if (isData && batch.length > 1) {
        const half = Math.ceil(batch.length / 2);
        await this.#store(tenant, batch.slice(0, half));
        return await this.#store(tenant, batch.slice(half));
      }
      this.#parts.telemetry.log("warn", "facts were not taken for webhooks", { error });
      const outcome = isData
        ? { gaveUp: `the database refuses it: ${error.cause}` }
        : { retryAfterMs: RETRY_MS };
      for (const { resolve } of batch) resolve(outcome);
    }
  }

  async #insert(tenant: string, batch: readonly Waiting[]): Promise<void> {
    const { tenants, clock, onNews } = this.#parts;
    const now = clock.now();
    const expiresAt = formatInstant(now + DELIVERY_AGE_MS_MAX);
    const taking = { tenant, now: formatInstant(now), expiresAt };
    const records = batch.map(({ fact }) => eventRecord(fact));
    const lanes = await tenants.run(tenant, (rows) => takeFacts(rows, taking, records));
    if (lanes > 0) onNews();
  }
}
