import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnsweredSchedule, scheduleDifferences } from "./composite_difference.ts";
import type { CompositeSchedule } from "./composite_schedule.ts";

const at = Date.parse("2026-11-22T12:00:00Z");

function period(startS: number, limit: number | null): CompositeSchedule["periods"][number] {
  const amounts = limit === null ? null : { l1: limit, l2: null, l3: null };
  return { startS, limit: amounts, dischargeLimit: null, setpoint: null, numberPhases: 3 };
}

function ours(...periods: [number, number | null][]): CompositeSchedule {
  return {
    evseId: 1,
    startAt: at,
    durationS: 600,
    unit: "A",
    periods: periods.map(([startS, limit]) => period(startS, limit)),
  };
}

function theirs(
  changes: Partial<AnsweredSchedule>,
  ...periods: [number, number][]
): AnsweredSchedule {
  return {
    startAt: at,
    durationS: 600,
    unit: "A",
    periods: periods.map(([startS, limit]) => ({
      ...period(startS, limit),
      phaseToUse: null,
      operationMode: null,
    })),
    ...changes,
  };
}

test("equal schedules, and ones that differ by rounding, do not differ", () => {
  const mine = ours([0, 16_000], [300, 8_100]);
  assert.deepEqual(scheduleDifferences(mine, theirs({}, [0, 16_000], [300, 8_000])), []);
});

test("where we know of no limit any answer is right", () => {
  const mine = ours([0, null], [300, 8_000]);
  assert.deepEqual(scheduleDifferences(mine, theirs({}, [0, 32_000], [300, 8_000])), []);
});

test("a difference spans what stays the same on both sides", () => {
  const mine = ours([0, 16_000], [400, 8_000]);
  assert.deepEqual(
    scheduleDifferences(mine, theirs({}, [0, 16_000], [100, 20_000], [200, 20_000])),
    [
      { startS: 100, endS: 400, ours: 16_000, theirs: 20_000 },
      { startS: 400, endS: 600, ours: 8_000, theirs: 20_000 },
    ],
  );
});

test("an answer that starts later or ends earlier says nothing for the rest", () => {
  const answer = theirs({ startAt: at + 60_000, durationS: 240 }, [0, 16_000]);
  assert.deepEqual(scheduleDifferences(ours([0, 16_000]), answer), [
    { startS: 0, endS: 60, ours: 16_000, theirs: null },
    { startS: 300, endS: 600, ours: 16_000, theirs: null },
  ]);
});
