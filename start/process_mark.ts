import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { errorCode } from "./start_error.ts";
import { waitUntil } from "./waiting.ts";

/** A process for good: a number alone is given to another process after its end. */
export interface ProcessMark {
  readonly pid: number;
  /**
   * When it was started, in the system's own words; never the same for a later process of this
   * number.
   */
  readonly startedAt: string;
}

/** A signal, and how long to wait for the end of the process before the next. */
export interface StopStep {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/** The mark of a running process; undefined when there is none (a zombie has ended). */
export function markOf(pid: number): ProcessMark | undefined {
  const startedAt = process.platform === "linux" ? startOnLinux(pid) : startByPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isRunning(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.startedAt === mark.startedAt;
}

/** Our own process. */
export function ownMark(): ProcessMark {
  const mark = markOf(process.pid);
  if (mark === undefined) throw new Error("the system does not list this process");
  return mark;
}

/**
 * Ends exactly this process, step by step; a later process with its number is left alone.
 * False when it outlived every step.
 */
export async function endProcess(mark: ProcessMark, steps: readonly StopStep[]): Promise<boolean> {
  for (const { signal, waitMs } of steps) {
    if (!isRunning(mark)) return true;
    sendSignal(mark.pid, signal);
    // deno-lint-ignore no-await-in-loop -- each step only when the one before did not help
    if (await waitUntil(() => !isRunning(mark), { timeoutMs: waitMs })) return true;
  }
  return !isRunning(mark);
}

/**
 * Processes running `program` (a file name) whose working directory is `folder`: ours, whatever
 * became of our records. The folder is compared by its identity, so that a container's process with
 * a like-named folder is not meant; or by its name when it was deleted under a running process.
 * `folder` is a real path. Linux only; elsewhere none.
 */
export function processesIn(folder: string, program: string): readonly ProcessMark[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && runsIn(name, folder, program))
    .flatMap((name) => markOf(Number(name)) ?? []);
}

function runsIn(pid: string, folder: string, program: string): boolean {
  try {
    const file = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    return basename(file) === program && (worksIn(pid, folder) || workedIn(pid, folder));
  } catch {
    // It has ended meanwhile, or belongs to another user.
    return false;
  }
}

function worksIn(pid: string, folder: string): boolean {
  const wanted = statSync(folder, { throwIfNoEntry: false });
  const found = statSync(`/proc/${pid}/cwd`);
  return wanted !== undefined && found.dev === wanted.dev && found.ino === wanted.ino;
}

function workedIn(pid: string, folder: string): boolean {
  return readlinkSync(`/proc/${pid}/cwd`) === `${folder} (deleted)` &&
    readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync("/proc/self/ns/mnt");
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if (errorCode(thrown) !== "ESRCH") throw thrown;
  }
}

/** Boot and clock ticks since then: proc(5), field 22 (starttime) of stat; field 3 is the state. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses and may hold blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return `${bootId()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

function startByPs(pid: number): string | undefined {
  const result = spawnSync("ps", ["-o", "lstart=,state=", "-p", String(pid)], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  const text = result.stdout?.trim() ?? "";
  return text === "" || /Z\S*$/.test(text) ? undefined : text.replace(/\s+\S+$/, "");
}
