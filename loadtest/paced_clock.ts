import type { Clock } from "#engine/ports/clock.ts";

/** A clock that runs `factor` times as fast as `base`, from the same wall-clock time on. */
export function pacedClock(base: Clock, factor: number): Clock {
  const wallStart = base.now();
  const start = base.monotonic();
  return {
    now: () => wallStart + (base.monotonic() - start) * factor,
    monotonic: () => (base.monotonic() - start) * factor,
    schedule: (delayMs, wake) => base.schedule(delayMs / factor, wake),
  };
}

/** Resolves after `ms` of this clock. */
export function wait(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(ms, resolve);
  });
}
