/** Tells followers of the journal which shards have committed: once for all of one microtask. */
export class CommitHints {
  readonly #tell: (shards: ReadonlySet<number>, withFacts: ReadonlySet<number>) => void;
  #shards = new Set<number>();
  #withFacts = new Set<number>();

  constructor(tell: (shards: ReadonlySet<number>, withFacts: ReadonlySet<number>) => void) {
    this.#tell = tell;
  }

  note(shard: number, hasFacts: boolean): void {
    if (this.#shards.size === 0) queueMicrotask(() => this.#flush());
    this.#shards.add(shard);
    if (hasFacts) this.#withFacts.add(shard);
  }

  #flush(): void {
    const [shards, withFacts] = [this.#shards, this.#withFacts];
    this.#shards = new Set();
    this.#withFacts = new Set();
    this.#tell(shards, withFacts);
  }
}
