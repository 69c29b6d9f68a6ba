import { PlatformError } from "#schemas/errors.ts";
import type { Clock } from "./ports/clock.ts";

/**
 * What is awaited for `waitMs` at most.
 *
 * @throws {PlatformError} "timed-out" then; what comes later is dropped.
 */
export async function inTime<Value>(
  clock: Clock,
  waitMs: number,
  awaited: PromiseLike<Value>,
): Promise<Value> {
  let cancel = (): void => {};
  const tooLate = new Promise<never>((_, reject) => {
    const detail = `Cannot go on: nothing came for ${waitMs} ms`;
    cancel = clock.schedule(waitMs, () => reject(new PlatformError("timed-out", detail)));
  });
  try {
    return await Promise.race([awaited, tooLate]);
  } finally {
    cancel();
  }
}
