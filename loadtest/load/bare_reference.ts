import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The bare answering server, running as its own process. */
export interface BareReference {
  readonly url: string;
  readonly pid: number;
  stop(): void;
}

const START_MS_MAX = 30_000;

/** How this runtime runs a TypeScript file of ours. */
export function runArguments(file: string): readonly string[] {
  return "Deno" in globalThis ? ["run", "-A", "--quiet", file] : [file];
}

/** Starts it on a free port. Rejects when it does not listen in time. */
export async function startBareReference(): Promise<BareReference> {
  const file = fileURLToPath(new URL("../bare_server.ts", import.meta.url));
  const child = spawn(process.execPath, runArguments(file), {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, PORT: "0" },
  });
  const port = await portOf(child);
  return {
    url: `ws://127.0.0.1:${port}/ocpp`,
    pid: child.pid ?? 0,
    stop: () => child.kill("SIGTERM"),
  };
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      child.kill("SIGKILL");
      reject(new Error("Cannot start the bare server: it did not listen"));
    };
    const timer = setTimeout(fail, START_MS_MAX);
    child.once("exit", fail);
    let said = "";
    child.stdout?.on("data", (chunk: { toString(): string }) => {
      said += chunk.toString();
      const port = /listening (\d+)\n/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      child.off("exit", fail);
      resolve(Number(port));
    });
  });
}
