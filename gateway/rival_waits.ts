import type { Clock } from "#engine/ports/clock.ts";
import type { GatewayLimits } from "./limits.ts";

/**
 * Devices that were told to wait because another has their identity. Who does not wait is answered
 * from here: a pair that fights costs its actor next to nothing. Bounded; oldest first.
 */
export class RivalWaits {
  readonly #clock: Clock;
  readonly #limits: GatewayLimits;
  readonly #waits = new Map<string, { readonly until: number; readonly askAgainAt: number }>();

  constructor(clock: Clock, limits: GatewayLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The other device may be gone by then: its actor is asked again after a short while. */
  note(identity: string, remoteAddress: string, waitSeconds: number): void {
    const now = this.#clock.monotonic();
    const until = now + 1_000 * waitSeconds;
    const askAgainAt = Math.min(until, now + this.#limits.rivalAskMs);
    const key = keyOf(identity, remoteAddress);
    this.#waits.delete(key);
    this.#waits.set(key, { until, askAgainAt });
    for (const [oldest] of this.#waits) {
      if (this.#waits.size <= this.#limits.rememberedMax) return;
      this.#waits.delete(oldest);
    }
  }

  /** How long this device still has to wait, in whole seconds; 0 = it may ask. */
  secondsOf(identity: string, remoteAddress: string): number {
    if (this.#waits.size === 0) return 0;
    const key = keyOf(identity, remoteAddress);
    const wait = this.#waits.get(key);
    if (wait === undefined) return 0;
    const now = this.#clock.monotonic();
    if (now < wait.askAgainAt) return Math.ceil((wait.until - now) / 1_000);
    this.#waits.delete(key);
    return 0;
  }

  get size(): number {
    return this.#waits.size;
  }
}

function keyOf(identity: string, remoteAddress: string): string {
  return `${identity}\n${remoteAddress}`;
}
