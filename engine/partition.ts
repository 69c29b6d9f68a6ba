import type { ActorSlot, WorkItem } from "./work.ts";
import type { ShardCursor } from "./batch.ts";
import type { Lane } from "./lane.ts";

/** Messages that one partition may keep waiting. A station has at most a few frames in flight. */
export const MAILBOX_MAX = 256;

/** What came of a message. `withheld`: no answer at all, the asker runs into its time-out. */
export type Answer =
  | { readonly kind: "text"; readonly text: string; readonly journalled: boolean }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "withheld" };

/** A message on its way through a partition. */
export interface Item extends WorkItem {
  /** Monotonic time after which nobody waits for the answer. */
  readonly deadline: number;
  readonly answer: (answer: Answer) => void;
  /** How often a chart threw on it. */
  faults: number;
}

/**
 * The actors that share a partition key (a station and its sessions): one mailbox, worked in order, so that
 * they may step each other in one commit.
 */
export interface Partition {
  readonly key: string;
  readonly cursor: ShardCursor;
  readonly lane: Lane;
  readonly actors: Map<string, ActorSlot>;
  queue: Item[];
  /** The item that waits for a load or an input; the mailbox waits with it. */
  working: Item | undefined;
  /** Raised when the actors in memory are thrown away: what was worked out on them is void. */
  generation: number;
  /** Units that are worked out and not committed. */
  uncommitted: number;
  lastUsed: number;
}
