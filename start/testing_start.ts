/** Runs a start as a process of its own, for tests that kill and stop it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { freePort } from "./free_port.ts";
import { processesIn, type ProcessMark } from "./process_mark.ts";
import { waitUntil } from "./waiting.ts";

export interface StartRun {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it has written to both outputs. */
  output(): string;
  /** Resolves with true once a line holds `text`, with false when it ended or took too long. */
  says(text: string): Promise<boolean>;
  /** Its exit code, or the signal that ended it. */
  ended(): Promise<number | string>;
  stop(): Promise<number | string>;
}

export type StartEnvironment = Readonly<Record<string, string>>;

const serversOnly = fileURLToPath(new URL("./testdata/servers_only_main.ts", import.meta.url));
const lineTimeoutMs = 60_000;

/** Ports that are free now, and `dataDir`. */
export async function startEnvironment(dataDir: string): Promise<StartEnvironment> {
  const names = ["OCPP_PORT", "HTTP_PORT", "NATS_PORT", "NATS_MONITOR_PORT", "POSTGRES_PORT"];
  const ports = await Promise.all(names.map(() => freePort()));
  const entries = names.map((name, index) => [name, String(ports[index])] as const);
  return { DATA_DIR: dataDir, ...Object.fromEntries(entries) };
}

/** Runs the servers of an all-in-one without the platform; `main` names another program. */
export function runStart(
  environment: StartEnvironment,
  args: readonly string[] = [],
  main: string = serversOnly,
): StartRun {
  const runtime = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["--no-warnings"];
  const child = spawn(process.execPath, [...runtime, main, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => output += text);
  const closed = once(child, "close").then(([code, signal]) => signal ?? code);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    child,
    output: () => output,
    says: async (text) => {
      await waitUntil(() => output.includes(text) || hasEnded(), { timeoutMs: lineTimeoutMs });
      return output.includes(text);
    },
    ended: () => closed,
    stop: () => {
      if (!hasEnded()) process.kill(child.pid ?? 0, "SIGTERM");
      return closed;
    },
  };
}

/** A data folder of its own, and how starts run on it. */
export interface Place {
  readonly folder: string;
  readonly environment: StartEnvironment;
  run(args?: readonly string[]): StartRun;
}

/**
 * A data folder of its own; whatever is still running on it afterwards is ended and is a failure.
 */
export async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), "statewatt-start-"));
  const folder = join(parent, "data");
  const environment = await startEnvironment(folder);
  const runs: StartRun[] = [];
  const run = (args: readonly string[] = []): StartRun => {
    const started = runStart(environment, args);
    runs.push(started);
    return started;
  };
  try {
    await use({ folder, environment, run });
    await Promise.all(runs.map((started) => started.stop()));
    assert.deepEqual(serversOf(folder), [], "servers are left running");
  } finally {
    for (const started of runs) started.child.kill("SIGKILL");
    for (const mark of serversOf(folder)) process.kill(mark.pid, "SIGKILL");
    rmSync(parent, { recursive: true, force: true });
  }
}

/** Servers that run on a data folder. */
export function serversOf(folder: string): readonly ProcessMark[] {
  return [
    ...processesIn(join(folder, "postgres"), "postgres"),
    ...processesIn(join(folder, "nats"), "nats-server"),
  ];
}

/** A server as the start wrote it down. */
export function recorded(folder: string, name: string): ProcessMark {
  const marks: Record<string, ProcessMark> = JSON.parse(
    readFileSync(join(folder, "processes.json"), "utf8"),
  );
  const mark = marks[name];
  assert.ok(mark !== undefined, `${name} is not in processes.json`);
  return mark;
}

export async function ready(run: StartRun): Promise<void> {
  assert.ok(await run.says("s  ready\n"), run.output());
  assert.ok(await run.says("operator key"), run.output());
}

/** The first column of what a statement gives, as the platform's own role. */
export async function query(place: Place, statement: string): Promise<readonly unknown[]> {
  const password = readFileSync(join(place.folder, "postgres.password"), "utf8").trim();
  const port = place.environment["POSTGRES_PORT"];
  const sql = postgres(`postgres://statewatt:${password}@127.0.0.1:${port}/statewatt`, {
    max: 1,
    onnotice: () => {},
  });
  try {
    return (await sql.unsafe(statement)).map((row) => Object.values(row)[0]);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
