import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { gatewayLimits } from "./limits.ts";
import { StoreState } from "./store_state.ts";

test("the store is away when told, and lost after twenty seconds", () => {
  const clock = new SimClock();
  const store = new StoreState(clock, gatewayLimits);

  store.told("w", 3_000);
  const atFirst = [store.isAway, store.isLost];
  clock.advance(14_000);
  store.told("w", 17_000);
  clock.advance(4_000);
  const later = [store.isAway, store.isLost];
  store.told("w", null);

  assert.deepEqual([atFirst, later], [[true, false], [true, true]]);
  assert.deepEqual([store.isAway, store.isLost], [false, false]);
});

test("orders each second tell once that the store is lost, and again when it is lost again", () => {
  const clock = new SimClock();
  const store = new StoreState(clock, gatewayLimits);
  const lostAfter: number[] = [];
  const away = (): void => {
    for (let second = 4; second < 40; second++) {
      if (store.told("w", 1_000 * second)) lostAfter.push(second);
      clock.advance(1_000);
    }
  };

  away();
  store.told("w", null);
  away();

  assert.deepEqual(lostAfter, [21, 21]);
});

test("an order that is not repeated does not hold for ever", () => {
  const clock = new SimClock();
  const store = new StoreState(clock, gatewayLimits);
  store.told("w", 60_000);

  clock.advance(15_000);

  assert.deepEqual([store.isAway, store.isLost], [false, false]);
});

test("one worker's broken link is not everybody's, for as long as another says that it answers", () => {
  const clock = new SimClock();
  const store = new StoreState(clock, gatewayLimits);
  let closings = 0;
  const tell = (worker: string, awayMs: number | null): void => {
    if (store.told(worker, awayMs)) closings++;
  };
  for (let second = 4; second < 40; second++) {
    tell("broken", 1_000 * second);
    tell("good", null);
    clock.advance(1_000);
  }
  const withBoth = [store.isAway, store.isLost, closings];

  // The good one dies: its word holds for five seconds more.
  for (let second = 40; second < 50; second++) {
    tell("broken", 1_000 * second);
    clock.advance(1_000);
  }

  assert.deepEqual(withBoth, [false, false, 0]);
  assert.deepEqual([store.isAway, store.isLost, closings], [true, true, 1]);
});

test("it is away since the last of the workers lost it", () => {
  const clock = new SimClock();
  const store = new StoreState(clock, gatewayLimits);
  store.told("one", 30_000);
  store.told("two", 5_000);
  assert.deepEqual([store.isAway, store.isLost], [true, false]);
});
