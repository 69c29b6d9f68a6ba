import type { Clock } from "#engine/ports/clock.ts";
import type { GatewayLimits } from "./limits.ts";

/**
 * Whether Postgres is away, as the workers say. Orders may get lost, so one that it is away holds
 * only for a while; without repetition the gateway lets stations in again, and their actors refuse.
 */
export class StoreState {
  readonly #clock: Clock;
  readonly #limits: GatewayLimits;
  #awaySince: number | undefined;
  #until = 0;
  #isToldLost = false;

  constructor(clock: Clock, limits: GatewayLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * `awayMs` as in a `GatewayOrder`: null = it is back. Returns whether it is known to be lost by
   * this order and was not by the one before: time alone makes it lost between two orders.
   */
  told(awayMs: number | null): boolean {
    const now = this.#clock.monotonic();
    const wasToldLost = this.#isToldLost && now < this.#until;
    this.#awaySince = awayMs === null ? undefined : now - awayMs;
    this.#until = now + this.#limits.storeOrderMs;
    this.#isToldLost = this.isLost;
    return this.#isToldLost && !wasToldLost;
  }

  get isAway(): boolean {
    return this.#awaySince !== undefined && this.#clock.monotonic() < this.#until;
  }

  /** Away for so long that stations shall go offline and queue (design rule 1.8). */
  get isLost(): boolean {
    if (this.#awaySince === undefined) return false;
    const now = this.#clock.monotonic();
    return now < this.#until && now - this.#awaySince > this.#limits.storeAwayMs;
  }
}
