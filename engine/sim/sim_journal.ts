import { parseAddress } from "#schemas/address.ts";
import type {
  JournalEntry,
  JournalPass,
  JournalPassRequest,
  JournalReader,
} from "../ports/journal.ts";
import type { SimJournalRow } from "./sim_batch.ts";
import type { SimStore } from "./sim_store.ts";

/** As many rows as the real one gives each shard at least. */
const SHARD_ROWS_MIN = 16;

/** The journal of a simulated store behind named cursors. There is no transaction to hand on. */
export class SimJournal implements JournalReader<undefined> {
  readonly #store: SimStore;
  readonly #shardCount: number;
  /** By name, then by shard. */
  readonly #cursors = new Map<string, Map<number, number>>();

  constructor(store: SimStore, shardCount: number) {
    this.#store = store;
    this.#shardCount = shardCount;
  }

  // deno-lint-ignore require-await -- throws become rejections.
  async behind(name: string): Promise<readonly number[]> {
    const cursors = this.#of(name);
    const behind: number[] = [];
    for (let shard = 0; shard < this.#shardCount; shard++) {
      if (this.#store.lastSeq(shard) > (cursors.get(shard) ?? 0)) behind.push(shard);
    }
    return behind;
  }

  // deno-lint-ignore require-await -- as above.
  async read({ name, shards, filter, rowsMax }: JournalPassRequest): Promise<JournalPass> {
    const known = this.#of(name);
    const entries: JournalEntry[] = [];
    const cursors = new Map<number, number>();
    const unfinished: number[] = [];
    const shardRowsMax = Math.max(SHARD_ROWS_MIN, Math.ceil(rowsMax / shards.length));
    for (const shard of [...shards].sort((one, other) => one - other)) {
      const after = known.get(shard) ?? 0;
      const upto = this.#store.lastSeq(shard);
      if (upto <= after) continue;
      const wanted = this.#store.rowsAfter(shard, after).filter((row) =>
        (filter.withFacts !== true || row.facts !== null) &&
        (filter.class === undefined || row.class === filter.class) &&
        (filter.types === undefined || filter.types.includes(row.type))
      ).slice(0, shardRowsMax);
      for (const row of wanted) entries.push(entryOf(row));
      const last = wanted.length === shardRowsMax ? wanted.at(-1)?.seq ?? upto : upto;
      cursors.set(shard, last);
      if (last < upto) unfinished.push(shard);
    }
    return { entries, cursors, unfinished };
  }

  async advance(
    request: JournalPassRequest,
    apply: (entries: readonly JournalEntry[], handle: undefined) => Promise<void>,
  ): Promise<JournalPass> {
    const pass = await this.read(request);
    if (pass.entries.length > 0) await apply(pass.entries, undefined);
    await this.move(request.name, pass.cursors);
    return pass;
  }

  // deno-lint-ignore require-await -- as above.
  async move(name: string, cursors: ReadonlyMap<number, number>): Promise<void> {
    const known = this.#of(name);
    for (const [shard, seq] of cursors) known.set(shard, Math.max(known.get(shard) ?? 0, seq));
  }

  // deno-lint-ignore require-await -- as above.
  async cursors(name: string): Promise<ReadonlyMap<number, number>> {
    return new Map(this.#of(name));
  }

  // deno-lint-ignore require-await -- as above.
  async place(name: string, cursors: ReadonlyMap<number, number>): Promise<void> {
    const known = this.#of(name);
    for (const [shard, seq] of cursors) known.set(shard, seq);
  }

  #of(name: string): Map<number, number> {
    const known = this.#cursors.get(name);
    if (known !== undefined) return known;
    const made = new Map<number, number>();
    this.#cursors.set(name, made);
    return made;
  }
}

function entryOf(row: SimJournalRow): JournalEntry {
  return { ...row, tenant: parseAddress(row.actor).tenant };
}
