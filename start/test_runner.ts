import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { systemClock } from "#engine/adapters/system_clock.ts";

export interface RunnerPlan {
  readonly program: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Nothing written for so long: the files that are still at work hang, and are ended. */
  readonly silenceMs: number;
  /** The whole run is ended then. */
  readonly timeoutMs: number;
  readonly write: (text: string) => void;
}

const clock = systemClock();

/** Runs a test runner to its end, whatever its test files leave open. True when it ended well. */
export async function runRunner(plan: RunnerPlan): Promise<boolean> {
  const [file = "", ...args] = plan.program;
  const child = spawn(file, args, {
    cwd: plan.cwd,
    env: plan.env,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: it may be a shell of a shell, and is ended as a whole.
    detached: true,
  });
  const stops = [watchSilence(child, plan), endInTime(child, plan)];
  child.stdout.setEncoding("utf8").on("data", plan.write);
  child.stderr.setEncoding("utf8").on("data", plan.write);
  const [code] = await once(child, "exit");
  for (const stop of stops) stop();
  return code === 0;
}

/** Process ids and test files of the group `groupId` that are at work, by what `ps` lists. */
export function filesAtWork(list: string, groupId: number): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const line of list.split("\n")) {
    const [, pid, group, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    const file = /\s(\S+_test\.ts)\s*$/.exec(command)?.[1];
    // The runner itself names the files, too; it alone has the bare option.
    if (Number(group) !== groupId || file === undefined || / --test /.test(command)) continue;
    found.set(Number(pid), file);
  }
  return found;
}

/** Node ends a test file only when nothing is open any more; one that waits for ever is a failure. */
function watchSilence(child: ChildProcess, plan: RunnerPlan): () => void {
  let cancel = (): void => {};
  const arm = (): void => {
    cancel();
    cancel = clock.schedule(plan.silenceMs, () => {
      const list = spawnSync("ps", ["-ww", "-eo", "pid=,pgid=,args="], { encoding: "utf8" }).stdout;
      const hanging = filesAtWork(list, child.pid ?? 0);
      for (const [pid, file] of hanging) {
        plan.write(`${file} has left something open: it is ended\n`);
        kill(pid);
      }
      arm();
    });
  };
  child.stdout?.on("data", arm);
  arm();
  return () => cancel();
}

function endInTime(child: ChildProcess, plan: RunnerPlan): () => void {
  const end = (why: string): void => {
    plan.write(`The tests are ended: ${why}\n`);
    if (child.pid !== undefined) kill(-child.pid);
  };
  const cancel = clock.schedule(plan.timeoutMs, () => end("they take too long"));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => end(name));
  return cancel;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
