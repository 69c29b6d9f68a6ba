/** What has been committed, for those who follow the journal. */
export interface CommittedRows {
  readonly shards: ReadonlySet<number>;
  /** Shards some rows of which state facts. */
  readonly withFacts: ReadonlySet<number>;
  /** Shards by the types of their new rows. */
  readonly byType: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Tells followers of the journal which shards have committed: once for all of one microtask. */
export class CommitHints {
  readonly #tell: (rows: CommittedRows) => void;
  #shards = new Set<number>();
  #withFacts = new Set<number>();
  #byType = new Map<string, Set<number>>();

  constructor(tell: (rows: CommittedRows) => void) {
    this.#tell = tell;
  }

  note(shard: number, type: string, hasFacts: boolean): void {
    if (this.#shards.size === 0) queueMicrotask(() => this.#flush());
    this.#shards.add(shard);
    if (hasFacts) this.#withFacts.add(shard);
    const ofType = this.#byType.get(type);
    if (ofType === undefined) this.#byType.set(type, new Set([shard]));
    else ofType.add(shard);
  }

  #flush(): void {
    const [shards, withFacts, byType] = [this.#shards, this.#withFacts, this.#byType];
    this.#shards = new Set();
    this.#withFacts = new Set();
    this.#byType = new Map();
    this.#tell({ shards, withFacts, byType });
  }
}
