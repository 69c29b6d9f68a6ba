import type { Clock, Instant } from "../ports/clock.ts";

interface Alarm {
  readonly due: number;
  readonly order: number;
  /** Undefined once it rang or was cancelled. */
  wake: (() => void) | undefined;
}

/** 2026-01-01T00:00:00Z: far from zero, so that a forgotten unit shows. */
const START_DEFAULT: Instant = 1_767_225_600_000;

/**
 * Virtual time: it moves only by `advance` and `advanceTo`, which ring every alarm due by then in
 * order of due time, then of arming. The wall clock may be set apart from the monotonic one by
 * `jumpWall`.
 */
export class SimClock implements Clock {
  #monotonic = 0;
  #wallOffset: number;
  #order = 0;
  /** Binary heap by (due, order). Cancelled alarms stay until they reach the top. */
  readonly #heap: Alarm[] = [];
  #pending = 0;

  constructor(startsAt: Instant = START_DEFAULT) {
    this.#wallOffset = startsAt;
  }

  now(): Instant {
    return this.#wallOffset + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Alarms that are armed. */
  get pending(): number {
    return this.#pending;
  }

  /** Milliseconds until the next alarm rings, or undefined when none is armed. */
  get nextInMs(): number | undefined {
    const next = this.#peek();
    return next === undefined ? undefined : Math.max(0, next.due - this.#monotonic);
  }

  schedule(delayMs: number, wake: () => void): () => void {
    if (Number.isNaN(delayMs)) throw new RangeError("Cannot schedule an alarm: its delay is NaN");
    const due = this.#monotonic + Math.max(0, delayMs);
    const alarm: Alarm = { due, order: this.#order++, wake };
    this.#push(alarm);
    this.#pending++;
    return () => {
      if (alarm.wake !== undefined) this.#pending--;
      alarm.wake = undefined;
    };
  }

  /** Moves on by `ms`, ringing what is due on the way. */
  advance(ms: number): void {
    this.#advanceMonotonic(this.#monotonic + ms);
  }

  /** Moves to the wall-clock time `target`, ringing what is due on the way. */
  advanceTo(target: Instant): void {
    this.#advanceMonotonic(target - this.#wallOffset);
  }

  /** Moves on to the next alarm and rings it. False when none is armed. */
  ringNext(): boolean {
    const next = this.#peek();
    if (next === undefined) return false;
    this.#ring(next);
    return true;
  }

  /** Sets the wall clock forward or back; alarms and monotonic time do not notice. */
  jumpWall(ms: number): void {
    this.#wallOffset += ms;
  }

  #advanceMonotonic(target: number): void {
    if (target < this.#monotonic) {
      throw new RangeError(`Cannot advance the clock: ${target} is before ${this.#monotonic}`);
    }
    for (let next = this.#peek(); next !== undefined && next.due <= target; next = this.#peek()) {
      this.#ring(next);
    }
    this.#monotonic = target;
  }

  #ring(alarm: Alarm): void {
    this.#pop();
    this.#monotonic = Math.max(this.#monotonic, alarm.due);
    const { wake } = alarm;
    alarm.wake = undefined;
    this.#pending--;
    wake?.();
  }

  #peek(): Alarm | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.wake !== undefined) return top;
      this.#pop();
    }
    return undefined;
  }

  #push(alarm: Alarm): void {
    const heap = this.#heap;
    let index = heap.push(alarm) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent], alarm)) break;
      [heap[index], heap[parent]] = [heap[parent] ?? alarm, alarm];
      index = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (isBefore(heap[child + 1], heap[child])) child++;
      const smaller = heap[child];
      if (smaller === undefined || !isBefore(smaller, last)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Alarm | undefined, other: Alarm | undefined): boolean {
  if (one === undefined) return false;
  if (other === undefined) return true;
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
