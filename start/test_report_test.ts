import assert from "node:assert/strict";
import { test } from "node:test";
import { countsOf, verdict } from "./test_report.ts";

const report = `<testsuites><testsuite name="a > b">
  <testcase name="one" time="0.1"></testcase>
  <testcase name="t > u" classname="test" file="a"/>
  <testcase name="three"><skipped/></testcase>
  <testcase name="four"><failure message="1 !== 2">text</failure></testcase>
</testsuite></testsuites>`;

test("countsOf() counts cases by their outcome", () => {
  assert.deepEqual(countsOf(report, false), { passed: 2, failed: 1, skipped: 1 });
});

test("countsOf() counts a runner that broke without a failed case as a failure", () => {
  assert.deepEqual(countsOf("", false), { passed: 0, failed: 1, skipped: 0 });
});

test("verdict() names skipped tests only when there are some", () => {
  assert.equal(verdict({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assert.equal(verdict({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});
