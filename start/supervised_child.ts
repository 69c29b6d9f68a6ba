import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import type { ChildRecords } from "./data_folder.ts";
import type { Say } from "./nats_binary.ts";
import type { Command } from "./postgres_command.ts";
import { endProcess, markOf, type ProcessMark, type StopStep } from "./process_mark.ts";
import { errorText } from "./start_error.ts";
import { elapsedMs, waitUntil } from "./waiting.ts";

/** A server of ours: how it is run, watched and ended. */
export interface ChildPlan {
  /** As the operator reads it, for example `Postgres`. */
  readonly name: string;
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly records: ChildRecords;
  /** Ends what an earlier run has left behind; called before every start. */
  clear(): Promise<void>;
  isReady(pid: number): boolean | Promise<boolean>;
  readonly readyTimeoutMs: number;
  readonly stop: readonly StopStep[];
  /** Gives the first start up. */
  readonly signal: AbortSignal;
  readonly say: Say;
}

export interface SupervisedChild {
  /** Ends it for good. Repeatable. */
  close(): Promise<void>;
}

/** How the first start of a server went wrong: the last line that it wrote. */
export class ChildFailure extends Error {
  constructor(lastWords: string) {
    super(lastWords);
    this.name = "ChildFailure";
  }
}

const firstBackOffMs = 100;
const stillStartingEveryMs = 10_000;
const logMaxBytes = 10_000_000;
const backOffMaxMs = 5_000;
/** One that ran this long had no trouble with starting: the next back-off begins anew. */
const healthyAfterMs = 30_000;

/**
 * Starts a server and keeps it running: one that ends by itself is started again, later and later.
 *
 * @throws {ChildFailure} when the first start fails; nothing is left running then.
 */
export async function supervise(plan: ChildPlan): Promise<SupervisedChild> {
  const supervisor = new Supervisor(plan);
  await supervisor.start();
  return supervisor;
}

class Supervisor implements SupervisedChild {
  readonly #plan: ChildPlan;
  #running: { readonly child: ChildProcess; readonly mark: ProcessMark | undefined } | undefined;
  #isClosing = false;
  #backOffMs = firstBackOffMs;
  #upSinceMs: () => number = () => 0;
  #restarting: Promise<void> = Promise.resolve();

  constructor(plan: ChildPlan) {
    this.#plan = plan;
  }

  async start(): Promise<void> {
    await this.#plan.clear();
    keepSmall(this.#plan.logFile);
    const logStart = sizeOf(this.#plan.logFile);
    const child = this.#spawn();
    const sayAgain = this.#patience();
    const isSettled = async (): Promise<boolean> => {
      sayAgain();
      return hasEnded(child) || this.#plan.signal.aborted || this.#isClosing ||
        await this.#plan.isReady(child.pid ?? 0);
    };
    const isInTime = await waitUntil(isSettled, { timeoutMs: this.#plan.readyTimeoutMs });
    if (isInTime && !hasEnded(child) && !this.#plan.signal.aborted) {
      this.#upSinceMs = elapsedMs();
      child.once("exit", (code, signal) => this.#ended(code, signal));
      // It may have ended between the question and the subscription.
      if (hasEnded(child)) this.#ended(child.exitCode, child.signalCode);
      return;
    }
    await this.#stop();
    this.#plan.signal.throwIfAborted();
    throw new ChildFailure(lastLine(this.#plan.logFile, logStart));
  }

  /** Says every now and then that the start goes on (a recovery may take minutes). */
  #patience(): () => void {
    const { name, logFile, say } = this.#plan;
    const elapsed = elapsedMs();
    let saidMs = 0;
    return () => {
      if (elapsed() - saidMs < stillStartingEveryMs) return;
      saidMs = elapsed();
      say(`${name} is still starting: ${lastLine(logFile, 0)}`);
    };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#restarting;
    await this.#stop();
  }

  #spawn(): ChildProcess {
    const { command, env, logFile, records, name } = this.#plan;
    const output = openSync(logFile, "a", 0o600);
    const child = spawn(command.file, [...command.args], {
      cwd: command.cwd,
      env: { ...env },
      stdio: ["ignore", output, output],
      // A Ctrl-C in the terminal reaches us alone; we end our children in order.
      detached: true,
    });
    closeSync(output);
    const mark = child.pid === undefined ? undefined : markOf(child.pid);
    records.write(name, mark);
    // A program that cannot be run at all says so in an event.
    child.once("error", (error) => appendFileSync(logFile, `${error.message}\n`));
    this.#running = { child, mark };
    return child;
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const isGone = running.mark === undefined ||
      await endProcess(running.mark, this.#plan.stop);
    if (isGone && !hasEnded(running.child)) await once(running.child, "exit");
    this.#plan.records.write(this.#plan.name, undefined);
  }

  #ended(code: number | null, signal: string | null): void {
    if (this.#isClosing || this.#running === undefined) return;
    this.#running = undefined;
    if (this.#upSinceMs() > healthyAfterMs) this.#backOffMs = firstBackOffMs;
    this.#plan.say(
      `${this.#plan.name} ended by itself (${signal ?? `exit code ${code}`}): restarting`,
    );
    this.#restarting = this.#restart();
  }

  async #restart(): Promise<void> {
    await waitUntil(() => this.#isClosing, { timeoutMs: this.#backOffMs });
    this.#backOffMs = Math.min(2 * this.#backOffMs, backOffMaxMs);
    if (this.#isClosing) return;
    try {
      await this.start();
      this.#plan.say(`${this.#plan.name} is back`);
    } catch (thrown) {
      this.#plan.say(`${this.#plan.name} did not come back: ${errorText(thrown)}`);
      await this.#restart();
    }
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** A log that has grown large becomes `<name>.1`; one such is kept. */
function keepSmall(file: string): void {
  if (sizeOf(file) > logMaxBytes) renameSync(file, `${file}.1`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function lastLine(file: string, from: number): string {
  const said = readFileSync(file).subarray(from).toString("utf8").trim();
  const lines = said.split("\n");
  // The cause of a fatal error comes first, advice after it.
  const fatal = lines.find((line) => /\b(FATAL|PANIC|\[FTL\])/.test(line));
  return (fatal ?? lines.at(-1) ?? "").replace(/^.*?(FATAL|PANIC|\[FTL\]):?\s*/, "").trim();
}
