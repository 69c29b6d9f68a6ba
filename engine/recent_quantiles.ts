import type { Clock } from "./ports/clock.ts";

/** An answer is of the last 30 to 60 s: a histogram since the start would hide a bad minute. */
const WINDOW_MS = 30_000;

/** Shares of what was observed lately, by the upper bounds of a histogram's buckets. */
export class RecentQuantiles {
  readonly #clock: Clock;
  readonly #bounds: readonly number[];
  #current: Float64Array;
  #former: Float64Array;
  #since: number;
  /** Observations since the start. */
  total = 0;

  constructor(bounds: readonly number[], clock: Clock) {
    this.#bounds = bounds;
    this.#clock = clock;
    this.#current = new Float64Array(bounds.length + 1);
    this.#former = new Float64Array(bounds.length + 1);
    this.#since = clock.monotonic();
  }

  add(value: number): void {
    this.#turn();
    this.total++;
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (this.#bounds[middle] ?? Infinity)) high = middle;
      else low = middle + 1;
    }
    this.#current[low] = (this.#current[low] ?? 0) + 1;
  }

  /**
   * The value below which this share (0 to 1) of the observations lies, evenly spread inside its
   * bucket; undefined when there was none. Beyond the last bound it is that bound.
   */
  at(share: number): number | undefined {
    this.#turn();
    const counts = this.#current.map((count, index) => count + (this.#former[index] ?? 0));
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return undefined;
    let left = share * total;
    for (const [index, count] of counts.entries()) {
      if (left > count || count === 0) {
        left -= count;
        continue;
      }
      const lower = index === 0 ? 0 : this.#bounds[index - 1] ?? 0;
      const upper = this.#bounds[index] ?? lower;
      return lower + (upper - lower) * (left / count);
    }
    return this.#bounds.at(-1);
  }

  #turn(): void {
    const passedMs = this.#clock.monotonic() - this.#since;
    if (passedMs < WINDOW_MS) return;
    this.#former = passedMs < 2 * WINDOW_MS
      ? this.#current
      : new Float64Array(this.#bounds.length + 1);
    this.#current = new Float64Array(this.#bounds.length + 1);
    this.#since += Math.floor(passedMs / WINDOW_MS) * WINDOW_MS;
  }
}
