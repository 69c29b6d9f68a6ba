import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { lineOf, stepTable } from "./step_lines.ts";

test("stepTable() holds each value until the next, and breaks a line at its end", () => {
  const ours = lineOf(0, 30, [{ startPeriod: 0, limit: 16 }, { startPeriod: 10, limit: 8 }]);
  const theirs = lineOf(5_000, 10, [{ startPeriod: 0, limit: 6 }]);
  deepEqual(stepTable([ours, theirs]), {
    times: [0, 5_000, 10_000, 15_000, 30_000],
    values: [[16, 16, 8, 8, 8], [null, 6, 6, 6, null]],
  });
});

test("stepTable() of schedules that say nothing is empty", () => {
  deepEqual(stepTable([lineOf(0, 30, [])]), { times: [], values: [[]] });
});

test("lineOf() keeps what nobody limits", () => {
  deepEqual(lineOf(0, 1, [{ startPeriod: 0, limit: null }]).steps, [{ at: 0, value: null }]);
});
