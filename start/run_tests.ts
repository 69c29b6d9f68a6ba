/**
 * `deno task test`: starts one Postgres and one NATS server for all tests, runs the test files with
 * this runtime (or Node 24 with `--node`) and ends with the plain line `N passed, N failed`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ensureNatsServer } from "./nats_binary.ts";
import { errorText, StartError } from "./start_error.ts";
import { type Counts, countsOf, verdict } from "./test_report.ts";
import { runRunner } from "./test_runner.ts";
import { ownNats, startPostgres } from "./testing.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const skippedFolders = new Set(["node_modules", "dist", "coverage"]);
/** Node 24's own architecture packages: they need no install script, unlike the package `node`. */
const nodeMajor = 24;
/** The longest test of all is silent for half of it on a slow machine. */
const silenceMs = 180_000;
/** Both runtimes one after the other must fit into 25 minutes. */
const runTimeoutMs = 12 * 60_000;

interface Request {
  readonly onNode: boolean;
  readonly filters: readonly string[];
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Options of the command line; a leading `--` is skipped. */
function readRequest(args: readonly string[]): Request {
  const given = args[0] === "--" ? args.slice(1) : args;
  const unknown = given.find((arg) => arg.startsWith("-") && arg !== "--node");
  if (unknown !== undefined) {
    throw new StartError(
      `Unknown option ${unknown}: there is --node, and parts of test file names.`,
      { exitCode: 2 },
    );
  }
  return {
    onNode: given.includes("--node") || !("Deno" in globalThis),
    filters: given.filter((arg) => !arg.startsWith("-")),
  };
}

function testFiles(filters: readonly string[]): readonly string[] {
  const files = filesBelow(root).map((file) => relative(root, file)).sort();
  const isWanted = (file: string): boolean =>
    filters.length === 0 || filters.some((part) => file.includes(part.replace(/^\.\//, "")));
  const wanted = files.filter(isWanted);
  if (wanted.length === 0) {
    throw new StartError(`No test file matches ${filters.join(", ")}.`, { exitCode: 2 });
  }
  return wanted;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return entry.name.startsWith(".") || skippedFolders.has(entry.name) ? [] : filesBelow(path);
    }
    return entry.name.endsWith("_test.ts") ? [path] : [];
  });
}

/** The runner's command line; it writes its results to `report`. */
function runnerCommand(onNode: boolean, report: string, files: readonly string[]): string[] {
  if (!onNode) {
    return [
      process.execPath,
      "test",
      "-A",
      // Types are checked by the task `ok`.
      "--no-check",
      "--parallel",
      `--junit-path=${report}`,
      ...files,
    ];
  }
  const run = [
    "--test",
    "--no-warnings",
    `--test-concurrency=${availableParallelism()}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=junit",
    `--test-reporter-destination=${report}`,
    ...files,
  ];
  return [...nodeCommand(), ...run];
}

function nodeCommand(): string[] {
  const isNode = !("Deno" in globalThis);
  if (isNode && Number(process.versions.node.split(".")[0]) >= nodeMajor) return [process.execPath];
  const platform = process.platform === "win32" ? "win" : process.platform;
  return ["npx", "-y", `--package=node-${platform}-${process.arch}@${nodeMajor}`, "--", "node"];
}

async function runTests(request: Request): Promise<Counts> {
  const files = testFiles(request.filters);
  const folder = mkdtempSync(join(tmpdir(), "statewatt-tests-"));
  const report = join(folder, "results.xml");
  const natsServer = await ensureNatsServer(say, process.env);
  process.env["NATS_SERVER_BIN"] = natsServer;
  const [postgres, nats] = await Promise.all([startPostgres(), ownNats()]);
  try {
    const endedWell = await runRunner({
      program: runnerCommand(request.onNode, report, files),
      cwd: root,
      env: {
        ...process.env,
        TEST_DATABASE_URL: postgres.url,
        TEST_NATS_URL: nats.url,
        TEST_NATS_MONITOR_PORT: String(nats.monitorPort),
      },
      silenceMs,
      timeoutMs: runTimeoutMs,
      write: (text) => process.stdout.write(text),
    });
    return countsOf(readReport(report), endedWell);
  } finally {
    await Promise.all([postgres.end(), nats.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

try {
  const counts = await runTests(readRequest(process.argv.slice(2)));
  say(verdict(counts));
  process.exitCode = counts.failed === 0 ? 0 : 1;
} catch (thrown) {
  process.stderr.write(`${errorText(thrown)}\n`);
  process.exitCode = thrown instanceof StartError ? thrown.exitCode : 1;
}
