import assert from "node:assert/strict";
import { test } from "node:test";
import { transition } from "xstate";
import type { ActorEvent, ActorState } from "./actor.ts";
import { counterKind, counterMachine } from "./sim/counter_actor.ts";
import { SimRandom } from "./sim/sim_random.ts";
import { initialState, restoredState, step, storedState, withContext } from "./step.ts";

const address = { tenant: "default", kind: "counter", key: "a" };

function event(type: string, now: number, fields: object = {}): ActorEvent {
  return { type, now, inputs: { drawn: 7 }, ...fields };
}

test("step() gives what xstate's public transition() gives, over random events", () => {
  const random = new SimRandom(7);
  const types = ["add", "add.drawn", "pass", "ship", "rest", "unknown", "xstate.after.rest"];
  let ours: ActorState = initialState(counterKind, address, 0).state;
  let theirs = ours;

  for (let now = 1; now <= 2_000; now++) {
    const type = types[Math.floor(random.fraction() * types.length)] ?? "add";
    const next = event(type, now, { to: "default:counter/b", by: now % 5 });
    ours = step(counterKind, ours, next).state;
    theirs = transition(counterMachine, theirs as never, next as never)[0];
    assert.deepEqual(ours.value, theirs.value);
    assert.deepEqual(ours.context, theirs.context);
    assert.equal(ours.status, theirs.status);
  }
});

test("step() collects effects in order and leaves the state before it unchanged", () => {
  const { state } = initialState(counterKind, address, 0);

  const stepped = step(counterKind, state, event("add", 1, { by: 3 }));

  assert.deepEqual(stepped.effects, [
    { type: "reply", value: { count: 3 } },
    { type: "fact", name: "counter.added", id: "a", data: { count: 3 } },
  ]);
  assert.equal(state.context.count, 0);
});

test("step() turns `after` into an alarm, and leaving the state into its disarming", () => {
  const { state } = initialState(counterKind, address, 0);

  const resting = step(counterKind, state, event("rest", 1_000));
  const alarm = resting.effects.find((effect) => effect.type === "arm");
  assert.equal(alarm?.due, 61_000);

  const awake = step(counterKind, resting.state, event(alarm.event.type, 61_000));
  assert.equal(awake.state.value, "counting");
  assert.deepEqual(awake.effects, [{ type: "disarm", name: alarm.name }]);
});

test("storedState() and restoredState() are inverse, and a fold survives them", () => {
  const { state } = initialState(counterKind, address, 0);
  const folded = withContext(state, { ...state.context, sampled: 4 });

  const restored = restoredState(counterKind, 1, storedState(counterKind, folded, 99));

  assert.equal(restored.lastAt, 99);
  assert.deepEqual(restored.state.context, folded.context);
  const next = step(counterKind, restored.state, event("add", 100));
  assert.equal(next.state.context.count, 1);
  assert.equal(next.state.context.sampled, 4);
});

test("step() lets the fault of a chart through and stays usable", () => {
  const { state } = initialState(counterKind, address, 0);

  assert.throws(() => step(counterKind, state, event("add", 1, { poison: true })), /poisoned/);

  assert.equal(step(counterKind, state, event("add", 2)).state.context.count, 1);
});
