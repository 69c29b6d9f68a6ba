/**
 * The shards that a worker holds: how it takes them, hands them over and loses them. A shard is
 * served only between a take and its end; what waits at the end is refused as "unavailable", and
 * the asker finds the next owner.
 */
import { type Address, shardOf } from "#schemas/address.ts";
import { unavailable } from "./pending_asks.ts";
import { actorSubject } from "./actor_client.ts";
import type { Alarms } from "./alarms.ts";
import type { ShardCursor } from "./batch.ts";
import type { Lane } from "./lane.ts";
import type { Outbox } from "./outbox.ts";
import type { Partitions } from "./partition.ts";
import type { Bus, BusHandler } from "./ports/bus.ts";
import type { OwnedShard, Store } from "./ports/store.ts";

export interface CustodyParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly partitions: Partitions;
  readonly lanes: readonly Lane[];
  readonly alarms: Alarms;
  readonly outbox: Outbox;
  readonly receive: BusHandler;
}

export class Custody {
  readonly #parts: CustodyParts;
  readonly #stops = new Map<number, () => void>();
  /** Of shards that are not served any more, and of which something may still commit. */
  readonly #ends = new Map<number, Promise<unknown>>();

  constructor(parts: CustodyParts) {
    this.#parts = parts;
  }

  /**
   * Serves shards that the store has given to this worker. When it rejects, none of them is served.
   */
  async take(owned: readonly OwnedShard[]): Promise<void> {
    const { store, bus, partitions, alarms, outbox, receive } = this.#parts;
    const shards = owned.map(({ shard }) => shard);
    this.lose(shards);
    const [alarmRows, outboxRows] = await Promise.all([
      store.alarms(shards),
      store.outbox(shards),
    ]);
    partitions.own(owned);
    for (const alarm of alarmRows) alarms.arm(alarm);
    for (const row of outboxRows) outbox.send(row);
    for (const shard of shards) {
      this.#stops.set(shard, bus.listen(actorSubject(shard), receive));
    }
  }

  /**
   * Ends the service of shards and resolves when all that was worked out for them has committed, or
   * is given back: the next owner may load.
   */
  async handOver(shards: readonly number[]): Promise<void> {
    this.lose(shards);
    await Promise.all(this.#parts.lanes.map((lane) => lane.settled()));
  }

  /**
   * Resolves when nothing more can commit of what was worked out before the shard was lost;
   * undefined: it is so. Until then it must not be taken again: they would raise its epoch once
   * more, and commit beside what was loaded for the next life.
   */
  endOf(shard: number): Promise<unknown> | undefined {
    return this.#ends.get(shard);
  }

  /** Ends their service at once. */
  lose(shards: readonly number[]): void {
    const { partitions, alarms, outbox, lanes } = this.#parts;
    const held = shards.filter((shard) => this.#stops.has(shard));
    if (held.length === 0) return;
    for (const shard of held) {
      this.#stops.get(shard)?.();
      this.#stops.delete(shard);
    }
    const waiting = partitions.lose(new Set(held));
    alarms.keep((actor) => partitions.holds(actor));
    outbox.keep((actor) => partitions.holds(actor));
    for (const item of waiting) item.answer({ kind: "error", error: moved(item.to) });
    this.#awaitEnd(held.filter((shard) => lanes.some((lane) => lane.holds(shard))));
  }

  #awaitEnd(shards: readonly number[]): void {
    if (shards.length === 0) return;
    const end = Promise.all(this.#parts.lanes.map((lane) => lane.settled())).then(() => {
      for (const shard of shards) if (this.#ends.get(shard) === end) this.#ends.delete(shard);
    });
    for (const shard of shards) this.#ends.set(shard, end);
  }

  /** Nothing more comes in. */
  close(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }

  holds(shard: number): boolean {
    return this.#parts.partitions.owns(shard);
  }

  /** Whether this actor lives here now. */
  holdsActor(address: Address): boolean {
    const { partitions } = this.#parts;
    return partitions.owns(shardOf(address, partitions.shardCount));
  }

  get held(): readonly ShardCursor[] {
    return this.#parts.partitions.cursors;
  }
}

/** What an asker hears whose message did not count: it may ask again, elsewhere. */
export function moved(to: string): Error {
  return unavailable(to, "its shard is not here");
}
