/** Runs a start as a process of its own, for tests that kill and stop it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { freePort } from "./free_port.ts";
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
