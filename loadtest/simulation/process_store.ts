import { PlatformError } from "#schemas/errors.ts";
import type { JournalPass, JournalPassRequest, JournalReader } from "#engine/ports/journal.ts";
import type {
  AlarmRow,
  CommitOutcome,
  DeadLetter,
  EncodedBatch,
  JournalRow,
  OutboxRow,
  OwnedShard,
  PlacedShard,
  Store,
  StoredActor,
  TakeLimits,
} from "#engine/ports/store.ts";
import type { SimStore } from "#engine/sim/sim_store.ts";
import type { ProcessLink } from "./process_link.ts";

/** Takes of the same shards may come between a look at them and their take. */
const TAKES_MAX = 4;

/** Sees what one process does to the store. */
export interface StoreWitness {
  sends(batchId: string): void;
  takes(shard: number): void;
}

/** The store as one process sees it: what is under way may get lost, and come late. */
export class ProcessStore implements Store {
  readonly #store: SimStore;
  readonly #link: ProcessLink;

  readonly #witness: StoreWitness;

  constructor(store: SimStore, link: ProcessLink, witness: StoreWitness) {
    this.#store = store;
    this.#link = link;
    this.#witness = witness;
  }

  shardCount(): Promise<number> {
    return this.#link.call(() => this.#store.shardCount());
  }

  placement(): Promise<readonly PlacedShard[]> {
    return this.#link.call(() => this.#store.placement());
  }

  releaseShards(
    owner: string,
    shards: readonly Pick<OwnedShard, "shard" | "epoch">[],
  ): Promise<void> {
    return this.#link.call(() => this.#store.releaseShards(owner, shards));
  }

  pinShard(shard: number, worker: string): Promise<void> {
    return this.#link.call(() => this.#store.pinShard(shard, worker));
  }

  /** In two halves, like the real one: a look, then what has not moved since. */
  async takeShards(
    owner: string,
    shards: readonly number[],
    { from, epochMin = 0 }: TakeLimits = {},
  ): Promise<readonly OwnedShard[]> {
    for (let tries = 1; tries <= TAKES_MAX; tries++) {
      // deno-lint-ignore no-await-in-loop -- one try after the other
      const placed = await this.placement();
      const wanted = placed.filter((shard) =>
        shards.includes(shard.shard) && (from?.includes(shard.owner) ?? true)
      );
      if (wanted.length === 0) return [];
      // deno-lint-ignore no-await-in-loop -- as above
      const taken = await this.#link.call(() => this.#take(owner, wanted, epochMin));
      if (taken.length === wanted.length) return taken;
    }
    throw new PlatformError("unavailable", "Cannot take shards: their epochs move");
  }

  #take(
    owner: string,
    wanted: readonly PlacedShard[],
    epochMin: number,
  ): readonly OwnedShard[] {
    const taken = this.#store.takeSeen(owner, wanted, epochMin);
    for (const { shard } of taken) this.#witness.takes(shard);
    return taken;
  }

  retakeShards(owner: string, shards: readonly number[]): Promise<readonly OwnedShard[]> {
    return this.takeShards(owner, shards, { from: [owner] });
  }

  load(actors: readonly string[]): Promise<ReadonlyMap<string, StoredActor>> {
    return this.#link.call(() => this.#store.load(actors));
  }

  commit(batch: EncodedBatch, lane: number): Promise<CommitOutcome> {
    this.#witness.sends(batch.id);
    return this.#link.call(() => this.#store.commit(batch, lane)).catch((error) => ({
      result: "unknown" as const,
      detail: String(error),
    }));
  }

  alarms(shards: readonly number[]): Promise<readonly AlarmRow[]> {
    return this.#link.call(() => this.#store.alarms(shards));
  }

  outbox(shards: readonly number[]): Promise<readonly OutboxRow[]> {
    return this.#link.call(() => this.#store.outbox(shards));
  }

  acknowledgeOutbox(ids: readonly string[]): Promise<void> {
    return this.#link.call(() => this.#store.acknowledgeOutbox(ids));
  }

  deadLetter(letter: DeadLetter): Promise<void> {
    return this.#link.call(() => this.#store.deadLetter(letter));
  }

  journalOf(actor: string): Promise<readonly JournalRow[]> {
    return this.#link.call(() => this.#store.journalOf(actor));
  }

  stillOwns(owned: readonly Pick<OwnedShard, "shard" | "epoch">[]): Promise<boolean> {
    return this.#link.call(() => this.#store.stillOwns(owned));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

type RelayReader = Pick<
  JournalReader<undefined>,
  "behind" | "read" | "move" | "cursors" | "place"
>;

/** The journal as one process sees it. */
export class ProcessJournal implements RelayReader {
  readonly #journal: RelayReader;
  readonly #link: ProcessLink;

  constructor(journal: RelayReader, link: ProcessLink) {
    this.#journal = journal;
    this.#link = link;
  }

  behind(name: string): Promise<readonly number[]> {
    return this.#link.call(() => this.#journal.behind(name));
  }

  read(request: JournalPassRequest): Promise<JournalPass> {
    return this.#link.call(() => this.#journal.read(request));
  }

  move(name: string, cursors: ReadonlyMap<number, number>): Promise<void> {
    return this.#link.call(() => this.#journal.move(name, cursors));
  }

  cursors(name: string): Promise<ReadonlyMap<number, number>> {
    return this.#link.call(() => this.#journal.cursors(name));
  }

  place(name: string, cursors: ReadonlyMap<number, number>): Promise<void> {
    return this.#link.call(() => this.#journal.place(name, cursors));
  }
}
