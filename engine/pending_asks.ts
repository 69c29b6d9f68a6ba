import { PlatformError } from "#schemas/errors.ts";
import type { Clock } from "./ports/clock.ts";

/** How coarse deadlines are: a late refusal costs nothing, a timer per message does. */
const SWEEP_MS_MIN = 20;

/** More than every socket of a full gateway waiting at once (10,000), and still bounded memory. */
export const OUTSTANDING_MAX_DEFAULT = 50_000;

interface Pending {
  readonly subject: string;
  readonly deadline: number;
  readonly resolve: (text: string) => void;
  readonly reject: (error: PlatformError) => void;
}

export interface AskTicket {
  /** Monotonic time. */
  readonly deadline: number;
  readonly answer: Promise<string>;
}

/** The asks of one bus that wait for their answer: bounded, with one timer for all deadlines. */
export class PendingAsks {
  readonly #clock: Clock;
  readonly #outstandingMax: number;
  readonly #pending = new Map<number, Pending>();
  #sweepAt = Infinity;
  #cancelSweep = (): void => {};

  constructor(clock: Clock, outstandingMax: number = OUTSTANDING_MAX_DEFAULT) {
    this.#clock = clock;
    this.#outstandingMax = outstandingMax;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** @throws {PlatformError} "overloaded" when as many as allowed are waiting already. */
  assertRoom(subject: string): void {
    if (this.#pending.size < this.#outstandingMax) return;
    const detail = `Cannot ask ${subject}: ${this.#pending.size} answers are awaited already`;
    throw new PlatformError("overloaded", detail, { retryAfterSeconds: 1 });
  }

  /** `id` is the caller's, used once. */
  open(id: number, subject: string, timeoutMs: number): AskTicket {
    const deadline = this.#clock.monotonic() + timeoutMs;
    const answer = new Promise<string>((resolve, reject) => {
      this.#pending.set(id, { subject, deadline, resolve, reject });
    });
    if (deadline < this.#sweepAt) this.#scheduleSweep(deadline);
    return { deadline, answer };
  }

  /** False when nobody waits for it any more. */
  resolve(id: number, text: string): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined) return false;
    this.#pending.delete(id);
    pending.resolve(text);
    return true;
  }

  /** False when nobody waits for it any more. */
  reject(id: number, error: PlatformError): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined) return false;
    this.#pending.delete(id);
    pending.reject(error);
    return true;
  }

  /** Nobody listens there: these were not delivered. */
  rejectUndelivered(id: number): boolean {
    const subject = this.#pending.get(id)?.subject;
    return subject !== undefined && this.reject(id, unavailable(subject, "nobody listens"));
  }

  /**
   * Gives up on all: whether they were delivered is not known, but nobody will hear the answers.
   */
  close(): void {
    this.#cancelSweep();
    this.#sweepAt = Infinity;
    for (const [id, { subject }] of this.#pending) {
      this.reject(id, unavailable(subject, "the bus was closed"));
    }
  }

  #scheduleSweep(at: number): void {
    this.#cancelSweep();
    const inMs = Math.max(SWEEP_MS_MIN, at - this.#clock.monotonic());
    this.#sweepAt = this.#clock.monotonic() + inMs;
    this.#cancelSweep = this.#clock.schedule(inMs, () => this.#sweep());
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    let earliest = Infinity;
    for (const [id, { subject, deadline }] of this.#pending) {
      if (deadline > now) earliest = Math.min(earliest, deadline);
      else {
        const detail = `Cannot ask ${subject}: no answer came in time`;
        this.reject(id, new PlatformError("timed-out", detail));
      }
    }
    this.#sweepAt = Infinity;
    if (earliest !== Infinity) this.#scheduleSweep(earliest);
  }
}

export function unavailable(subject: string, state: string): PlatformError {
  const detail = `Cannot reach ${subject}: ${state}`;
  return new PlatformError("unavailable", detail, { retryAfterSeconds: 1 });
}
