import type { Membership } from "./leases.ts";
import type { Clock } from "./ports/clock.ts";

/** Silence of the store that is worth telling the others. */
const TOLD_MS = 4_000;
/** Below the 20 s after which gateways would close their sockets if all workers heard nothing. */
const LEAVE_MS = 8_000;

/**
 * Whether this worker alone does not reach the store: it answers nobody then, and others could.
 * When the store is away for all, leaving would help nobody.
 */
export class CutOff {
  readonly #membership: Membership;
  readonly #clock: Clock;
  #answeredAt: number;

  constructor(membership: Membership, clock: Clock) {
    this.#membership = membership;
    this.#clock = clock;
    this.#answeredAt = clock.monotonic();
  }

  /** The store has answered. */
  noteAnswer(): void {
    this.#answeredAt = this.#clock.monotonic();
    this.#membership.isCutOff = false;
  }

  /** The store has not; returns whether the shards are better with others. */
  noteSilence(): boolean {
    const silentMs = this.#clock.monotonic() - this.#answeredAt;
    this.#membership.isCutOff = silentMs >= TOLD_MS;
    return silentMs >= LEAVE_MS &&
      this.#membership.members("worker").some(({ isCutOff, isDraining }) =>
        isCutOff !== true && isDraining !== true
      );
  }
}
