import type { Latencies } from "./latencies.ts";
import { median } from "./latencies.ts";
import type { ServerUse } from "./processes.ts";

/** What a load run measured, as it is printed and as `--json` writes it. */

export interface RoundFigures {
  readonly target: "platform" | "bare ws";
  readonly seconds: number;
  readonly answered: number;
  readonly answeredPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly errors: number;
  readonly server: readonly ServerUse[];
  /** Cores that this client kept busy. */
  readonly clientCores: number;
}

export interface Landed {
  readonly what: string;
  readonly expected: number;
  readonly found: number;
}

export interface Report {
  readonly scenario: string;
  readonly chargers: number;
  readonly url: string;
  readonly startedAt: string;
  readonly rounds: readonly RoundFigures[];
  readonly landed: readonly Landed[];
  /**
   * Median rates of the platform and of the bare server, and the median of the rounds' quotients.
   */
  readonly answeredPerSecond: number;
  readonly referencePerSecond?: number;
  readonly ratio?: number;
}

export function figuresOf(
  target: RoundFigures["target"],
  result: { seconds: number; answered: number; errors: number; latencies: Latencies },
  use: { server: readonly ServerUse[]; clientCores: number },
): RoundFigures {
  const { latencies } = result;
  return {
    target,
    seconds: result.seconds,
    answered: result.answered,
    answeredPerSecond: result.answered / result.seconds,
    p50Ms: latencies.quantile(0.5),
    p95Ms: latencies.quantile(0.95),
    p99Ms: latencies.quantile(0.99),
    maxMs: latencies.maxMs,
    errors: result.errors,
    ...use,
  };
}

/**
 * The rates that a run stands for. Rounds alternate, so the n-th of both are neighbours in time.
 */
export function summaryOf(
  rounds: readonly RoundFigures[],
): Pick<Report, "answeredPerSecond" | "referencePerSecond" | "ratio"> {
  const ours = ratesOf(rounds, "platform");
  const bare = ratesOf(rounds, "bare ws");
  if (bare.length === 0) return { answeredPerSecond: median(ours) };
  return {
    answeredPerSecond: median(ours),
    referencePerSecond: median(bare),
    ratio: median(ours.map((rate, index) => rate / (bare[index] ?? Number.NaN))),
  };
}

function ratesOf(
  rounds: readonly RoundFigures[],
  target: RoundFigures["target"],
): readonly number[] {
  return rounds.filter((round) => round.target === target).map((round) => round.answeredPerSecond);
}

export function reportText(report: Report): string {
  const rows = report.rounds.map((round) => [
    round.target,
    round.seconds.toFixed(2),
    String(round.answered),
    Math.round(round.answeredPerSecond).toString(),
    milliseconds(round.p50Ms),
    milliseconds(round.p95Ms),
    milliseconds(round.p99Ms),
    String(round.errors),
    round.server.reduce((sum, use) => sum + use.cores, 0).toFixed(2),
    megabytes(round.server.reduce((sum, use) => sum + use.memoryBytes, 0)),
    round.clientCores.toFixed(2),
  ]);
  const head = ["target", "s", "answered", "/s", "p50 ms", "p95 ms", "p99 ms", "errors"];
  return [
    `${report.scenario}, ${report.chargers} chargers, ${report.url}`,
    table([[...head, "server cores", "server MB", "client cores"], ...rows]),
    ...processLines(report.rounds),
    ...report.landed.map((landed) =>
      `landed: ${landed.found} of ${landed.expected} ${landed.what}` +
      (landed.found === landed.expected ? "" : "  <- DIFFERS")
    ),
    ...(report.ratio === undefined ? [] : [
      `median: platform ${Math.round(report.answeredPerSecond)}/s, bare ws ` +
      `${Math.round(report.referencePerSecond ?? 0)}/s, ratio ${report.ratio.toFixed(3)}`,
    ]),
  ].join("\n");
}

/** The last platform round, by kind of process. */
function processLines(rounds: readonly RoundFigures[]): readonly string[] {
  const last = rounds.findLast((round) => round.target === "platform");
  return (last?.server ?? []).map((use) =>
    `server process ${use.name}: ${use.cores.toFixed(2)} cores, ${megabytes(use.memoryBytes)} MB`
  );
}

/** Columns by width; the first is text, the others are numbers. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ")
  ).join("\n");
}

function milliseconds(ms: number): string {
  return ms < 100 ? ms.toFixed(2) : Math.round(ms).toString();
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}

/** How a figure changed, for example `+12.5 %`; empty without a baseline. */
export function change(now: number, before: number | undefined): string {
  if (before === undefined || before === 0) return "";
  const percent = (now / before - 1) * 100;
  return `${percent >= 0 ? "+" : ""}${percent.toFixed(1)} %`;
}
