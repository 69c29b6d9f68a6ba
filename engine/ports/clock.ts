/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** The only source of time. Production wires the system clock, simulation a `SimClock`. */
export interface Clock {
  /** Wall-clock time, for what is stored and shown. */
  now(): Instant;
  /** Milliseconds that never go back, for leases, deadlines and durations. */
  monotonic(): number;
  /**
   * Runs `wake` once, `delayMs` from now or later. The returned function cancels it, repeatably.
   */
  schedule(delayMs: number, wake: () => void): () => void;
}
