import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { gatewayLimits } from "./limits.ts";
import { isNewer } from "./presence.ts";
import { StoreState } from "./store_state.ts";

test("the store is away when told, and lost after twenty seconds", () => {
  const clock = new SimClock();
  const store = new StoreState(clock, gatewayLimits);

  store.told(3_000);
  const atFirst = [store.isAway, store.isLost];
  clock.advance(14_000);
  store.told(17_000);
  clock.advance(4_000);
  const later = [store.isAway, store.isLost];
  store.told(null);

  assert.deepEqual([atFirst, later], [[true, false], [true, true]]);
  assert.deepEqual([store.isAway, store.isLost], [false, false]);
});

test("orders each second tell once that the store is lost, and again when it is lost again", () => {
  const clock = new SimClock();
  const store = new StoreState(clock, gatewayLimits);
  const lostAfter: number[] = [];
  const away = (): void => {
    for (let second = 4; second < 40; second++) {
      if (store.told(1_000 * second)) lostAfter.push(second);
      clock.advance(1_000);
    }
  };

  away();
  store.told(null);
  away();

  assert.deepEqual(lostAfter, [21, 21]);
});

test("an order that is not repeated does not hold for ever", () => {
  const clock = new SimClock();
  const store = new StoreState(clock, gatewayLimits);
  store.told(60_000);

  clock.advance(15_000);

  assert.deepEqual([store.isAway, store.isLost], [false, false]);
});

test("isNewer() compares epochs number by number", () => {
  assert.ok(isNewer("1.10", "1.9"));
  assert.ok(isNewer("10.1", "9.99"));
  assert.ok(!isNewer("1.1", "1.1"));
  assert.ok(!isNewer("2.1", "3.0"));
});
