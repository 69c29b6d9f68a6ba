import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { systemClock } from "#engine/adapters/system_clock.ts";

const clock = systemClock();
const RESTART_MS_MIN = 500;
const RESTART_MS_MAX = 30_000;
/** One that ran this long had started well. */
const STEADY_MS = 60_000;
const METRICS_PORT = 9_464;

/** Tells a process that it is one of several: its standard input ends with who started it. */
export const childMark = "--child";

/**
 * Runs a role as several processes of this machine, one per core for example: each a member of the
 * cluster by itself. One that ends is started again, later each time. Resolves when a signal has
 * ended all.
 */
export async function runProcesses(role: string, count: number): Promise<void> {
  const children = Array.from({ length: count }, (_, index) => new RoleProcess(role, index));
  const hand = (signal: NodeJS.Signals): void => children.forEach((child) => child.end(signal));
  process.on("SIGTERM", () => hand("SIGTERM"));
  process.on("SIGINT", () => hand("SIGINT"));
  await Promise.all(children.map((child) => child.run()));
}

class RoleProcess {
  readonly #role: string;
  readonly #index: number;
  #child: ChildProcess | undefined;
  #isEnding = false;
  #endWait = (): void => {};

  constructor(role: string, index: number) {
    this.#role = role;
    this.#index = index;
  }

  async run(): Promise<void> {
    let waitMs = RESTART_MS_MIN;
    while (!this.#isEnding) {
      const startedAt = performance.now();
      // deno-lint-ignore no-await-in-loop -- one life after the other
      const code = await this.#live();
      if (this.#isEnding) return;
      if (performance.now() - startedAt > STEADY_MS) waitMs = RESTART_MS_MIN;
      process.stderr.write(
        `${this.#role} ${this.#index + 1} ended (${code}); it starts again in ${waitMs} ms\n`,
      );
      // deno-lint-ignore no-await-in-loop -- as above
      await this.#wait(waitMs);
      waitMs = Math.min(2 * waitMs, RESTART_MS_MAX);
    }
  }

  end(signal: NodeJS.Signals): void {
    this.#isEnding = true;
    this.#endWait();
    this.#child?.kill(signal);
  }

  async #live(): Promise<string> {
    const child = spawn(process.execPath, this.#command(), {
      env: { ...process.env, ...this.#environment() },
      // When this process dies, however it does, the pipe ends and the child drains.
      stdio: ["pipe", "inherit", "inherit"],
      // A signal of the terminal reaches the parent alone, which hands it on once.
      detached: true,
    });
    this.#child = child;
    try {
      const [code, signal] = await once(child, "exit") as [number | null, string | null];
      return signal ?? `exit code ${code}`;
    } catch (thrown) {
      return String(thrown);
    } finally {
      this.#child = undefined;
    }
  }

  #command(): string[] {
    const file = fileURLToPath(new URL("./role.ts", import.meta.url));
    const args = [file, this.#role, childMark];
    return "deno" in process.versions ? ["run", "-A", ...args] : args;
  }

  /** What no two processes of a machine may share. */
  #environment(): Record<string, string> {
    const name = process.env["WORKER_NAME"];
    const firstPort = Number(process.env["METRICS_PORT"] ?? METRICS_PORT);
    const metricsPort = firstPort === 0 ? 0 : firstPort + this.#index;
    return {
      PROCESSES: "1",
      REUSE_PORT: "1",
      METRICS_PORT: String(metricsPort),
      ...(name === undefined || name === "" ? {} : { WORKER_NAME: `${name}-${this.#index + 1}` }),
    };
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.schedule(waitMs, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }
}
