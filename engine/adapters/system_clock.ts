import { clearTimeout, setTimeout } from "node:timers";
import type { Clock, Instant } from "../ports/clock.ts";

/**
 * JavaScript engines keep a timer's delay in a signed 32-bit integer and ring a longer one at once,
 * so a long wait goes in steps. A step of six hours also bounds what a suspended machine adds to a
 * wait.
 */
const STEP_MS_MAX = 6 * 60 * 60 * 1_000;

export interface SystemClockOptions {
  /** False = pending alarms alone do not keep the process alive. */
  readonly holdsProcess?: boolean;
}

/** The machine's clock and timers. */
export function systemClock(options: SystemClockOptions = {}): Clock {
  const holdsProcess = options.holdsProcess ?? true;
  return {
    now: (): Instant => Date.now(),
    monotonic: (): number => performance.now(),
    schedule: (delayMs, wake) => schedule(delayMs, wake, holdsProcess),
  };
}

function schedule(delayMs: number, wake: () => void, holdsProcess: boolean): () => void {
  if (Number.isNaN(delayMs)) throw new RangeError("Cannot schedule an alarm: its delay is NaN");
  const dueAt = performance.now() + delayMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A runtime counts a timer's delay from the start of the turn: it may ring a moment early.
  const ring = (): void => {
    if (performance.now() >= dueAt) wake();
    else arm();
  };
  const arm = (): void => {
    const leftMs = Math.ceil(dueAt - performance.now());
    timer = setTimeout(ring, Math.max(0, Math.min(leftMs, STEP_MS_MAX)));
    if (!holdsProcess) timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}
