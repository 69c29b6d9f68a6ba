import type { Report } from "./report.ts";

/** What a run must reach (design section 9, two cores, client on the same machine). */

export interface Judgement {
  readonly isMet: boolean;
  readonly sentence: string;
}

/** Share of the bare server's rate. */
export const ratioGoals: Readonly<Record<string, number>> = { heartbeat: 0.5, meter: 0.3 };
const SESSIONS_PER_SECOND = 800;
const CALLS_PER_SESSION = 8;
/** 1,000 chargers in 2 s, 10,000 in 20 s. */
const STORM_PER_SECOND = 500;
/** Paced meter messages. */
const PACED_P99_MS = 100;

export function judge(report: Report, options: { goal?: number; isPaced: boolean }): Judgement {
  const ours = report.rounds.filter((round) => round.target === "platform");
  const errors = ours.reduce((sum, round) => sum + round.errors, 0);
  const missing = report.landed.filter((landed) => landed.found !== landed.expected);
  if (errors > 0) return missed(`${errors} errors`);
  if (missing.length > 0) return missed(`${missing[0]?.what} differ from what was answered`);
  if (report.answeredPerSecond === 0) return missed("nothing was answered");
  if (options.isPaced) {
    const p99 = Math.max(...ours.map((round) => round.p99Ms));
    return compare("p99 of paced messages in ms", p99, options.goal ?? PACED_P99_MS, "most");
  }
  const rate = report.answeredPerSecond;
  switch (report.scenario) {
    case "session":
      return compare(
        "whole sessions/s",
        rate / CALLS_PER_SESSION,
        options.goal ?? SESSIONS_PER_SECOND,
      );
    case "storm":
      return compare("chargers accepted/s", rate, options.goal ?? STORM_PER_SECOND);
  }
  const goal = options.goal ?? ratioGoals[report.scenario];
  if (report.ratio === undefined || goal === undefined) {
    return { isMet: true, sentence: `passed: ${Math.round(rate)} answers/s without an error` };
  }
  return compare("share of the bare server's rate", report.ratio, goal);
}

function compare(what: string, value: number, goal: number, limit = "least"): Judgement {
  const isMet = limit === "least" ? value >= goal : value <= goal;
  const told = `${what} ${round(value)}, goal at ${limit} ${round(goal)}`;
  return { isMet, sentence: `${isMet ? "passed" : "failed"}: ${told}` };
}

function missed(why: string): Judgement {
  return { isMet: false, sentence: `failed: ${why}` };
}

function round(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toFixed(2);
}
