import { parseAddress, partitionOf, shardOf } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { ShardCursor } from "./batch.ts";
import type { Lane } from "./lane.ts";
import type { Clock } from "./ports/clock.ts";
import type { OwnedShard } from "./ports/store.ts";
import type { MessageTrace } from "./tracing.ts";
import { type ActorSlot, NEVER_STORED, type WorkItem } from "./work.ts";

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
  /** Only of a traced message. */
  readonly trace?: MessageTrace;
}

/**
 * The actors that share a partition key (a station and its sessions): one mailbox, worked in order,
 * so that they may step each other in one commit.
 */
export interface Partition {
  readonly key: string;
  readonly cursor: ShardCursor;
  readonly lane: Lane;
  readonly actors: Map<string, ActorSlot>;
  queue: Item[];
  /**
   * The item that waits for a load or an input; the mailbox waits with it. Each wait is an object
   * of its own: an item that was given back and waits again must not go on in its first wait.
   */
  working: { readonly item: Item } | undefined;
  /** Raised when the actors in memory are thrown away: what was worked out on them is void. */
  generation: number;
  /** Units that are worked out and not committed. */
  uncommitted: number;
  lastUsed: number;
}

/** A partition without messages for this long leaves memory. */
const IDLE_MS = 10 * 60_000;

/** The partitions in memory, and the shards that this worker owns. */
export class Partitions {
  readonly #clock: Clock;
  readonly #lanes: readonly Lane[];
  readonly #cursors = new Map<number, ShardCursor>();
  readonly #partitions = new Map<string, Partition>();
  #isClosed = false;
  /** Of the installation; known before the first shard is owned. */
  shardCount = 1;

  constructor(clock: Clock, lanes: readonly Lane[]) {
    this.#clock = clock;
    this.#lanes = lanes;
  }

  get size(): number {
    return this.#partitions.size;
  }

  get cursors(): readonly ShardCursor[] {
    return [...this.#cursors.values()];
  }

  own(owned: readonly OwnedShard[]): void {
    for (const { shard, epoch, lastSeq } of owned) {
      const place = { committed: lastSeq, assigned: lastSeq, committedAt: -Infinity };
      this.#cursors.set(shard, { shard, epoch, ...place });
    }
  }

  owns(shard: number): boolean {
    return this.#cursors.has(shard);
  }

  /** Whether it is of the present time of owning its shard. */
  isOwned({ cursor }: Partition): boolean {
    return this.#cursors.get(cursor.shard) === cursor;
  }

  /** Whether the actor's shard is owned here. */
  holds(actor: string): boolean {
    return this.#cursors.has(shardOf(parseAddress(actor), this.shardCount));
  }

  /** No new message finds a partition any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** @throws {PlatformError} "unavailable" when the address's shard is not owned here. */
  of(to: string): Partition {
    const address = parseAddress(to);
    const key = `${address.tenant}/${partitionOf(address.key)}`;
    const known = this.#partitions.get(key);
    if (known !== undefined && !this.#isClosed) {
      known.lastUsed = this.#clock.monotonic();
      return known;
    }
    const cursor = this.#cursors.get(shardOf(address, this.shardCount));
    const lane = this.#lanes[(cursor?.shard ?? 0) % this.#lanes.length];
    if (cursor === undefined || lane === undefined || this.#isClosed) {
      throw new PlatformError("unavailable", `Cannot reach ${to}: its shard is not here`, {
        retryAfterSeconds: 1,
      });
    }
    const partition: Partition = {
      key,
      cursor,
      lane,
      actors: new Map(),
      queue: [],
      working: undefined,
      generation: 0,
      uncommitted: 0,
      lastUsed: this.#clock.monotonic(),
    };
    this.#partitions.set(key, partition);
    return partition;
  }

  /** Those in memory. */
  get all(): Iterable<Partition> {
    return this.#partitions.values();
  }

  /** The one of an actor, when it is in memory. */
  find(to: string): Partition | undefined {
    const address = parseAddress(to);
    return this.#partitions.get(`${address.tenant}/${partitionOf(address.key)}`);
  }

  /**
   * Takes a partition out of memory; it comes back from the store. False: it has work, or is not
   * there, and nothing changes.
   */
  evict(partition: Partition): boolean {
    if (!isIdle(partition) || this.#partitions.get(partition.key) !== partition) return false;
    return this.#partitions.delete(partition.key);
  }

  waitingOn(lane: Lane): readonly Partition[] {
    return [...this.#partitions.values()].filter((partition) =>
      partition.lane === lane && partition.queue.length > 0
    );
  }

  /** Forgets shards that another worker owns now; returns the messages that waited there. */
  lose(shards: ReadonlySet<number>): readonly Item[] {
    for (const shard of shards) this.#cursors.delete(shard);
    const lost: Item[] = [];
    for (const [key, partition] of this.#partitions) {
      if (!shards.has(partition.cursor.shard)) continue;
      if (partition.working !== undefined) lost.push(partition.working.item);
      partition.working = undefined;
      lost.push(...partition.queue.splice(0));
      this.#partitions.delete(key);
    }
    return lost;
  }

  /**
   * Forgets a partition that holds nothing that was ever stored: whoever asks for thousands of
   * unknown names may not fill the memory with them.
   */
  forgetUnknown(partition: Partition): void {
    if (partition.queue.length > 0 || partition.uncommitted > 0) return;
    for (const { samples } of partition.actors.values()) if (samples < NEVER_STORED) return;
    if (this.#partitions.get(partition.key) === partition) this.#partitions.delete(partition.key);
  }

  forgetIdle(): void {
    const before = this.#clock.monotonic() - IDLE_MS;
    for (const [key, partition] of this.#partitions) {
      if (isIdle(partition) && partition.lastUsed < before) this.#partitions.delete(key);
    }
  }
}

/**
 * Takes further tries of a message out of the mailbox. What one waits for in vain all would:
 * they must not keep the others waiting one after the other.
 */
export function takeRepeats(partition: Partition, item: Item): readonly Item[] {
  const isRepeat = ({ to, headerText, bodyText }: Item): boolean =>
    to === item.to && headerText === item.headerText && bodyText === item.bodyText;
  const repeats = partition.queue.filter(isRepeat);
  if (repeats.length > 0) partition.queue = partition.queue.filter((one) => !isRepeat(one));
  return repeats;
}

function isIdle({ queue, working, uncommitted }: Partition): boolean {
  return queue.length === 0 && working === undefined && uncommitted === 0;
}
