import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "./sim/sim_clock.ts";
import { SlowActors } from "./slow_actors.ts";

test("the ten slowest are kept, each with its longest step", () => {
  const slow = new SlowActors(new SimClock());

  for (let actor = 0; actor < 30; actor++) slow.note(`a${actor}`, actor);
  slow.note("a29", 5);
  slow.note("a3", 100);

  assert.deepEqual(slow.slowest.map(({ actor }) => actor), [
    "a3",
    ...[29, 28, 27, 26, 25, 24, 23, 22, 21].map((actor) => `a${actor}`),
  ]);
  assert.equal(slow.slowest[1]?.stepMs, 29);
});

test("quick steps and those of long ago are not told", () => {
  const clock = new SimClock();
  const slow = new SlowActors(clock);

  slow.note("quick", 0.9);
  slow.note("slow", 50);
  clock.advance(70_000);
  slow.note("later", 2);

  assert.deepEqual(slow.slowest, [
    { actor: "slow", stepMs: 50 },
    { actor: "later", stepMs: 2 },
  ]);
  clock.advance(60_000);
  assert.deepEqual(slow.slowest, [{ actor: "later", stepMs: 2 }]);
  clock.advance(120_000);
  assert.deepEqual(slow.slowest, []);
});
