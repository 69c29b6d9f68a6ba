import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { gatewayLimits } from "./limits.ts";
import { RivalWaits } from "./rival_waits.ts";

test("a wait is remembered per device until its actor is to be asked again", () => {
  const clock = new SimClock();
  const waits = new RivalWaits(clock, gatewayLimits);
  waits.note("CP1", "192.0.2.1", 300);

  clock.advance(gatewayLimits.rivalAskMs - 1);
  const during = ["192.0.2.1", "192.0.2.2"].map((address) => waits.secondsOf("CP1", address));
  clock.advance(1);

  assert.deepEqual(during, [291, 0]);
  assert.equal(waits.secondsOf("CP1", "192.0.2.1"), 0);
  assert.equal(waits.size, 0);
});

test("a short wait ends when it ends", () => {
  const clock = new SimClock();
  const waits = new RivalWaits(clock, gatewayLimits);
  waits.note("CP1", "192.0.2.1", 4);
  clock.advance(3_999);
  assert.equal(waits.secondsOf("CP1", "192.0.2.1"), 1);
  clock.advance(1);
  assert.equal(waits.secondsOf("CP1", "192.0.2.1"), 0);
});

test("what is remembered is bounded, the oldest is forgotten first", () => {
  const waits = new RivalWaits(new SimClock(), { ...gatewayLimits, rememberedMax: 3 });
  for (let n = 0; n < 10; n++) waits.note(`CP${n}`, "192.0.2.1", 8);
  assert.equal(waits.size, 3);
  assert.equal(waits.secondsOf("CP6", "192.0.2.1"), 0);
  assert.equal(waits.secondsOf("CP7", "192.0.2.1"), 8);
});
