/** What a process tells of itself: read from what it counts anyway, at the moment of the question. */
import { hostname } from "node:os";
import process from "node:process";
import type { RunningWorker } from "#actors/main.ts";
import type { PostgresProbe } from "#engine/adapters/postgres_probe.ts";
import type { Partition } from "#engine/partition.ts";
import type { EngineStatus, GatewayStatus, ProcessStatus } from "#engine/ports/operations.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type { RunningGateway } from "#gateway/main.ts";
import type { Cluster } from "./cluster.ts";
import type { Health } from "./health.ts";

const CROWDED_SHOWN = 5;

/** A worker and what it is called in the table of owners. */
export interface NamedWorker {
  readonly name: string;
  readonly running: RunningWorker;
}

export interface StatusParts {
  readonly cluster: Cluster;
  readonly role: string;
  readonly health: Health;
  readonly probe: PostgresProbe;
  readonly gateway?: RunningGateway | undefined;
  readonly worker?: NamedWorker | undefined;
}

export async function statusOf(parts: StatusParts): Promise<ProcessStatus> {
  const { cluster: { id, bus, telemetry }, role, health, probe, gateway, worker } = parts;
  const [missing, { isReachable, roundTripMs, clockOffMs }] = await Promise.all([
    health.missing(),
    probe.look(),
  ]);
  return {
    ...{ role, id, pid: process.pid, host: hostname(), missing, isDrained: health.isDrained },
    ...(worker === undefined ? {} : { worker: worker.name }),
    upSeconds: process.uptime(),
    residentBytes: process.memoryUsage().rss,
    isNatsConnected: bus.isConnected(),
    postgres: { isReachable, roundTripMs, clockOffMs },
    ...answers(telemetry, role),
    loopLagP99Ms: msOf(telemetry, "statewatt_loop_lag_seconds", 0.99),
    ...(gateway === undefined ? {} : { gateway: gatewayStatus(gateway, telemetry) }),
    ...(worker === undefined ? {} : { engine: engineStatus(worker.running, telemetry) }),
  };
}

type Answers = Pick<ProcessStatus, "answered" | "errors" | "p50Ms" | "p99Ms">;

/** What a role is there for: an all-in-one answers stations and REST. */
function answers(telemetry: Telemetry, role: string): Answers {
  const rest = telemetry.total("statewatt_api_request_seconds");
  const ofStations = telemetry.total("statewatt_gateway_answered_total");
  const callErrors = telemetry.total("statewatt_gateway_call_errors_total");
  const times = (histogram: string): Pick<Answers, "p50Ms" | "p99Ms"> => ({
    p50Ms: msOf(telemetry, histogram, 0.5),
    p99Ms: msOf(telemetry, histogram, 0.99),
  });
  if (role === "worker") {
    return {
      answered: telemetry.total("statewatt_answers_total"),
      errors: telemetry.total("statewatt_answers_refused_total") +
        telemetry.total("statewatt_answers_withheld_total"),
      ...times("statewatt_answer_seconds"),
    };
  }
  const errors = telemetry.total("statewatt_api_errors_total") + callErrors;
  const histogram = role === "api"
    ? "statewatt_api_request_seconds"
    : "statewatt_gateway_answer_seconds";
  return { answered: ofStations + rest, errors, ...times(histogram) };
}

function gatewayStatus(gateway: RunningGateway, telemetry: Telemetry): GatewayStatus {
  return {
    sockets: gateway.sockets(),
    withheld: telemetry.total("statewatt_gateway_withheld_total"),
  };
}

function engineStatus({ host, placement }: RunningWorker, telemetry: Telemetry): EngineStatus {
  const { partitions, slowest } = host.load;
  const crowded = [...partitions.all].filter(({ queue }) => queue.length > 0)
    .sort((one, other) => other.queue.length - one.queue.length);
  const moved = (how: string): number => telemetry.value("statewatt_shards_moved_total", how);
  return {
    shardCount: partitions.shardCount,
    shards: host.custody.held.map(({ shard }) => shard).sort((one, other) => one - other),
    isSettled: placement.isSettled,
    partitions: partitions.size,
    queued: crowded.reduce((sum, { queue }) => sum + queue.length, 0),
    queuedMax: crowded[0]?.queue.length ?? 0,
    commitP99Ms: msOf(telemetry, "statewatt_commit_seconds", 0.99),
    commitsRefused: telemetry.total("statewatt_commits_refused_total"),
    withheld: telemetry.total("statewatt_answers_withheld_total"),
    moved: {
      taken: moved("taken"),
      takenOver: moved("taken-over"),
      handedOver: moved("handed-over"),
      lost: moved("lost"),
    },
    outboxWaiting: telemetry.value("statewatt_outbox_waiting"),
    outboxOldestSeconds: telemetry.value("statewatt_outbox_oldest_seconds"),
    relayLagP99Ms: msOf(telemetry, "statewatt_fact_lag_seconds", 0.99),
    slow: slowest,
    crowded: crowded.slice(0, CROWDED_SHOWN).map(crowdOf),
  };
}

function crowdOf({ queue, key }: Partition): { readonly actor: string; readonly queued: number } {
  return { actor: queue[0]?.to ?? key, queued: queue.length };
}

function msOf(telemetry: Telemetry, histogram: string, share: number): number | null {
  const seconds = telemetry.quantile(histogram, share);
  return seconds === undefined ? null : seconds * 1_000;
}
