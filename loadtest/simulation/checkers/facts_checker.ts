import type { SimJournalRow } from "#engine/sim/sim_batch.ts";
import type { SimStreamMessage } from "#engine/sim/sim_facts.ts";
import type { Tell } from "./verdict.ts";

/** Facts that were committed and are not in the stream yet, per shard, oldest first. */
export class FactsChecker {
  readonly #waiting = new Map<number, string[]>();
  readonly #tell: Tell;
  #count = 0;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Facts that are still to be published. */
  get unpublished(): number {
    return this.#count;
  }

  committed(rows: readonly SimJournalRow[]): void {
    for (const { shard, seq, facts } of rows) {
      if (facts === null) continue;
      const waiting = this.#waiting.get(shard) ?? [];
      this.#waiting.set(shard, waiting);
      const count = (JSON.parse(facts) as unknown[]).length;
      for (let place = 0; place < count; place++) waiting.push(`${shard}:${seq}:${place}`);
      this.#count += count;
    }
  }

  appended({ shard, seq, place }: SimStreamMessage): void {
    const key = `${shard}:${seq}:${place}`;
    const next = this.#waiting.get(shard)?.shift();
    this.#count--;
    if (next !== key) {
      this.#tell("facts", `${key} was published where ${next ?? "nothing"} is next`);
    }
  }
}
