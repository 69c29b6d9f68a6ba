import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "#schemas/address.ts";
import { Batch, type ShardCursor } from "./batch.ts";
import { counterKind } from "./sim/counter_actor.ts";
import { initialState } from "./step.ts";
import { type ActorSlot, NEVER_STORED, work } from "./work.ts";

const text = "default:counter/a";
const address = parseAddress(text);

/** An actor that was never stored, and what each of its events writes. */
class Actor {
  readonly #cursor: ShardCursor = {
    ...{ shard: 0, epoch: 1, committed: 0, assigned: 0 },
    committedAt: -Infinity,
  };
  #slot: ActorSlot;

  constructor() {
    const { state, effects: owed } = initialState(counterKind, address, 0);
    const kind = counterKind;
    this.#slot = { address, text, kind, state, lastAt: 0, samples: NEVER_STORED, owed };
  }

  /** Whether it writes a snapshot. */
  take(type: string): boolean {
    const header = { type, cause: type };
    const item = { to: text, header, headerText: JSON.stringify(header), bodyText: "{}" };
    const outcome = work(item, { now: 1, slot: () => this.#slot, inputs: {} });
    assert.ok(outcome.outcome === "done");
    const batch = new Batch("b");
    for (const change of outcome.changes) {
      batch.add(change, this.#cursor);
      this.#slot = change.slot;
    }
    return batch.encode().snapshots !== "";
  }
}

test("after a transition each 64th sample writes a snapshot, and no beat does", () => {
  const actor = new Actor();
  assert.ok(actor.take("add"));
  const writing: number[] = [];
  for (let sample = 1; sample <= 200; sample++) {
    assert.equal(actor.take("beat"), false);
    if (actor.take("sample")) writing.push(sample);
  }
  assert.deepEqual(writing, [64, 128, 192]);
});

test("of an actor that was never stored the first sample writes a snapshot, also after a beat", () => {
  const actor = new Actor();
  assert.equal(actor.take("beat"), false);
  const writing: number[] = [];
  for (let sample = 1; sample <= 70; sample++) if (actor.take("sample")) writing.push(sample);
  assert.deepEqual(writing, [1, 65]);
});
