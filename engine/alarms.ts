import type { Clock } from "./ports/clock.ts";
import type { AlarmRow } from "./ports/store.ts";

/**
 * After a long absence thousands may be overdue: this many ring per slice, so that others are
 * served too.
 */
const RINGS_PER_SLICE = 50;
const SLICE_MS = 50;
/** A ring that was withheld comes again soon; one that failed, each time later. */
const AGAIN_MS = 5_000;
const AGAIN_MAX_MS = 60 * 60_000;
/** The wall clock may be set meanwhile: due times are looked at again after this. */
const LOOK_MS = 5_000;
/** Alarms that were armed anew or disarmed leave the heap when they are most of it. */
const STALE_MIN = 1_024;

/**
 * The armed alarms of a worker, in memory as they are in table `alarms`. One timer for all. An
 * alarm rings once per generation; it stays until its ring is committed, so that a lost ring comes
 * again.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #ring: (alarm: AlarmRow) => void;
  readonly #armed = new Map<string, AlarmRow>();
  #heap: AlarmRow[] = [];
  /** How often the rings of an alarm failed. */
  readonly #failures = new Map<string, number>();
  #isStopped = false;
  #cancel: () => void = () => {};
  #wakeAt = Infinity;
  /** What is overdue rests until its next slice, whatever is armed meanwhile. */
  #isResting = false;

  constructor(clock: Clock, ring: (alarm: AlarmRow) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  get size(): number {
    return this.#armed.size;
  }

  /** Alarms in the queue, with those that have been armed anew or disarmed since. */
  get queued(): number {
    return this.#heap.length;
  }

  arm(alarm: AlarmRow): void {
    if (this.#isStopped) return;
    const key = keyOf(alarm.actor, alarm.name);
    this.#failures.delete(key);
    this.#armed.set(key, alarm);
    this.#push(alarm);
    if (this.#heap.length > 2 * this.#armed.size + STALE_MIN) this.#compact();
    this.#schedule();
  }

  disarm(actor: string, name: string): void {
    const key = keyOf(actor, name);
    this.#failures.delete(key);
    this.#armed.delete(key);
  }

  /** Forgets the alarms of all other actors: they are another worker's now. */
  keep(isOurs: (actor: string) => boolean): void {
    for (const [key, { actor }] of this.#armed) {
      if (isOurs(actor)) continue;
      this.#armed.delete(key);
      this.#failures.delete(key);
    }
    this.#compact();
  }

  /** Whether this ring still counts: not disarmed, and not armed again since. */
  isCurrent(actor: string, name: string, generation: number): boolean {
    return this.#armed.get(keyOf(actor, name))?.generation === generation;
  }

  /** A ring that could not be worked out comes again, unless it was armed anew meanwhile. */
  ringAgain(alarm: AlarmRow, hasFailed: boolean): void {
    const key = keyOf(alarm.actor, alarm.name);
    if (this.#armed.get(key) !== alarm) return;
    const failures = this.#failures.get(key) ?? 0;
    if (hasFailed) this.#failures.set(key, failures + 1);
    const delayMs = Math.min(AGAIN_MS * 2 ** (hasFailed ? failures : 0), AGAIN_MAX_MS);
    this.#clock.schedule(delayMs, () => {
      if (this.#armed.get(key) === alarm) this.#ring(alarm);
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    this.#armed.clear();
    this.#heap.length = 0;
  }

  #schedule(): void {
    const next = this.#heap[0];
    if (next === undefined || next.due >= this.#wakeAt || this.#isResting) return;
    this.#wakeIn(Math.max(0, next.due - this.#clock.now()), next.due);
  }

  #wakeIn(delayMs: number, wakeAt: number): void {
    this.#cancel();
    this.#wakeAt = wakeAt;
    this.#cancel = this.#clock.schedule(Math.min(delayMs, LOOK_MS), () => {
      this.#wakeAt = Infinity;
      this.#isResting = false;
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
    if (next.due > now) return this.#schedule();
    this.#isResting = true;
    this.#wakeIn(SLICE_MS, now + SLICE_MS);
  }

  /** What has rung and is not committed yet is armed and no longer in the heap: it stays out. */
  #compact(): void {
    const current = this.#heap.filter((alarm) =>
      this.#armed.get(keyOf(alarm.actor, alarm.name)) === alarm
    );
    // A sorted array is a heap.
    this.#heap = current.sort((one, other) => one.due - other.due);
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
