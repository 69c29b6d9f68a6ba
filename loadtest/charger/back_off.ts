import type { Random } from "#engine/ports/random.ts";

export interface BackOffLimits {
  /** First wait (OCPP RetryBackOffWaitMinimum). */
  readonly minimumMs: number;
  /** How often the wait doubles (RetryBackOffRepeatTimes). */
  readonly doublings: number;
  /** Up to this is added by chance (RetryBackOffRandomRange). */
  readonly randomMs: number;
}

/** Waits between attempts to reconnect (OCPP 2.0.1 Part 4, 5.3). */
export class BackOff {
  readonly #limits: BackOffLimits;
  readonly #random: Random;
  #failures = 0;

  constructor(limits: BackOffLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** The next wait in ms. */
  next(): number {
    const { minimumMs, doublings, randomMs } = this.#limits;
    const waited = minimumMs * 2 ** Math.min(this.#failures, doublings);
    this.#failures++;
    return waited + randomMs * this.#random.fraction();
  }

  reset(): void {
    this.#failures = 0;
  }
}
