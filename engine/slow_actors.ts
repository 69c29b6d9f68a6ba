import type { Clock } from "./ports/clock.ts";

/** What is told is of the last one to two minutes. */
const WINDOW_MS = 60_000;
const KEPT_MAX = 10;
/** Usual steps take some 20 µs. */
const SLOW_MS = 1;

export interface SlowActor {
  readonly actor: string;
  /** Its longest step. */
  readonly stepMs: number;
}

/** The actors with the longest steps lately: ten at most, so that no metric gets a label of each. */
export class SlowActors {
  readonly #clock: Clock;
  #current = new Map<string, number>();
  #former = new Map<string, number>();
  #since: number;
  #least = SLOW_MS;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  note(actor: string, stepMs: number): void {
    if (stepMs < this.#least) return;
    this.#turn();
    if (stepMs <= (this.#current.get(actor) ?? 0)) return;
    this.#current.set(actor, stepMs);
    if (this.#current.size <= KEPT_MAX) return;
    const [fastest] = [...this.#current].sort(([, one], [, other]) => one - other);
    if (fastest !== undefined) this.#current.delete(fastest[0]);
    this.#least = Math.min(...this.#current.values());
  }

  /** The slowest first. */
  get slowest(): readonly SlowActor[] {
    this.#turn();
    const all = new Map(this.#former);
    for (const [actor, ms] of this.#current) all.set(actor, Math.max(ms, all.get(actor) ?? 0));
    return [...all].map(([actor, stepMs]) => ({ actor, stepMs }))
      .sort((one, other) => other.stepMs - one.stepMs).slice(0, KEPT_MAX);
  }

  #turn(): void {
    const passedMs = this.#clock.monotonic() - this.#since;
    if (passedMs < WINDOW_MS) return;
    this.#former = passedMs < 2 * WINDOW_MS ? this.#current : new Map();
    this.#current = new Map();
    this.#least = SLOW_MS;
    this.#since += Math.floor(passedMs / WINDOW_MS) * WINDOW_MS;
  }
}
