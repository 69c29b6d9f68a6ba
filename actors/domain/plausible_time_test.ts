import assert from "node:assert/strict";
import { test } from "node:test";
import {
  believedEnd,
  believedSamples,
  believedTime,
  clockOffsetMs,
  isClockOff,
  rememberedOffset,
} from "./plausible_time.ts";
import { energySample } from "./sample_testing.ts";

const noon = 1_795_348_800_000;
const day = 86_400_000;

test("rule T4: the station's timestamp is the truth, also weeks after", () => {
  for (const at of [noon, noon - 5_000, noon - 60 * day, noon + 3_600_000]) {
    assert.deepEqual(believedTime(at, noon), { at, flag: null });
  }
});

test("rule T4: a clock that was never set, or far ahead, is not believed and flagged", () => {
  for (const at of [0, 946_684_800_000, -62_135_596_800_000]) {
    assert.deepEqual(believedTime(at, noon), { at: noon, flag: "clockNeverSet" });
  }
  assert.deepEqual(believedTime(noon + 2 * day, noon), { at: noon, flag: "clockAhead" });
});

test("rule T4: samples of a clock that was never set count from when they came", () => {
  const good = [energySample(noon - day, 5)];
  assert.equal(believedSamples(good, noon), good);
  const odd = [energySample(0, 5), energySample(noon - 1_000, 6)];
  assert.deepEqual(believedSamples(odd, noon).map(({ at }) => at), [noon, noon - 1_000]);
});

test("an end is never before its start", () => {
  assert.equal(believedEnd(noon - 1, noon), noon);
  assert.equal(believedEnd(noon + 1, noon), noon + 1);
});

test("rule T4: a clock off by more than a minute either way is off", () => {
  assert.equal(isClockOff(clockOffsetMs(noon + 60_000, noon)), false);
  assert.equal(isClockOff(clockOffsetMs(noon + 60_001, noon)), true);
  assert.equal(isClockOff(clockOffsetMs(noon - 60_001, noon)), true);
  assert.equal(isClockOff(null), false);
});

test("rememberedOffset() follows a clock ahead at once and one behind by and by", () => {
  assert.equal(rememberedOffset(null, -5_000), -5_000);
  assert.equal(rememberedOffset(-5_000, 1_000), 1_000);
  const oneLate = rememberedOffset(0, -400_000);
  assert.equal(isClockOff(oneLate), false);
  let offset = 0;
  for (let message = 0; message < 20; message++) offset = rememberedOffset(offset, -400_000);
  assert.equal(isClockOff(offset), true);
});
