/** The cluster as it is seen from NATS: who is a member, who answers, and what is wrong with it. */
import { livesOf, type SeenProcess } from "#engine/adapters/nats_operations.ts";
import type { Member } from "#engine/leases.ts";
import type { ProcessStatus } from "#engine/ports/operations.ts";

export interface ClusterView {
  /** Wall-clock ms. */
  readonly at: number;
  /** Workers first, then by name. */
  readonly processes: readonly ShownProcess[];
  readonly shardCount: number | null;
  /** Shards that some process says it holds. */
  readonly shardsHeld: number;
  readonly sockets: number;
  readonly alerts: readonly string[];
  /** The longest steps of the last minute or two. */
  readonly slow: readonly {
    readonly actor: string;
    readonly stepMs: number;
    readonly on: string;
  }[];
  /** The fullest mailboxes. */
  readonly crowded: readonly {
    readonly actor: string;
    readonly queued: number;
    readonly on: string;
  }[];
}

export interface ShownProcess {
  /** The worker's name, else the id. */
  readonly name: string;
  readonly version: string;
  readonly status: ProcessStatus;
  /** Since the look before; null at the first. */
  readonly answeredPerSecond: number | null;
}

/** Beyond these an operator should look (design 9 gives the goals). */
export const limits = {
  p99Ms: 1_000,
  loopLagMs: 250,
  relayLagMs: 5_000,
  outboxSeconds: 60,
  queued: 1_000,
  mailbox: 128,
  clockOffMs: 500,
} as const;

const SHOWN = 5;
const roles = ["worker", "all-in-one", "gateway", "api"];

export interface Looked {
  readonly at: number;
  readonly members: readonly Member[];
  readonly processes: readonly SeenProcess[];
}

export function clusterView(looked: Looked, before?: ClusterView): ClusterView {
  const processes = looked.processes.map((seen) => shown(seen, looked.at, before))
    .sort((one, other) =>
      roles.indexOf(one.status.role) - roles.indexOf(other.status.role) ||
      one.name.localeCompare(other.name)
    );
  const holders = holdersOf(processes);
  const counts = processes.flatMap(({ status }) => status.engine?.shardCount ?? []);
  const shardCount = counts.length === 0 ? null : Math.max(...counts);
  const sum = (read: (status: ProcessStatus) => number): number =>
    processes.reduce((total, { status }) => total + read(status), 0);
  return {
    at: looked.at,
    processes,
    shardCount,
    shardsHeld: holders.size,
    sockets: sum(({ gateway }) => gateway?.sockets ?? 0),
    alerts: [
      ...memberAlerts(looked),
      ...shardAlerts(holders, shardCount),
      ...processes.flatMap(processAlerts),
      ...versionAlerts(processes),
    ],
    slow: processes.flatMap(({ name, status }) =>
      (status.engine?.slow ?? []).map((actor) => ({ ...actor, on: name }))
    ).sort((one, other) => other.stepMs - one.stepMs).slice(0, SHOWN),
    crowded: processes.flatMap(({ name, status }) =>
      (status.engine?.crowded ?? []).map((actor) => ({ ...actor, on: name }))
    ).sort((one, other) => other.queued - one.queued).slice(0, SHOWN),
  };
}

function shown({ version, status }: SeenProcess, at: number, before?: ClusterView): ShownProcess {
  const former = before?.processes.find((process) => process.status.id === status.id);
  const seconds = (at - (before?.at ?? at)) / 1_000;
  const answered = status.answered - (former?.status.answered ?? 0);
  const answeredPerSecond = former === undefined || seconds <= 0 ? null : answered / seconds;
  return { name: status.worker ?? status.id, version, status, answeredPerSecond };
}

function holdersOf(processes: readonly ShownProcess[]): ReadonlyMap<number, readonly string[]> {
  const holders = new Map<number, string[]>();
  for (const { name, status } of processes) {
    for (const shard of status.engine?.shards ?? []) {
      holders.set(shard, [...holders.get(shard) ?? [], name]);
    }
  }
  return holders;
}

function memberAlerts({ members, processes }: Looked): readonly string[] {
  const lives = new Set(processes.flatMap(({ status }) => livesOf(status)));
  const silent = members.filter(({ kind, id }) => {
    const isHere = kind === "worker" ? `worker ${id}` : `${kind} ${id}`;
    return !lives.has(isHere);
  });
  const has = (part: "engine" | "gateway"): boolean =>
    processes.some(({ status }) => status[part] !== undefined);
  return [
    ...(has("engine") ? [] : ["there is no worker: nothing is answered"]),
    ...(has("gateway") ? [] : ["there is no gateway: no station can connect"]),
    ...silent.map(({ kind, id }) => `${kind} ${id} is a member and does not answer`),
  ];
}

function shardAlerts(
  holders: ReadonlyMap<number, readonly string[]>,
  shardCount: number | null,
): readonly string[] {
  const alerts: string[] = [];
  const nobodys = Array.from({ length: shardCount ?? 0 }, (_, shard) => shard)
    .filter((shard) => !holders.has(shard));
  if (nobodys.length > 0) alerts.push(`nobody holds ${listOf(nobodys)}`);
  for (const [shard, names] of holders) {
    if (names.length > 1) alerts.push(`shard ${shard} is held by ${names.join(" and ")}`);
  }
  return alerts;
}

function listOf(shards: readonly number[]): string {
  const some = shards.slice(0, 8).join(", ");
  const more = shards.length > 8 ? `, … (${shards.length})` : "";
  return `shard${shards.length > 1 ? "s" : ""} ${some}${more}`;
}

function processAlerts({ name, status }: ShownProcess): readonly string[] {
  const { missing, isDrained, postgres, engine } = status;
  const alerts: string[] = [];
  const beyond = (value: number | null | undefined, limit: number, text: string): void => {
    if (value !== null && value !== undefined && Math.abs(value) > limit) alerts.push(text);
  };
  const others = missing.filter((what) => what !== "drained");
  if (isDrained) alerts.push("is drained");
  if (others.length > 0) alerts.push(`is not ready: ${others.join(", ")}`);
  const { clockOffMs } = postgres;
  beyond(clockOffMs, limits.clockOffMs, `has a clock ${whole(clockOffMs)} ms off Postgres'`);
  beyond(status.p99Ms, limits.p99Ms, `answers slowly: p99 ${whole(status.p99Ms)} ms`);
  beyond(
    status.loopLagP99Ms,
    limits.loopLagMs,
    `has too much to do: its timers ring ${whole(status.loopLagP99Ms)} ms late`,
  );
  if (engine !== undefined) {
    const { relayLagP99Ms, outboxOldestSeconds, queued, queuedMax } = engine;
    beyond(relayLagP99Ms, limits.relayLagMs, `tells facts ${whole(relayLagP99Ms)} ms late`);
    const tells = `has tells that wait for ${whole(outboxOldestSeconds)} s`;
    beyond(outboxOldestSeconds, limits.outboxSeconds, tells);
    beyond(queued, limits.queued, `has ${queued} messages waiting`);
    beyond(queuedMax, limits.mailbox, `has a mailbox with ${queuedMax} messages`);
  }
  return alerts.map((text) => `${status.role} ${name} ${text}`);
}

function versionAlerts(processes: readonly ShownProcess[]): readonly string[] {
  const versions = [...new Set(processes.map(({ version }) => version))];
  return versions.length > 1 ? [`versions run side by side: ${versions.join(", ")}`] : [];
}

function whole(value: number | null): string {
  return String(Math.round(value ?? 0));
}
