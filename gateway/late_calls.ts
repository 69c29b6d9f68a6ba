import type { Clock } from "#engine/ports/clock.ts";
import type { GatewayLimits } from "./limits.ts";

interface LateCall {
  readonly epoch: string;
  readonly until: number;
}

/**
 * CALLs of ours that were given up, also those of sockets that have closed: a result that still
 * comes is told to the actor instead of being lost (protocols A.4). Oldest first, bounded.
 */
export class LateCalls {
  readonly #clock: Clock;
  readonly #limits: GatewayLimits;
  readonly #calls = new Map<string, LateCall>();

  constructor(clock: Clock, limits: GatewayLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  add(identity: string, messageId: string, epoch: string): void {
    const until = this.#clock.monotonic() + this.#limits.lateResultMs;
    this.#calls.set(keyOf(identity, messageId), { epoch, until });
    this.#forget();
  }

  /** The epoch under which the CALL was sent, once. */
  take(identity: string, messageId: string): string | undefined {
    const key = keyOf(identity, messageId);
    const call = this.#calls.get(key);
    if (call === undefined) return undefined;
    this.#calls.delete(key);
    return call.until >= this.#clock.monotonic() ? call.epoch : undefined;
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    for (const [key, call] of this.#calls) {
      if (call.until >= now && this.#calls.size <= this.#limits.lateResultsMax) return;
      this.#calls.delete(key);
    }
  }
}

function keyOf(identity: string, messageId: string): string {
  return `${identity}\n${messageId}`;
}
