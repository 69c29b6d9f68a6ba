import assert from "node:assert/strict";
import { test } from "node:test";
import { checkerNames } from "./checkers/verdict.ts";
import { mutations } from "./mutations.ts";
import { breachOf } from "./seeded_run.ts";

const SEEDS_MAX = 40;
const STEPS = 2_000;

test("there is a mutation for each checker", () => {
  const checked = new Set(mutations.map(({ checker }) => checker));

  // That one says that the simulation has not kept up with the code.
  const wanted = Object.keys(checkerNames).filter((name) => name !== "simulation");
  assert.deepEqual([...checked].sort(), wanted.sort());
});

for (const { checker, bug, plant, plan, steps } of mutations) {
  test(`"${checker}" notices when ${bug}`, async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= SEEDS_MAX && !found.includes(checker); seed++) {
      const request = { seed, steps: steps ?? STEPS, plan: plan?.(seed), sabotage: plant() };
      // deno-lint-ignore no-await-in-loop -- until one shows it
      const breach = await breachOf(request);
      if (breach !== undefined) found.push(breach.checker);
    }

    assert.ok(found.includes(checker), `found by ${SEEDS_MAX} seeds: ${found.join(", ")}`);
  });
}
