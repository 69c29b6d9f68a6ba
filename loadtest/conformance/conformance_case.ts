/**
 * A certification case as a test: `conformanceCase({ version: "2.0.1", id: "TC_B_01", in: [...] },
 * async (c) => { ... })`. It drives the platform over real sockets and REST, asserts on both, and
 * leaves its frames and assertions behind as the proof of `task conformance` when it passed.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startTestPlatform, type TestPlatform } from "../clients/test_platform.ts";
import { ConformanceRun, whyUnproven } from "./conformance_run.ts";
import { findCase, type Version } from "./case_lists.ts";
import { projectFolder, removeResult, writeResult } from "./case_results.ts";

export interface CaseNames {
  readonly version: Version;
  /** As in the list: `TC_B_01`; or the name of an action that no listed case shows. */
  readonly id: string;
  /** The files that implement it, from the project's root. */
  readonly in: readonly string[];
}

let started: Promise<TestPlatform> | undefined;

after(async () => {
  if (started !== undefined) await (await started).close();
});

/** Declares the test of one case; all cases of a file share one platform. */
export function conformanceCase(
  names: CaseNames,
  run: (c: ConformanceRun) => Promise<void>,
): void {
  const { version, id } = names;
  const { demand } = findCase(version, id);
  const file = callingTest();
  test(`${version} ${id}: ${demand}`, async () => {
    removeResult(version, id);
    for (const path of names.in) {
      assert.ok(existsSync(join(projectFolder, path)), `${path} is there`);
    }
    const c = new ConformanceRun(await (started ??= startTestPlatform()), version);
    try {
      await run(c);
    } catch (thrown) {
      // What broke on the wire explains most of what a case waits for in vain.
      const { breaches } = c.recording;
      if (breaches.length === 0) throw thrown;
      throw new Error(`${String(thrown)}\nbreaches: ${breaches.join("; ")}`, { cause: thrown });
    } finally {
      c.end();
    }
    assert.deepEqual(whyUnproven(c), []);
    const { frames } = c.recording;
    const assertions = [...c.assertions];
    writeResult({ version, case: id, demand, test: file, in: names.in, frames, assertions });
  });
}

/** The test file that is declaring a case, from the project's root. */
function callingTest(): string {
  const [, place] = /(\S+_test\.ts)/.exec((new Error().stack ?? "").replaceAll("(", " ")) ?? [];
  if (place === undefined) throw new Error("Cannot declare a case outside of a test file");
  return relative(projectFolder, place.startsWith("file:") ? fileURLToPath(place) : place);
}
