import type { Clock } from "#engine/ports/clock.ts";

export interface TokenBucketLimits {
  /** Tokens it holds when full. */
  readonly burst: number;
  readonly perSecond: number;
  /** How far it may be overdrawn, so that paying takes a bounded time. Undefined: without bound. */
  readonly debtMax?: number;
}

/**
 * A budget that refills with time. It may be overdrawn: what has arrived has arrived, and the debt
 * is paid by waiting. The clock is read only when the tokens are used up.
 */
export class TokenBucket {
  #tokens: number;
  #filledAt: number;

  constructor(limits: TokenBucketLimits, clock: Clock) {
    this.#tokens = limits.burst;
    this.#filledAt = clock.monotonic();
  }

  /** Takes one token; false when there was none. */
  take(limits: TokenBucketLimits, clock: Clock): boolean {
    if (this.#tokens < 1) this.#refill(limits, clock);
    this.#tokens--;
    const isThere = this.#tokens >= 0;
    if (limits.debtMax !== undefined) this.#tokens = Math.max(this.#tokens, -limits.debtMax);
    return isThere;
  }

  /** Undoes a `take`. */
  giveBack(): void {
    this.#tokens++;
  }

  /** Whether a token is there now. */
  hasToken(limits: TokenBucketLimits, clock: Clock): boolean {
    if (this.#tokens < 1) this.#refill(limits, clock);
    return this.#tokens >= 1;
  }

  #refill(limits: TokenBucketLimits, clock: Clock): void {
    const now = clock.monotonic();
    const gained = (now - this.#filledAt) * limits.perSecond / 1_000;
    this.#tokens = Math.min(limits.burst, this.#tokens + gained);
    this.#filledAt = now;
  }
}
