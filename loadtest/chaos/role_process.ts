import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Guarded, spawnGuarded } from "#start/guarded_child.ts";
import { waitUntil } from "#start/waiting.ts";
import { runArguments } from "../load/bare_reference.ts";
import { processUse } from "../load/processes.ts";

const READY_MS_MAX = 60_000;
const END_MS_MAX = 60_000;
const LOG_LENGTH_SHOWN = 3_000;

export type Role = "worker" | "gateway" | "api";

export interface RoleSetting {
  readonly role: Role;
  /** Unique among all processes: `worker1`. */
  readonly name: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** One role as a process of ours, as an operator would start it. It ends with this process. */
export class RoleProcess {
  readonly role: Role;
  readonly name: string;
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  #child: Guarded | undefined;
  #logBegin = 0;
  /** Of its earlier lives. */
  #cpuSeconds = 0;

  constructor({ role, name, folder, environment }: RoleSetting) {
    this.role = role;
    this.name = name;
    this.#folder = join(folder, name);
    this.#environment = environment;
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Starts it without waiting. */
  spawn(): void {
    const main = fileURLToPath(new URL("../../start/role.ts", import.meta.url));
    const settings = Object.entries(this.#environment).map(([name, value]) => `${name}=${value}`);
    this.#logBegin = this.#log().length;
    const args = [...settings, process.execPath, ...runArguments(main), this.role];
    this.#child = spawnGuarded({ file: "/usr/bin/env", args, cwd: this.#folder }, this.#folder);
  }

  /** Rejects with its last lines when it does not get ready in a minute. */
  async ready(): Promise<void> {
    const isOver = (): boolean => this.isReady || !this.isRunning;
    await waitUntil(isOver, { timeoutMs: READY_MS_MAX, everyMs: 50 });
    if (this.isReady && this.isRunning) return;
    throw new Error(`Cannot go on: ${this.name} did not get ready, it said\n${this.output}`);
  }

  get isRunning(): boolean {
    return this.#child !== undefined && !this.#child.hasEnded();
  }

  get isReady(): boolean {
    return /\binfo +\S+.* ready\b/.test(this.#log().slice(this.#logBegin));
  }

  /** kill -9. Resolves when it has ended. */
  async kill(): Promise<void> {
    this.#noteUse();
    await this.#child?.kill();
  }

  /** SIGTERM, as an operator stops it. Rejects when it does not end in a minute. */
  async terminate(): Promise<void> {
    this.#noteUse();
    this.#signal("SIGTERM");
    const hasEnded = await waitUntil(() => !this.isRunning, { timeoutMs: END_MS_MAX });
    if (!hasEnded) throw new Error(`Cannot go on: ${this.name} ignores SIGTERM\n${this.output}`);
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#signal("SIGSTOP");
  }

  /** SIGCONT. */
  thaw(): void {
    this.#signal("SIGCONT");
  }

  /** CPU of all its lives. */
  get cpuSeconds(): number {
    return this.#cpuSeconds + this.#use();
  }

  /** Its last lines. */
  get output(): string {
    return this.#log().slice(-LOG_LENGTH_SHOWN);
  }

  /** Lines of its log that hold a text, of all its lives. */
  linesWith(text: string): readonly string[] {
    return this.#log().split("\n").filter((line) => line.includes(text));
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.isRunning) process.kill(this.#child?.pid() ?? 0, signal);
  }

  #noteUse(): void {
    this.#cpuSeconds += this.#use();
  }

  #use(): number {
    return this.isRunning ? processUse(this.#child?.pid() ?? 0)?.cpuSeconds ?? 0 : 0;
  }

  #log(): string {
    try {
      return readFileSync(join(this.#folder, "output.log"), "utf8");
    } catch {
      return "";
    }
  }
}
