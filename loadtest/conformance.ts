/** `task conformance`: every certification case against the running platform, as a table. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { versions } from "./conformance/case_lists.ts";
import { projectFolder, resultsFolder, resultsOf } from "./conformance/case_results.ts";
import {
  docsPage,
  missingActions,
  missingCases,
  type Results,
  terminalTable,
  verdictLine,
} from "./conformance/case_table.ts";
import { runArguments } from "./load/bare_reference.ts";
import { describeOptions, OptionError, parseOptions } from "./options.ts";

const specs = {
  write: { type: "flag", help: "write the table to docs/conformance.md" },
  help: { type: "flag", help: "show this" },
} as const;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs all cases with the servers of the tests; true when none failed. */
async function runCases(): Promise<boolean> {
  rmSync(resultsFolder(), { recursive: true, force: true });
  const program = join(projectFolder, "start/run_tests.ts");
  const child = spawn(process.execPath, [...runArguments(program), "loadtest/conformance/"], {
    cwd: projectFolder,
    env: { ...process.env, CONFORMANCE_DIR: resultsFolder() },
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  return code === 0;
}

function tell(results: Results): void {
  for (const version of versions) {
    say(`\nOCPP ${version}\n${terminalTable(results, version)}`);
    const missing = missingActions(results, version);
    if (missing.length > 0) say(`actions of ${version} not shown: ${missing.join(", ")}`);
  }
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), specs);
  if (options.flag("help")) {
    say(`Runs the certification cases of OCPP.\n${describeOptions(specs)}`);
    return 0;
  }
  const isGreen = await runCases();
  const results: Results = new Map(versions.map((version) => [version, resultsOf(version)]));
  tell(results);
  if (options.flag("write")) {
    const page = join(projectFolder, "docs/conformance.md");
    mkdirSync(dirname(page), { recursive: true });
    writeFileSync(page, docsPage(results));
  }
  const missing = missingCases(results);
  for (const version of versions) {
    const names = missing.filter((row) => row.version === version).map(({ listed }) => listed.id);
    if (names.length > 0) say(`\n${names.length} of ${version} not proven: ${names.join(", ")}`);
  }
  if (!isGreen) say("\nnot every test passed");
  say(`\n${verdictLine(results)}`);
  return isGreen && missing.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : thrown}\n`);
  process.exitCode = thrown instanceof OptionError ? 2 : 1;
}
