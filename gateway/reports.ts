import type { Address } from "#schemas/address.ts";
import { errorKinds, toPlatformError } from "#schemas/errors.ts";
import type { Actors, MessageHeader } from "#engine/ports/actors.ts";
import type { Counts } from "./counts.ts";
import type { GatewayLimits } from "./limits.ts";

export interface Report {
  readonly to: Address;
  readonly header: MessageHeader;
  readonly body: string;
}

/** Reports that are sent again in one sweep: a store that comes back is not met by a wall. */
const RETRIES_AT_ONCE = 256;

/**
 * What actors must learn although nobody waits for it (a socket closed, a CALL of ours was
 * answered): told again until the actor has committed it. A cause makes repeats harmless.
 */
export class Reports {
  readonly #actors: Actors;
  readonly #limits: GatewayLimits;
  readonly #counts: Counts;
  #failed: Report[] = [];
  #retryAt = 0;
  #open = 0;

  constructor(actors: Actors, limits: GatewayLimits, counts: Counts) {
    this.#actors = actors;
    this.#limits = limits;
    this.#counts = counts;
  }

  /** Reports on their way or waiting for another try. */
  get pending(): number {
    return this.#open + this.#failed.length;
  }

  async tell(report: Report): Promise<void> {
    this.#open++;
    try {
      await this.#actors.ask(report.to, report.header, report.body, this.#limits.askMs);
    } catch (thrown) {
      this.#keep(report, thrown);
    } finally {
      this.#open--;
    }
  }

  sweep(now: number): void {
    if (this.#failed.length === 0 || now < this.#retryAt || this.#open >= RETRIES_AT_ONCE) return;
    this.#retryAt = now + this.#limits.reportRetryMs;
    for (const report of this.#failed.splice(0, RETRIES_AT_ONCE)) void this.tell(report);
  }

  #keep(report: Report, thrown: unknown): void {
    const { kind, message } = toPlatformError(thrown);
    if (errorKinds[kind].retry === "never") {
      const { type, cause } = report.header;
      this.#counts.log("warn", "an actor refused a report", { type, cause, kind, message });
      return;
    }
    this.#failed.push(report);
    if (this.#failed.length <= this.#limits.reportsMax) return;
    this.#failed.shift();
    this.#counts.lostReports.add();
  }
}
