import { median } from "../load/latencies.ts";

/** How fast a function runs. */
export interface Rate {
  readonly name: string;
  readonly perSecond: number;
  /** What one run stands for, when it is more than a call, for example rows. */
  readonly note?: string;
}

const ROUND_MS = 400;
const ROUNDS = 5;
const CALLS_PER_LOOK = 64;

/** Calls of `run` per second: the median of five rounds after one to warm up. */
export function rateOf(name: string, run: () => unknown): Rate {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const beganAtMs = performance.now();
    let calls = 0;
    let elapsedMs = 0;
    while (elapsedMs < ROUND_MS) {
      for (let call = 0; call < CALLS_PER_LOOK; call++) run();
      calls += CALLS_PER_LOOK;
      elapsedMs = performance.now() - beganAtMs;
    }
    return calls * 1_000 / elapsedMs;
  });
  return { name, perSecond: median(rounds.slice(1)) };
}

/** Like `rateOf`, one call after the other; each counts as `weight`. */
export async function rateOfAsync(
  name: string,
  run: () => Promise<unknown>,
  { weight = 1, note }: { readonly weight?: number; readonly note?: string } = {},
): Promise<Rate> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const beganAtMs = performance.now();
    let calls = 0;
    while (performance.now() - beganAtMs < ROUND_MS) {
      // deno-lint-ignore no-await-in-loop -- one after the other is what is measured
      await run();
      calls++;
    }
    rounds.push(calls * weight * 1_000 / (performance.now() - beganAtMs));
  }
  return {
    name,
    perSecond: median(rounds.slice(1)),
    ...(note === undefined ? {} : { note }),
  };
}
