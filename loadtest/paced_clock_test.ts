import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { pacedClock } from "./paced_clock.ts";

test("a paced clock begins with its base and then runs faster", () => {
  const base = new SimClock();
  const fast = pacedClock(base, 60);
  const startedAt = fast.now();
  assert.equal(startedAt, base.now());
  let rungAt = 0;
  fast.schedule(120_000, () => rungAt = fast.now());
  base.advance(1_999);
  assert.equal(rungAt, 0);
  base.advance(1);
  assert.equal(rungAt, startedAt + 120_000);
});
