import type { Clock } from "#engine/ports/clock.ts";
import type { GatewayLimits } from "./limits.ts";

interface Statement {
  /** Undefined = the store answers this worker. */
  readonly awaySince: number | undefined;
  readonly until: number;
}

/** More workers than that are no cluster of ours. */
const WORKERS_MAX = 1_000;

/**
 * Whether Postgres is away, as the workers say: it is when at least one says so and none says that
 * it answers, for one worker's broken link is not everybody's. Statements may get lost and workers
 * die, so each holds only for a while; without any the gateway lets stations in, and their actors
 * refuse.
 */
export class StoreState {
  readonly #clock: Clock;
  readonly #limits: GatewayLimits;
  /** By worker, the oldest statement first. */
  readonly #statements = new Map<string, Statement>();
  #awaySince: number | undefined;
  /** Until a statement is over, which may change the whole. */
  #judgedUntil = Infinity;
  #toldLostUntil = 0;

  constructor(clock: Clock, limits: GatewayLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * `awayMs` as in a `GatewayOrder`: null = it answers. Returns whether it is known to be lost by
   * this order and was not by the one before: time alone makes it lost between two orders.
   */
  told(worker: string, awayMs: number | null): boolean {
    const { storeOrderMs, storeAnswersMs } = this.#limits;
    const now = this.#clock.monotonic();
    this.#statements.delete(worker);
    this.#statements.set(worker, {
      awaySince: awayMs === null ? undefined : now - awayMs,
      until: now + (awayMs === null ? storeAnswersMs : storeOrderMs),
    });
    this.#judge(now);
    const wasToldLost = now < this.#toldLostUntil;
    const isLost = this.isLost;
    this.#toldLostUntil = isLost ? now + storeOrderMs : 0;
    return isLost && !wasToldLost;
  }

  get isAway(): boolean {
    return this.#since() !== undefined;
  }

  /** Away for so long that stations shall go offline and queue (design rule 1.8). */
  get isLost(): boolean {
    const since = this.#since();
    return since !== undefined && this.#clock.monotonic() - since > this.#limits.storeAwayMs;
  }

  #since(): number | undefined {
    const now = this.#clock.monotonic();
    if (now >= this.#judgedUntil) this.#judge(now);
    return this.#awaySince;
  }

  #judge(now: number): void {
    let awaySince: number | undefined;
    let answers = false;
    this.#judgedUntil = Infinity;
    for (const [worker, { awaySince: since, until }] of this.#statements) {
      if (now >= until || this.#statements.size > WORKERS_MAX) {
        this.#statements.delete(worker);
        continue;
      }
      this.#judgedUntil = Math.min(this.#judgedUntil, until);
      if (since === undefined) answers = true;
      else awaySince = Math.max(awaySince ?? since, since);
    }
    this.#awaySince = answers ? undefined : awaySince;
  }
}
