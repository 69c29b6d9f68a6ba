import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentQuantiles } from "./recent_quantiles.ts";
import { SimClock } from "./sim/sim_clock.ts";

const bounds = [1, 2, 4, 8];

test("at() gives shares inside the buckets", () => {
  const recent = new RecentQuantiles(bounds, new SimClock());

  assert.equal(recent.at(0.5), undefined);
  for (let value = 0; value < 90; value++) recent.add(0.5);
  for (let value = 0; value < 10; value++) recent.add(3);

  assert.equal(recent.at(0.45), 0.5);
  assert.equal(recent.at(0.9), 1);
  assert.equal(recent.at(0.95), 3);
  assert.equal(recent.at(1), 4);
});

test("at() of what lies beyond the last bound is that bound", () => {
  const recent = new RecentQuantiles(bounds, new SimClock());

  recent.add(1_000);

  assert.equal(recent.at(0.99), 8);
});

test("at() forgets what is older than a minute", () => {
  const clock = new SimClock();
  const recent = new RecentQuantiles(bounds, clock);

  recent.add(8);
  clock.advance(31_000);
  recent.add(0.5);
  assert.equal(recent.at(1), 8);
  clock.advance(30_000);
  assert.equal(recent.at(1), 1);
  clock.advance(60_000);
  assert.equal(recent.at(1), undefined);
});
