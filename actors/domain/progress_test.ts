import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample } from "#schemas/events/station.ts";
import { noProgress, progressed } from "./progress.ts";
import { energySample, minute, powerSample } from "./sample_testing.ts";

const noon = 1_795_348_800_000;

function measured(measurand: string, value: number, phase: string | null = null): Sample {
  return energySample(noon, value, { measurand, phase, unit: "" });
}

test("progressed() takes power, current, SoC and register of the newest instant", () => {
  const samples = [
    powerSample(noon, 7_360),
    measured("Current.Import", 10.2, "L1"),
    measured("Current.Import", 11.5, "L2"),
    measured("SoC", 61),
    energySample(noon, 98_765),
  ];
  assert.deepEqual(progressed(noProgress, samples), {
    at: noon,
    powerW: 7_360,
    currentA: 11.5,
    socPercent: 61,
    registerWh: 98_765,
    registerAt: noon,
  });
});

test("progressed() keeps what a later message does not tell, and ignores an older one", () => {
  const known = progressed(noProgress, [powerSample(noon, 7_000), measured("SoC", 50)]);
  const later = progressed(known, [powerSample(noon + minute, 6_000)]);
  assert.equal(later.socPercent, 50);
  assert.equal(later.powerW, 6_000);
  assert.equal(progressed(later, [powerSample(noon, 99)]), later);
  assert.equal(progressed(later, []), later);
});

test("rule M3: power of phases is summed only without a total", () => {
  const phases = [2_000, 2_100, 2_200].map((watts, index) =>
    measured("Power.Active.Import", watts, `L${index + 1}`)
  );
  assert.equal(progressed(noProgress, phases).powerW, 6_300);
  assert.equal(progressed(noProgress, [...phases, powerSample(noon, 6_250)]).powerW, 6_250);
});

test("unreported power comes from current and voltage, else from the register", () => {
  const amperes = [10, 10, 10].map((value, index) =>
    measured("Current.Import", value, `L${index + 1}`)
  );
  const volts = [230, 231, 229].map((value, index) =>
    measured("Voltage", value, `L${index + 1}-N`)
  );
  assert.equal(progressed(noProgress, [...amperes, ...volts]).powerW, 6_900);
  assert.equal(progressed(noProgress, amperes).powerW, null);
  const first = progressed(noProgress, [energySample(noon, 1_000)]);
  assert.equal(progressed(first, [energySample(noon + 6 * minute, 2_100)]).powerW, 11_000);
  assert.equal(progressed(first, [energySample(noon + 1_000, 1_010)]).powerW, null);
  assert.equal(progressed(first, [energySample(noon + minute, 900)]).powerW, null);
});
