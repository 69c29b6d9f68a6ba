/** The proofs of a run: one file per passed case, in `CONFORMANCE_DIR` or below `DATA_DIR`. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Version } from "./case_lists.ts";
import type { RecordedFrame } from "./recording.ts";

export const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

export interface CaseResult {
  readonly version: Version;
  readonly case: string;
  readonly demand: string;
  /** Path of the test file from the project's root. */
  readonly test: string;
  /** Paths of the files that implement it. */
  readonly in: readonly string[];
  readonly frames: readonly RecordedFrame[];
  readonly assertions: readonly string[];
}

export function resultsFolder(): string {
  const given = process.env["CONFORMANCE_DIR"];
  return given ?? join(process.env["DATA_DIR"] ?? join(projectFolder, ".data"), "conformance");
}

function fileOf(version: Version, id: string): string {
  return join(resultsFolder(), version, `${id}.json`);
}

export function writeResult(result: CaseResult): void {
  mkdirSync(join(resultsFolder(), result.version), { recursive: true });
  writeFileSync(fileOf(result.version, result.case), `${JSON.stringify(result, null, 1)}\n`);
}

/** A failed case has no proof, also when an earlier run left one. */
export function removeResult(version: Version, id: string): void {
  rmSync(fileOf(version, id), { force: true });
}

/** Every proof of one version, by case. */
export function resultsOf(version: Version): ReadonlyMap<string, CaseResult> {
  const folder = join(resultsFolder(), version);
  const results = new Map<string, CaseResult>();
  for (const name of namesIn(folder)) {
    const result: CaseResult = JSON.parse(readFileSync(join(folder, name), "utf8"));
    results.set(result.case, result);
  }
  return results;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    // No case of this version has passed.
    return [];
  }
}
