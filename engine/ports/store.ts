/**
 * The store of a worker: what was committed is the truth. Postgres in production, `SimStore` in
 * simulation.
 */

/** A shard that this worker owns: its fence. */
export interface OwnedShard {
  readonly shard: number;
  readonly epoch: number;
  readonly lastSeq: number;
  /** Id of the last committed batch that touched it. */
  readonly lastBatch: string;
}

/** Where a shard is, as Postgres has it. */
export interface PlacedShard {
  readonly shard: number;
  readonly epoch: number;
  /** `<worker>#<incarnation>`, or empty: nobody's. */
  readonly owner: string;
  /** The worker that shall have it while that one lives; empty: by the hash. */
  readonly pinnedTo: string;
}

export interface TakeLimits {
  /** Takes only from these owners (empty text: nobody's). Undefined: from anyone. */
  readonly from?: readonly string[] | undefined;
  /** The new epoch is at least this. */
  readonly epochMin?: number | undefined;
}

/** One batch, encoded: each part is JSON text as `commit_batch` (schemas/sql/0001) takes it. */
export interface EncodedBatch {
  readonly id: string;
  /** `[{shard, epoch, prev, last}]` in shard order. */
  readonly fence: string;
  readonly journal: string;
  /** Empty text when there is nothing. */
  readonly snapshots: string;
  readonly rest: string;
}

export type CommitOutcome =
  | { readonly result: "committed" }
  /** Another owner has the shard, or its sequence moved: nothing was written. */
  | { readonly result: "stale" }
  /**
   * The data was refused (SQLSTATE 22 or 23): nothing was written. `repeated`: the tell that was
   * received before, where the store can name it.
   */
  | {
    readonly result: "refused";
    readonly detail: string;
    readonly isRepeat: boolean;
    readonly repeated?: string;
  }
  /** Connection lost, time-out: it may have been written. */
  | { readonly result: "unknown"; readonly detail: string };

/** A journal row as a replay or a recovery reads it. */
export interface JournalRow {
  readonly seq: number;
  readonly actor: string;
  readonly class: "T" | "S";
  /** Step time, ms since the epoch. */
  readonly at: number;
  readonly type: string;
  readonly revision: number;
  readonly header: string;
  readonly body: string | null;
  readonly inputs: string | null;
  readonly reply: string | null;
  readonly effects: string | null;
}

export interface StoredActor {
  readonly version: number;
  readonly body: string;
  readonly seq: number;
  /** Samples after the snapshot, in order. */
  readonly tail: readonly JournalRow[];
}

export interface AlarmRow {
  readonly actor: string;
  readonly name: string;
  readonly due: number;
  readonly generation: number;
  /** JSON text of the event to ring. */
  readonly event: string;
}

export interface OutboxRow {
  readonly id: string;
  readonly receiver: string;
  /** JSON text of the event. */
  readonly event: string;
}

export interface DeadLetter {
  readonly tenant: string;
  readonly actor: string;
  readonly type: string;
  readonly header: string;
  readonly body: string;
  readonly reason: string;
}

/** Each call rejects when the store cannot be reached; `commit` never rejects. */
export interface Store {
  shardCount(): Promise<number>;
  placement(): Promise<readonly PlacedShard[]>;
  /** Gives shards back that are still this owner's at this epoch; others stay as they are. */
  releaseShards(
    owner: string,
    shards: readonly Pick<OwnedShard, "shard" | "epoch">[],
  ): Promise<void>;
  /** The worker that shall have a shard from now on; empty text: by the hash again. */
  pinShard(shard: number, worker: string): Promise<void>;
  /**
   * Takes shards over from whoever has them: raises their epoch, so that no late batch of any
   * earlier owner (or of ours) can commit. A take of which no answer came changes nothing any more
   * when it arrives after a later one. Those that the limits exclude are left out.
   */
  takeShards(
    owner: string,
    shards: readonly number[],
    limits?: TakeLimits,
  ): Promise<readonly OwnedShard[]>;
  /** The same with those that are this owner's still; the others are left out. */
  retakeShards(owner: string, shards: readonly number[]): Promise<readonly OwnedShard[]>;
  load(actors: readonly string[]): Promise<ReadonlyMap<string, StoredActor>>;
  /** Commits whole or not at all. Two may run at once when they share no shard (`lane` 0 and 1). */
  commit(batch: EncodedBatch, lane: number): Promise<CommitOutcome>;
  alarms(shards: readonly number[]): Promise<readonly AlarmRow[]>;
  outbox(shards: readonly number[]): Promise<readonly OutboxRow[]>;
  acknowledgeOutbox(ids: readonly string[]): Promise<void>;
  deadLetter(letter: DeadLetter): Promise<void>;
  journalOf(actor: string): Promise<readonly JournalRow[]>;
  /** Epochs of these shards as committed now: an ownership proof while the cluster's KV is away. */
  stillOwns(owned: readonly Pick<OwnedShard, "shard" | "epoch">[]): Promise<boolean>;
  close(): Promise<void>;
}
