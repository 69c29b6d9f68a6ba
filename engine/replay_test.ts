import assert from "node:assert/strict";
import { test } from "node:test";
import type { JournalRow } from "./ports/store.ts";
import { replay } from "./replay.ts";
import { counterKind } from "./sim/counter_actor.ts";

const actor = "default:counter/a";
const added = (count: number): string =>
  JSON.stringify([
    { type: "reply", value: { count } },
    { type: "fact", name: "counter.added", id: "a", data: { count } },
  ]);

function row(seq: number, fields: Partial<JournalRow> = {}): JournalRow {
  return {
    seq,
    actor,
    class: "T",
    at: 1_000 * seq,
    type: "add",
    revision: 1,
    header: '{"type":"add","cause":"test"}',
    body: '{"by":2}',
    inputs: null,
    reply: null,
    effects: added(2 * seq),
    ...fields,
  };
}

test("replay() gives the state and the same effects again", () => {
  const journal = [row(1), row(2), row(3)];

  const replayed = replay({ kinds: [counterKind], actor, journal });

  assert.equal(replayed.state.context.count, 6);
  assert.equal(replayed.difference, undefined);
});

test("replay() to an instant gives the actor as it was then", () => {
  const journal = [row(1), row(2), row(3)];

  const { state, rows } = replay({ kinds: [counterKind], actor, journal, until: 2_500 });

  assert.equal(state.context.count, 4);
  assert.equal(rows, 2);
});

test("replay() reports the first row that comes out differently", () => {
  const journal = [row(1), row(2, { effects: added(5) }), row(3, { effects: added(7) })];

  const { difference } = replay({ kinds: [counterKind], actor, journal });

  assert.equal(difference?.seq, 2);
});

test("replay() folds samples and rings alarms as they were journalled", () => {
  const rest = { type: "rest", header: '{"type":"rest","cause":"t"}', body: "{}" };
  const armed = [{ type: "reply", value: "ok" }, {
    type: "arm",
    name: "xstate.after.rest.counter.resting",
    due: 61_000,
    event: { type: "xstate.after.rest.counter.resting" },
  }];
  const name = "xstate.after.rest.counter.resting";
  const journal = [
    row(1, { ...rest, effects: JSON.stringify(armed) }),
    row(2, { class: "S", header: '{"type":"sample","cause":"t"}', body: "{}", effects: null }),
    row(61, {
      type: name,
      header: JSON.stringify({ type: "alarm", cause: `alarm ${name} 1` }),
      body: JSON.stringify({ type: name }),
      effects: JSON.stringify([{ type: "disarm", name }, { type: "disarm", name }]),
    }),
  ];

  const { state, difference } = replay({ kinds: [counterKind], actor, journal });

  assert.equal(difference, undefined);
  assert.deepEqual([state.value, state.context.sampled], ["counting", 1]);
});
