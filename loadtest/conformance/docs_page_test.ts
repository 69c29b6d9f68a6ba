import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { casesOf, type Version, versions } from "./case_lists.ts";
import { type CaseResult, projectFolder } from "./case_results.ts";
import { docsPage, missingCases, type Results, verdictLine } from "./case_table.ts";

const page = readFileSync(join(projectFolder, "docs/conformance.md"), "utf8");

/** The rows of one version's table: case id and the paths that it names. */
function rowsOf(version: Version): readonly { readonly id: string; readonly paths: string[] }[] {
  const [, section = ""] = page.split(`\n## OCPP ${version}\n`);
  const [table = ""] = section.split("\n## ");
  return table.split("\n").filter((line) => /^\| \S+ +\| `TC_/.test(line)).map((line) => {
    const [id = "", ...paths] = [...line.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
    return { id, paths: paths.filter((path) => path.includes("/")) };
  });
}

test("docs/conformance.md has exactly the cases of the lists, and names files that are there", () => {
  for (const version of versions) {
    const rows = rowsOf(version);

    assert.deepEqual(rows.map(({ id }) => id), casesOf(version).map(({ id }) => id));
    for (const { id, paths } of rows) {
      for (const path of paths) assert.ok(existsSync(join(projectFolder, path)), `${id}: ${path}`);
    }
  }
});

test("the lists have as many cases as the certification, each once", () => {
  const counts = versions.map((version) => new Set(casesOf(version).map(({ id }) => id)).size);

  assert.deepEqual(counts, [77, 252, 78]);
});

test("verdictLine() counts passed cases and the actions that they show", () => {
  const result: CaseResult = {
    version: "2.0.1",
    case: "TC_B_01",
    demand: "",
    test: "loadtest/conformance/docs_page_test.ts",
    in: [],
    assertions: ["one"],
    frames: [
      { from: "station" as const, frame: [2, "1", "Heartbeat", {}] },
      { from: "platform" as const, frame: [3, "1", { currentTime: "2026-01-01T00:00:00Z" }] },
    ].map((frame) => ({ ...frame, at: "", station: "A", protocol: "ocpp2.0.1" as const })),
  };
  const results: Results = new Map([["2.0.1", new Map([["TC_B_01", result]])]]);

  assert.equal(verdictLine(results), "1.6 0/77 2.0.1 1/252 2.1 0/78 actions 0/39 1/64 0/91");
  assert.equal(missingCases(results).some(({ listed }) => listed.id === "TC_B_01"), false);
  assert.equal(missingCases(results).some(({ listed }) => listed.id === "TC_B_02"), true);
  assert.equal(missingCases(results).some(({ listed }) => listed.id === "TC_A_04"), false);
  assert.match(docsPage(results), /`TC_B_01` .*docs_page_test\.ts/);
});
