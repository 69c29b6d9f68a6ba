import assert from "node:assert/strict";
import { test } from "node:test";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { Latencies, median } from "./latencies.ts";

test("quantiles are within one per cent of the sorted list", () => {
  const random = new SimRandom(7);
  const latencies = new Latencies();
  const all: number[] = [];
  for (let index = 0; index < 20_000; index++) {
    const ms = 0.02 + 2_000 * random.fraction() ** 6;
    latencies.add(ms);
    all.push(ms);
  }
  all.sort((left, right) => left - right);
  for (const share of [0.5, 0.95, 0.99, 1]) {
    const exact = all[Math.ceil(all.length * share) - 1] ?? 0;
    const told = latencies.quantile(share);
    assert.ok(Math.abs(told - exact) <= exact * 0.01 + 0.001, `${share}: ${told} for ${exact}`);
  }
  assert.equal(latencies.count, 20_000);
});

test("none gives 0, merging adds up, very long waits are kept", () => {
  const latencies = new Latencies();
  assert.equal(latencies.quantile(0.99), 0);
  const other = new Latencies();
  other.add(5_000_000);
  latencies.merge(other);
  assert.equal(latencies.count, 1);
  assert.equal(latencies.maxMs, 5_000_000);
});

test("the median of an even number is the lower middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2);
  assert.equal(median([]), 0);
});
