import assert from "node:assert/strict";
import { test } from "node:test";
import type { ViewRow } from "./actor.ts";
import { Batch } from "./batch.ts";
import { counterKind as counter } from "./sim/counter_actor.ts";
import { initialState } from "./step.ts";
import type { Change } from "./work.ts";

const address = { tenant: "t", kind: "counter", key: "K" };
const cursor = { shard: 0, epoch: 1, committed: 0, assigned: 0, committedAt: 0 };

function changeWith(view: ViewRow): Change {
  const { state } = initialState(counter, address, 0);
  const slot = {
    address,
    text: "t:counter/K",
    kind: counter,
    state,
    lastAt: 0,
    samples: 0,
    owed: [],
  };
  return {
    ...{ slot, class: "T", at: 0, type: "count", headerText: "{}", bodyText: "{}" },
    ...{ inputsText: null, reply: null, effects: [], views: [view] },
  };
}

function rowsOf(...views: readonly ViewRow[]): unknown {
  const batch = new Batch("b");
  for (const view of views) batch.add(changeWith(view), cursor);
  const { views: tables } = JSON.parse(batch.encode().rest) as { views: unknown };
  return tables;
}

test("a row that a batch writes twice is what the database would have made of both", () => {
  const first = { table: "rows", id: "1", row: { asked: "all", state: "new" } };
  const row = { asked: null, state: "old" };
  const second: ViewRow = {
    ...{ table: "rows", id: "1", row },
    over: (before) => ({ ...row, asked: before["asked"] }),
  };
  const whole = { tenant: "t", id: "1" };
  assert.deepEqual(rowsOf(first, second), { rows: [{ ...whole, asked: "all", state: "old" }] });
  assert.deepEqual(rowsOf(second), { rows: [{ ...whole, ...row }] });
  assert.deepEqual(rowsOf(second, first), { rows: [{ ...whole, ...first.row }] });
});

test("after a removal in the same batch it is a new one", () => {
  const removed = { table: "rows", id: "1", row: null };
  const added: ViewRow = { table: "rows", id: "1", row: { n: 1 }, over: () => ({ n: 2 }) };
  assert.deepEqual(rowsOf(removed, added), { rows: [{ tenant: "t", id: "1", n: 1 }] });
});
