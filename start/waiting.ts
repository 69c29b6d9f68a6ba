import { systemClock } from "#engine/adapters/system_clock.ts";

const clock = systemClock();

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve);
  });
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

/** Asks again and again until `isTrue`; false when the time ran out. */
export async function waitUntil(
  isTrue: () => boolean | Promise<boolean>,
  options: WaitOptions,
): Promise<boolean> {
  const deadline = clock.monotonic() + options.timeoutMs;
  // deno-lint-ignore no-await-in-loop -- polls what has no way to call us
  while (!(await isTrue())) {
    if (clock.monotonic() >= deadline) return false;
    // deno-lint-ignore no-await-in-loop -- see above
    await pause(options.everyMs ?? 20);
  }
  return true;
}

/** Measures: gives the milliseconds since the call. */
export function elapsedMs(): () => number {
  const startedAt = clock.monotonic();
  return () => clock.monotonic() - startedAt;
}
