import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { OperationRequest } from "../ports/operations.ts";
import type { JournalRow } from "../ports/store.ts";
import { counterKind } from "../sim/counter_actor.ts";
import { SimClock } from "../sim/sim_clock.ts";
import { type ActorOperationParts, actorOperations } from "./actor_operations.ts";

const actor = "default:counter/a";

function added(seq: number): JournalRow {
  const effects = [
    { type: "reply", value: { count: seq } },
    { type: "fact", name: "counter.added", id: "a", data: { count: seq } },
  ];
  return {
    ...{ seq, actor, class: "T", at: 1_000 * seq, type: "add", revision: 1 },
    ...{ header: '{"type":"add","cause":"test"}', body: '{"by":1}', inputs: null, reply: null },
    effects: JSON.stringify(effects),
  };
}

/** What a replay of this journal shows, and how often others could work meanwhile. */
async function replayed(
  journal: readonly JournalRow[],
): Promise<{ readonly answer: unknown; readonly turns: number }> {
  const clock = new SimClock();
  const parts = {
    ...{ worker: "w1", kinds: [counterKind], clock },
    store: { journalOf: () => Promise.resolve(journal) },
    tail: { count: () => Promise.resolve(journal.length) },
  } as unknown as ActorOperationParts;
  const args = { actor };
  const running = actorOperations(parts)["replay"]?.run(args, {} as unknown as OperationRequest);
  let answer: unknown;
  void running?.then((value) => answer = value);
  let turns = 0;
  for (; answer === undefined && turns <= journal.length; turns++) {
    // deno-lint-ignore no-await-in-loop -- what else the worker does, once more
    await setImmediate();
    clock.advance(1);
  }
  return { answer: await running, turns };
}

test("a replay of a long journal lets the worker do other work in between", async () => {
  const journal = Array.from({ length: 1_000 }, (_, index) => added(index + 1));

  const { answer, turns } = await replayed(journal);

  assert.ok(turns > 3, `${turns} turns for others`);
  assert.deepEqual([valueOf(answer, "rows"), valueOf(answer, "isSame")], [1_000, true]);
});

test("records of passwords are not shown", async () => {
  const record = { scheme: "hmac-sha256", salt: "c2FsdA==", hash: "aGFzaA==" };
  const row = { ...added(1), effects: JSON.stringify([{ type: "reply", value: record }]) };

  const { answer } = await replayed([row]);

  const shown = JSON.stringify(valueOf(answer, "difference"));
  assert.match(shown, /"scheme":"hmac-sha256","salt":"\(hidden\)","hash":"\(hidden\)"/);
  assert.doesNotMatch(JSON.stringify(answer), /c2FsdA|aGFzaA/);
});

function valueOf(answer: unknown, name: string): unknown {
  return Reflect.get(Object(answer), name);
}
