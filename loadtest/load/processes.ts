import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What processes of this machine use, from Linux's /proc. Elsewhere nothing is found. */

/** Linux's USER_HZ is 100 on every architecture that we meet. */
const TICKS_PER_SECOND = 100;

export interface ProcessUse {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
  readonly cpuSeconds: number;
}

/** Undefined when there is no such process (any more). */
export function processUse(pid: number): ProcessUse | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const nameEnd = stat.lastIndexOf(")");
  const fields = stat.slice(nameEnd + 2).split(" ");
  return {
    pid,
    parentPid: Number(fields[1]),
    name: stat.slice(stat.indexOf("(") + 1, nameEnd),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}

/** Bytes of memory that are this process's own, its part of shared pages included. */
export function memoryOf(pid: number): number {
  const rollup = textOf(`/proc/${pid}/smaps_rollup`);
  const proportional = /^Pss:\s+(\d+) kB/m.exec(rollup ?? "");
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`) ?? "");
  return Number((proportional ?? resident)?.[1] ?? 0) * 1_024;
}

/** `root` and all below it. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const pid of allPids()) {
    const parent = processUse(pid)?.parentPid;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (let index = 0; index < tree.length; index++) {
    tree.push(...(children.get(tree[index] ?? 0) ?? []));
  }
  return tree;
}

/** The process that listens on a local TCP port. */
export function pidListeningOn(port: number): number | undefined {
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (textOf(table) ?? "").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const isListening = fields[3] === "0A";
      if (isListening && parseInt(fields[1]?.split(":")[1] ?? "", 16) === port) {
        inodes.add(`socket:[${fields[9]}]`);
      }
    }
  }
  return inodes.size === 0 ? undefined : allPids().find((pid) => holds(pid, inodes));
}

function holds(pid: number, links: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => links.has(linkOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
}

function allPids(): readonly number[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** CPU and memory of a server by kind of process, over a time. */
export interface ServerUse {
  readonly name: string;
  /** Cores kept busy. */
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Measures a server (its process and all below) from now until `end` is called. */
export class ServerMeter {
  readonly #root: number | undefined;
  readonly #before = new Map<number, number>();
  readonly #beganAtMs = performance.now();

  constructor(root: number | undefined) {
    this.#root = root;
    for (const pid of this.#tree()) this.#before.set(pid, processUse(pid)?.cpuSeconds ?? 0);
  }

  end(): readonly ServerUse[] {
    const seconds = (performance.now() - this.#beganAtMs) / 1_000;
    const byName = new Map<string, ServerUse>();
    for (const pid of this.#tree()) {
      const use = processUse(pid);
      if (use === undefined) continue;
      const sum = byName.get(use.name) ?? { name: use.name, cores: 0, memoryBytes: 0 };
      byName.set(use.name, {
        name: use.name,
        cores: sum.cores + (use.cpuSeconds - (this.#before.get(pid) ?? 0)) / seconds,
        memoryBytes: sum.memoryBytes + memoryOf(pid),
      });
    }
    return [...byName.values()];
  }

  #tree(): readonly number[] {
    return this.#root === undefined ? [] : processTree(this.#root);
  }
}
