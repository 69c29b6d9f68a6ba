/** How long the slowest of all shards took, and how many took long. */
export interface ProbeResult {
  readonly ms: number;
  /** Shards that had not answered after one second. */
  readonly late: number;
}

const LATE_MS = 1_000;

export function resultOf(waits: readonly number[]): ProbeResult {
  return { ms: Math.max(0, ...waits), late: waits.filter((ms) => ms > LATE_MS).length };
}
