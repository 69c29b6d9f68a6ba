/** A role run from some tree of sources, this one or another revision, as an operator would. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { waitUntil } from "#start/waiting.ts";

export interface TreeSetting {
  /** Root of the tree. */
  readonly tree: string;
  readonly role: "gateway" | "worker" | "api";
  /** For messages. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** This tree. */
export const ownTree: string = fileURLToPath(new URL("..", import.meta.url));

const readyMsMax = 60_000;
const endMsMax = 60_000;
const outputMax = 6_000;

export class TreeProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #hasEnded = false;
  #isReady = false;
  #output = "";

  constructor({ tree, role, name, environment }: TreeSetting) {
    this.name = name;
    const runtime = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["--no-warnings"];
    const child = spawn(process.execPath, [...runtime, join(tree, "start/role.ts"), role], {
      cwd: tree,
      env: { ...process.env, HOST: "127.0.0.1", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const take = (text: string): void => {
      this.#isReady ||= text.includes(`role=${role}`) && / ready\b/.test(text);
      this.#output = (this.#output + text).slice(-outputMax);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    this.#child = child;
    // Not its signal code: Deno names that when the signal is sent.
    this.#exited = once(child, "exit").then(() => this.#hasEnded = true);
  }

  /** Its last lines. */
  get output(): string {
    return this.#output;
  }

  /** Rejects with what it said when it is not in a minute. */
  async ready(): Promise<this> {
    await waitUntil(() => this.#isReady || this.#hasEnded, { timeoutMs: readyMsMax });
    if (this.#isReady && !this.#hasEnded) return this;
    throw new Error(`Cannot start ${this.name}: it said\n${this.#output}`);
  }

  /** SIGTERM, and waits for its drain. True when it ended by itself in time. */
  async stop(): Promise<boolean> {
    if (this.#hasEnded) return true;
    this.#child.kill("SIGTERM");
    const isDone = await waitUntil(() => this.#hasEnded, { timeoutMs: endMsMax });
    if (!isDone) this.#child.kill("SIGKILL");
    await this.#exited;
    return isDone;
  }
}
