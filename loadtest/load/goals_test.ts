import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./goals.ts";
import { figuresOf, type Report, summaryOf } from "./report.ts";
import { Latencies } from "./latencies.ts";

function reportOf(rates: readonly (readonly [number, number])[], changes: Partial<Report>): Report {
  const round = (target: "platform" | "bare ws", answered: number) =>
    figuresOf(
      target,
      { seconds: 1, answered, errors: 0, latencies: new Latencies() },
      { server: [], clientCores: 0 },
    );
  const rounds = rates.flatMap(([ours, bare]) => [round("platform", ours), round("bare ws", bare)]);
  return {
    scenario: "heartbeat",
    chargers: 1,
    url: "ws://x",
    startedAt: "",
    rounds,
    landed: [],
    ...summaryOf(rounds),
    ...changes,
  };
}

const rates = [[500, 1_000], [300, 1_000], [900, 1_000]] as const;

test("the ratio is the median of neighbouring rounds", () => {
  assert.equal(reportOf(rates, {}).ratio, 0.5);
  assert.equal(judge(reportOf(rates, {}), { isPaced: false }).isMet, true);
  assert.equal(judge(reportOf(rates, {}), { isPaced: false, goal: 0.6 }).isMet, false);
});

test("what was answered and did not land fails the run", () => {
  const landed = [{ what: "rows", expected: 10, found: 9 }];
  const judgement = judge(reportOf(rates, { landed }), { isPaced: false });
  assert.equal(judgement.isMet, false);
  assert.match(judgement.sentence, /^failed: rows/);
});

test("sessions are judged by eight answers each", () => {
  const report = reportOf([[8_000, 1]], { scenario: "session" });
  assert.equal(judge(report, { isPaced: false }).isMet, true);
  const slow = reportOf([[6_000, 1]], { scenario: "session" });
  assert.equal(judge(slow, { isPaced: false }).isMet, false);
});
