import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  align,
  energySince,
  inSequence,
  powerFromEnergy,
  powerOf,
  totalsOf,
} from "./meter_series.ts";
import type { MeterValue } from "./shapes.ts";

const start = Date.UTC(2026, 10, 22, 12);

function reading(minute: number, value: number, more: Partial<MeterValue> = {}): MeterValue {
  return {
    at: new Date(start + minute * 60_000).toISOString(),
    measurand: "Power.Active.Import",
    context: "Sample.Periodic",
    value,
    unit: "W",
    ...more,
  };
}

test("totals are read in order of time, phases are left out (rule M3)", () => {
  const line = totalsOf(
    [reading(2, 7_000), reading(1, 6_900), reading(1, 2_300, { phase: "L1" })],
    "Power.Active.Import",
  );
  deepEqual(line, { times: [start + 60_000, start + 120_000], values: [6_900, 7_000] });
});

test("power is the sum of the phases only where there is no total", () => {
  const phases = ["L1", "L2", "L3"].map((phase) => reading(1, 2_300, { phase }));
  deepEqual(powerOf(phases).values, [6_900]);
  deepEqual(powerOf([...phases, reading(1, 6_950)]).values, [6_950]);
});

test("readings at other places than the outlet are not the outlet's", () => {
  const line = totalsOf([reading(1, 50_000, { location: "Inlet" })], "Power.Active.Import");
  equal(line.times.length, 0);
});

test("power from a register is the mean over each interval", () => {
  const register = {
    times: [start, start + 60_000, start + 240_000],
    values: [1_000, 1_100, 1_100],
  };
  deepEqual(powerFromEnergy(register), {
    times: [start + 60_000, start + 240_000],
    values: [6_000, 0],
  });
});

test("a register that falls gives no power", () => {
  deepEqual(powerFromEnergy({ times: [start, start + 60_000], values: [100, 50] }).times, []);
});

test("energy counts from the start of the session, or from the first reading", () => {
  const register = { times: [start, start + 60_000], values: [1_050, 1_150] };
  deepEqual(energySince(register, 1_000).values, [50, 150]);
  deepEqual(energySince(register, null).values, [0, 100]);
});

test("lines share one axis of time; a reading that one of them lacks is no gap in it", () => {
  const aligned = align([{ times: [1, 3], values: [10, 30] }, { times: [2, 3], values: [5, 6] }]);
  deepEqual(aligned, { times: [1, 2, 3], values: [[10, undefined, 30], [undefined, 5, 6]] });
});

test("a line breaks where nothing was said for long", () => {
  const later = start + 11 * 60_000;
  const aligned = align([{ times: [start, later], values: [7_000, 3_000] }]);
  deepEqual(aligned, { times: [start, start + 1, later], values: [[7_000, null, 3_000]] });
});

test("a line breaks between two sessions", () => {
  const second = { times: [5, 6], values: [50, 60] };
  const aligned = align([inSequence([second, { times: [1, 2], values: [10, 20] }])]);
  deepEqual(aligned, { times: [1, 2, 3, 5, 6], values: [[10, 20, null, 50, 60]] });
});

test("a break lasts until the next reading, also where another line has one", () => {
  const broken = inSequence([{ times: [1], values: [10] }, { times: [9], values: [90] }]);
  const aligned = align([broken, { times: [5], values: [50] }]);
  deepEqual(aligned, {
    times: [1, 2, 5, 9],
    values: [[10, null, null, 90], [undefined, undefined, 50, undefined]],
  });
});
