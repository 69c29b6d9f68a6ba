import type { Clock } from "./ports/clock.ts";
import type { AlarmRow } from "./ports/store.ts";

/**
 * After a long absence thousands may be overdue: this many ring per slice, so that others are
 * served too.
 */
const RINGS_PER_SLICE = 50;
const SLICE_MS = 50;

/**
 * The armed alarms of a worker, in memory as they are in table `alarms`. One timer for all. An
 * alarm rings once per generation; it stays until its ring is committed, so that a lost ring comes
 * again.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #ring: (alarm: AlarmRow) => void;
  readonly #armed = new Map<string, AlarmRow>();
  readonly #heap: AlarmRow[] = [];
  #cancel: () => void = () => {};
  #wakeAt = Infinity;

  constructor(clock: Clock, ring: (alarm: AlarmRow) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  get size(): number {
    return this.#armed.size;
  }

  arm(alarm: AlarmRow): void {
    this.#armed.set(keyOf(alarm.actor, alarm.name), alarm);
    this.#push(alarm);
    this.#schedule();
  }

  disarm(actor: string, name: string): void {
    this.#armed.delete(keyOf(actor, name));
  }

  /** Whether this ring still counts: not disarmed, and not armed again since. */
  isCurrent(actor: string, name: string, generation: number): boolean {
    return this.#armed.get(keyOf(actor, name))?.generation === generation;
  }

  /** A ring that could not be worked out comes again after `delayMs`. */
  ringAgain(actor: string, name: string, delayMs: number): void {
    const alarm = this.#armed.get(keyOf(actor, name));
    if (alarm === undefined) return;
    this.#clock.schedule(delayMs, () => {
      if (this.#armed.get(keyOf(actor, name)) === alarm) this.#ring(alarm);
    });
  }

  stop(): void {
    this.#cancel();
    this.#armed.clear();
    this.#heap.length = 0;
  }

  #schedule(): void {
    const next = this.#heap[0];
    if (next === undefined || next.due >= this.#wakeAt) return;
    this.#wakeIn(Math.max(0, next.due - this.#clock.now()), next.due);
  }

  #wakeIn(delayMs: number, wakeAt: number): void {
    this.#cancel();
    this.#wakeAt = wakeAt;
    this.#cancel = this.#clock.schedule(delayMs, () => {
      this.#wakeAt = Infinity;
      this.#ringDue();
    });
  }

  #ringDue(): void {
    const now = this.#clock.now();
    for (let rung = 0; rung < RINGS_PER_SLICE;) {
      const next = this.#heap[0];
      if (next === undefined || next.due > now) break;
      this.#pop();
      if (this.#armed.get(keyOf(next.actor, next.name)) !== next) continue;
      this.#ring(next);
      rung++;
    }
    const next = this.#heap[0];
    if (next === undefined) return;
    if (next.due <= now) this.#wakeIn(SLICE_MS, now + SLICE_MS);
    else this.#schedule();
  }

  #push(alarm: AlarmRow): void {
    const heap = this.#heap;
    let index = heap.push(alarm) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as AlarmRow;
      if (above.due <= alarm.due) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = alarm;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && right.due < left.due) child++;
      const smallest = heap[child] as AlarmRow;
      if (smallest.due >= last.due) break;
      heap[index] = smallest;
      index = child;
    }
    heap[index] = last;
  }
}

function keyOf(actor: string, name: string): string {
  return `${actor}\n${name}`;
}
