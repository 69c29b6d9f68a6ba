/** A row of the journal as a follower reads it. Texts are JSON as stored. */
export interface JournalEntry {
  readonly shard: number;
  /** Rises without gaps within the shard. */
  readonly seq: number;
  readonly tenant: string;
  readonly actor: string;
  readonly class: "T" | "S";
  /** Step time, ms since the epoch. */
  readonly at: number;
  readonly type: string;
  readonly header: string | null;
  readonly body: string | null;
  readonly inputs: string | null;
  readonly reply: string | null;
  readonly effects: string | null;
  /** `[{kind, name, id, tenant, at, data}]` */
  readonly facts: string | null;
}

/** Which rows a follower wants; it passes over all others without reading them out. */
export interface JournalFilter {
  /** Only rows that state facts. */
  readonly withFacts?: boolean;
  readonly class?: "T" | "S";
  /** Only rows of these event types. */
  readonly types?: readonly string[];
}

export interface JournalPassRequest {
  /** Name of the cursors, one per shard. */
  readonly name: string;
  readonly shards: readonly number[];
  readonly filter: JournalFilter;
  /** About how many rows, shared among the shards. */
  readonly rowsMax: number;
  /**
   * Wall-clock time at which everything that had been committed was read already (ms): older days
   * of the journal need not be looked at. Undefined: all.
   */
  readonly sinceAt?: number | undefined;
}

export interface JournalPass {
  /** In order of shard and seq. */
  readonly entries: readonly JournalEntry[];
  /** Where the cursors stand after these rows; shards that had nothing new are absent. */
  readonly cursors: ReadonlyMap<number, number>;
  /** Shards with more rows than fitted. */
  readonly unfinished: readonly number[];
}

/**
 * The journal behind named cursors. Rows of one shard become visible in the order of `seq` (the
 * fence of the commit), so that a cursor per shard never passes over one. `Handle` is the
 * transaction of the store.
 */
export interface JournalReader<Handle> {
  /** Shards whose cursor of this name is behind. */
  behind(name: string): Promise<readonly number[]>;
  /** Reads without moving the cursors. */
  read(request: JournalPassRequest): Promise<JournalPass>;
  /**
   * Reads, runs `apply` and moves the cursors in one transaction: what `apply` writes by `handle`
   * is written exactly once. Two followers of one name take turns.
   */
  advance(
    request: JournalPassRequest,
    apply: (entries: readonly JournalEntry[], handle: Handle) => Promise<void>,
  ): Promise<JournalPass>;
  /** Moves cursors forward; one that is further already stays. */
  move(name: string, cursors: ReadonlyMap<number, number>): Promise<void>;
  /** Cursors of this name as they stand; shards never read are absent. */
  cursors(name: string): Promise<ReadonlyMap<number, number>>;
  /** Puts cursors exactly there, also backwards: for repairs. */
  place(name: string, cursors: ReadonlyMap<number, number>): Promise<void>;
}
