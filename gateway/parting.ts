/**
 * All sockets are closed evenly over some time, so that the stations do not come back all at once.
 */
import type { Connection } from "./connection.ts";
import type { GatewayContext } from "./context.ts";
import type { Presence } from "./presence.ts";

/** Closing a few hundred sockets keeps the others waiting for some milliseconds. */
const SLICE_MS = 100;
const SLICES_MIN = 20;

export interface PartingTerms {
  readonly code: number;
  readonly reason: string;
  readonly spreadMs: number;
  /**
   * How long a socket whose turn has come may wait for the answers of what was under way, its CALLs
   * and ours.
   */
  readonly graceMs: number;
}

/** Begins; the returned function closes at once what is left. Sockets that come later stay. */
export function partFromAll(
  { clock, random }: GatewayContext,
  presence: Presence,
  { code, reason, spreadMs, graceMs }: PartingTerms,
): () => void {
  const count = Math.max(SLICES_MIN, Math.ceil(spreadMs / SLICE_MS));
  const slices: Connection[][] = Array.from({ length: count }, () => []);
  for (const connection of presence.connections) {
    slices[Math.floor(random.fraction() * count)]?.push(connection);
  }
  const cancels = slices.map((slice, index) => {
    const leave = (): void => {
      for (const connection of slice) connection.leave(code, reason, graceMs);
    };
    const afterMs = index * spreadMs / count;
    if (slice.length > 0 && afterMs > 0) return clock.schedule(afterMs, leave);
    leave();
    return () => {};
  });
  return () => {
    for (const cancel of cancels) cancel();
    for (const slice of slices) for (const connection of slice) connection.close(code, reason);
  };
}
