import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Command } from "./postgres_command.ts";

/** A server that ends with this process, however this process ends. */
export interface Guarded {
  hasEnded(): boolean;
  /** Ends it at once, removes its folder. Repeatable. */
  end(): Promise<void>;
  /** Like kill -9; its folder stays. */
  kill(): Promise<void>;
  /** Of the server itself, for signals. 0 before it runs. */
  pid(): number;
  /** The last it wrote. */
  said(): string;
}

/**
 * A shell that runs the server and listens on our pipe. The system closes the pipe when we end in
 * any way; the word "kill" leaves the folder.
 */
const guard = `folder=$1; shift; exec 3<&0
"$@" </dev/null 3<&- & child=$!
echo $child > "$folder/child.pid"
( word=end; read -r word <&3
  if [ "$word" = kill ]; then kill -KILL $child; exit; fi
  : > "$folder/ending"; kill -QUIT $child; kill -CONT $child ) & listener=$!
wait $child
[ -e "$folder/ending" ] && rm -rf "$folder"
kill $listener 2>/dev/null`;

/** Children are kept: a collected one would close its pipe. */
const alive = new Set<ChildProcess>();

/** Runs `command` until `end`, or until this process ends; removes `folder` then. */
export function spawnGuarded(command: Command, folder: string): Guarded {
  const log = join(folder, "output.log");
  const output = openSync(log, "a");
  const child = spawn("/bin/sh", ["-c", guard, "guard", folder, command.file, ...command.args], {
    cwd: command.cwd,
    stdio: ["pipe", output, output],
    // A Ctrl-C in the terminal is ours to handle.
    detached: true,
    env: process.env,
  });
  closeSync(output);
  child.unref();
  alive.add(child);
  const ended = once(child, "exit").then(() => alive.delete(child));
  const finish = async (word: string): Promise<void> => {
    if (!alive.has(child)) return;
    child.ref();
    child.stdin?.end(`${word}\n`);
    await ended;
  };
  return {
    hasEnded: () => !alive.has(child),
    end: () => finish("end"),
    kill: () => finish("kill"),
    pid: () => childPid(folder),
    said: () => readFileSync(log, "utf8").trim().split("\n").at(-1) ?? "",
  };
}

function childPid(folder: string): number {
  try {
    return Number(readFileSync(join(folder, "child.pid"), "utf8"));
  } catch {
    return 0;
  }
}
