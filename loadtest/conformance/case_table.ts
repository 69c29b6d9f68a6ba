/** What a run of the cases came to: as a table for the terminal, for the docs, and as one line. */
import { actionsOf } from "#schemas/ocpp_actions.ts";
import { casesOf, type ListedCase, protocolOf, type Version, versions } from "./case_lists.ts";
import type { CaseResult } from "./case_results.ts";
import { provenActions } from "./proven_actions.ts";

export type Results = ReadonlyMap<Version, ReadonlyMap<string, CaseResult>>;

export interface CaseRow {
  readonly version: Version;
  readonly listed: ListedCase;
  /** Absent: no test of it passed. */
  readonly result: CaseResult | undefined;
}

/** Versions whose every case must be proven that needs no more than plain sockets. */
const demanded: ReadonlySet<Version> = new Set(["1.6", "2.0.1"]);
const DEMAND_SHOWN_MAX = 56;

export function rowsOf(results: Results, version: Version): readonly CaseRow[] {
  return casesOf(version).map((listed) => ({
    version,
    listed,
    result: results.get(version)?.get(listed.id),
  }));
}

/** Cases without a proof that nothing excuses. */
export function missingCases(results: Results): readonly CaseRow[] {
  return versions.filter((version) => demanded.has(version))
    .flatMap((version) => rowsOf(results, version))
    .filter(({ listed, result }) => result === undefined && listed.needs === undefined);
}

/** `1.6 n/77 2.0.1 n/252 2.1 n/78 actions n/39 n/64 n/91`. */
export function verdictLine(results: Results): string {
  const cases = versions.map((version) => {
    const rows = rowsOf(results, version);
    return `${version} ${rows.filter(({ result }) => result !== undefined).length}/${rows.length}`;
  });
  const actions = versions.map((version) =>
    `${actionsProven(results, version).size}/${actionsOf(protocolOf[version]).size}`
  );
  return `${cases.join(" ")} actions ${actions.join(" ")}`;
}

/** Actions of a version that no passed case shows. */
export function missingActions(results: Results, version: Version): readonly string[] {
  const proven = actionsProven(results, version);
  return [...actionsOf(protocolOf[version]).keys()].filter((action) => !proven.has(action));
}

function actionsProven(results: Results, version: Version): ReadonlySet<string> {
  const frames = [...results.values()].flatMap((byCase) => [...byCase.values()])
    .flatMap((result) => result.frames);
  return provenActions(protocolOf[version], frames);
}

export function terminalTable(results: Results, version: Version): string {
  const rows = rowsOf(results, version).map(({ listed, result }) => [
    listed.block,
    listed.id,
    clip(listed.demand),
    result?.in.join(", ") ?? (listed.needs === undefined ? "-" : `- (${listed.needs})`),
    result?.test ?? "-",
  ]);
  const head = ["block", "case", "demand", "implemented in", "proven by"];
  return alignedRows([head, ...rows]).map((cells) => cells.join("  ").trimEnd()).join("\n");
}

/** The whole page of the docs. */
export function docsPage(results: Results): string {
  return [
    "# Conformance",
    "Written by `task conformance -- --write`; do not edit. A case counts when its test passed in " +
    "that\nrun, over a real socket, and left the frames and assertions that prove it. Demands are " +
    "in our own\nwords; M: mandatory, C: when the feature is declared.",
    `\`${verdictLine(results)}\``,
    ...versions.flatMap((version) => [
      `## OCPP ${version}`,
      docsTable(results, version),
      ...actionsBeyond(results, version),
    ]),
  ].join("\n\n") + "\n";
}

function docsTable(results: Results, version: Version): string {
  const rows = rowsOf(results, version).map(({ listed, result }) => [
    listed.block,
    `\`${listed.id}\``,
    listed.status,
    markdownText(listed.demand),
    result?.in.map((path) => `\`${path}\``).join(", ") ?? "-",
    result === undefined ? unprovenText(listed) : `\`${result.test}\``,
  ]);
  const head = ["block", "case", "status", "demand", "implemented in", "proven by"];
  const [titles = [], ...cells] = alignedRows([head, ...rows]);
  const rule = titles.map((title) => "-".repeat(title.length));
  return [titles, rule, ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Proofs of actions that no listed case shows. */
function actionsBeyond(results: Results, version: Version): readonly string[] {
  const beyond = [...results.get(version)?.values() ?? []].filter((result) =>
    actionsOf(protocolOf[version]).has(result.case)
  );
  if (beyond.length === 0) return [];
  const lines = beyond.map((result) => `- \`${result.case}\`: \`${result.test}\``).toSorted();
  return [`Actions of ${version} that no case of the list shows:`, lines.join("\n")];
}

function unprovenText({ needs }: ListedCase): string {
  return needs === undefined ? "-" : `- (${needs})`;
}

function alignedRows(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
}

function clip(text: string): string {
  return text.length <= DEMAND_SHOWN_MAX ? text : `${text.slice(0, DEMAND_SHOWN_MAX - 1)}…`;
}

function markdownText(text: string): string {
  return text.replaceAll("<", "&lt;").replaceAll("|", "\\|");
}
