import assert from "node:assert/strict";
import { test } from "node:test";
import { breachOf, runSeed } from "./seeded_run.ts";
import { calmPlan } from "./plan.ts";

const SEEDS = 200;
const SEEDS_PER_TEST = 25;
const STEPS = 2_000;

test("on a calm day every charge is told, answered and billed to the watt-hour", async () => {
  const figures = await runSeed({ seed: 1, steps: STEPS, plan: calmPlan(1) });

  assert.ok(figures.charges >= 10, `${figures.charges} charges`);
  assert.ok(figures.answers >= 50, `${figures.answers} answers`);
  assert.equal(figures.disasters, 0);
});

test("the same seed gives the same run", async () => {
  const one = await runSeed({ seed: 7, steps: STEPS });
  const again = await runSeed({ seed: 7, steps: STEPS });
  const other = await runSeed({ seed: 8, steps: STEPS });

  assert.deepEqual(again, one);
  assert.notDeepEqual(other, one);
});

for (let first = 1; first <= SEEDS; first += SEEDS_PER_TEST) {
  const last = first + SEEDS_PER_TEST - 1;
  test(`seeds ${first} to ${last}: all holds through ${STEPS} steps of faults`, async () => {
    for (let seed = first; seed <= last; seed++) {
      // deno-lint-ignore no-await-in-loop -- one world after the other
      const breach = await breachOf({ seed, steps: STEPS });
      assert.equal(breach, undefined, `seed ${seed}: ${breach?.message}`);
    }
  });
}
