import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { freePort } from "#start/free_port.ts";
import { runArguments } from "./load/bare_reference.ts";
import { processTree } from "./load/processes.ts";
import { PlatformRest } from "./platform_rest.ts";

const READY_MS_MAX = 180_000;
const STOP_MS_MAX = 30_000;
const POLL_MS = 25;
/** What is kept of the platform's own lines, for a report of why it did not start. */
const OUTPUT_LENGTH_MAX = 4_000;

const portNames = [
  "OCPP_PORT",
  "HTTP_PORT",
  "NATS_PORT",
  "NATS_MONITOR_PORT",
  "POSTGRES_PORT",
] as const;

/**
 * The whole platform as a process of ours with a data folder of its own, to be killed and started
 * again.
 */
export class PlatformProcess {
  readonly dataDir: string;
  readonly #ports: ReadonlyMap<string, number>;
  #child: ChildProcess | undefined;
  /** Deno names the signal of a child from the moment at which it is sent: only the event counts. */
  #exited: Promise<unknown> = Promise.resolve();
  #output = "";

  private constructor(dataDir: string, ports: ReadonlyMap<string, number>) {
    this.dataDir = dataDir;
    this.#ports = ports;
  }

  /** Starts it on free ports. Rejects when it is not ready in three minutes or ends by itself. */
  static async start(dataDir: string): Promise<PlatformProcess> {
    const ports = await Promise.all(
      portNames.map(async (name) => [name, await freePort()] as const),
    );
    const platform = new PlatformProcess(dataDir, new Map(ports));
    try {
      await platform.start();
    } catch (thrown) {
      await platform.killAll();
      throw thrown;
    }
    return platform;
  }

  get ocppUrl(): string {
    return `ws://127.0.0.1:${this.#ports.get("OCPP_PORT")}/ocpp`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#ports.get("HTTP_PORT")}`;
  }

  /** Of its embedded NATS. */
  get natsUrl(): string {
    return `nats://127.0.0.1:${this.#ports.get("NATS_PORT")}`;
  }

  get operatorKey(): string {
    return readFileSync(join(this.dataDir, "operator.key"), "utf8").trim();
  }

  get rest(): PlatformRest {
    return new PlatformRest(this.httpUrl, this.operatorKey);
  }

  /** Of its embedded database, for reading what no API shows. */
  get databaseUrl(): string {
    const password = readFileSync(join(this.dataDir, "postgres.password"), "utf8").trim();
    const port = this.#ports.get("POSTGRES_PORT");
    return `postgres://statewatt:${password}@127.0.0.1:${port}/statewatt`;
  }

  /** The main process; 0 when none runs. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it (again) on the same folder and ports, and waits until it takes work. */
  async start(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  /** Starts it without waiting. */
  spawn(): void {
    const main = fileURLToPath(new URL("../start/main.ts", import.meta.url));
    const ports = [...this.#ports].map(([name, port]) => [name, String(port)]);
    this.#output = "";
    const child = spawn(process.execPath, runArguments(main), {
      env: { ...process.env, ...Object.fromEntries(ports), DATA_DIR: this.dataDir },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (text: string): void => {
      this.#output = (this.#output + text).slice(-OUTPUT_LENGTH_MAX);
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    this.#child = child;
    this.#exited = once(child, "exit");
  }

  async ready(): Promise<void> {
    const endsAtMs = performance.now() + READY_MS_MAX;
    // deno-lint-ignore no-await-in-loop -- polling
    while (!await isReady(this.httpUrl)) {
      const hasEnded = this.#child === undefined || this.#child.exitCode !== null;
      if (hasEnded || performance.now() > endsAtMs) {
        throw new Error(`Cannot start the platform: it said\n${this.#output}`);
      }
      // deno-lint-ignore no-await-in-loop
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** kill -9 of the main process; its servers go on. */
  async killMain(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill("SIGKILL");
    await this.#exited;
  }

  /** kill -9 of the main process, the broker, the database and each of its backends. */
  async killAll(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    for (const pid of child.exitCode === null ? processTree(this.pid) : []) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended with its parent.
      }
    }
    await this.#exited;
  }

  /** Stops it as an operator would. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const timer = setTimeout(() => this.killAll(), STOP_MS_MAX);
    child.kill("SIGTERM");
    await this.#exited;
    clearTimeout(timer);
  }

  /** Whether it ended without being told to. */
  get hasEnded(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null ||
      this.#child.signalCode !== null;
  }

  /** Its last lines. */
  get output(): string {
    return this.#output;
  }
}

async function isReady(httpUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${httpUrl}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
