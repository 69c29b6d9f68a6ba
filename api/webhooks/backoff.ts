import type { Random } from "#engine/ports/random.ts";
import { FAILURES_UNTIL_PAUSE } from "./lanes.ts";

const FIRST_MS = 5_000;
const RETRY_MS_MAX = 60 * 60 * 1_000;
const PAUSE_MS_MAX = 5 * 60 * 1_000;

/** After the n-th failed attempt of a delivery: 5 s doubled up to an hour, a quarter more or less. */
export function retryMs(attempts: number, random: Random): number {
  return jittered(Math.min(RETRY_MS_MAX, FIRST_MS * 2 ** Math.min(attempts - 1, 20)), random);
}

/** While nothing of a webhook arrives one delivery is tried after each pause. */
export function pauseMs(failures: number, random: Random): number {
  const doubled = FIRST_MS * 2 ** Math.min(Math.max(0, failures - FAILURES_UNTIL_PAUSE), 20);
  return jittered(Math.min(PAUSE_MS_MAX, doubled), random);
}

function jittered(ms: number, random: Random): number {
  return ms * (0.75 + random.fraction() / 2);
}
