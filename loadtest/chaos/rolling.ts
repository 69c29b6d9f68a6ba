import { systemClock } from "#engine/adapters/system_clock.ts";
import { isDurable } from "../crash/crash_checks.ts";
import type { CrashFleet } from "../crash/crash_fleet.ts";
import { Latencies } from "../load/latencies.ts";
import { wait } from "../paced_clock.ts";
import { wronglyOwned } from "./cluster_checks.ts";
import type { RoleProcess } from "./role_process.ts";
import { seconds } from "./rounds.ts";
import type { ChaosStage } from "./stage.ts";
import { type RestCounts, TwoAddressClient } from "./two_addresses.ts";

const clock = systemClock();
const CALM_MS = 3_000;
/** An answer may not take longer at the 99th percentile while shards move. */
export const MOVING_P99_MS_MAX = 1_000;

export interface RollingParts {
  readonly stage: ChaosStage;
  readonly fleet: CrashFleet;
  /** Stations that the REST client asks about. */
  readonly stations: readonly string[];
  say(text: string): void;
}

export interface RollingReport {
  readonly rest: RestCounts;
  readonly restarts: readonly RestartReport[];
}

export interface RestartReport {
  readonly name: string;
  /** Only a worker's restart moves shards. */
  readonly movesShards: boolean;
  /** Of answers to transaction messages while it was away or shards moved. */
  readonly p99Ms: number;
  /** The most often that one charger connected again meanwhile. */
  readonly reconnectsMax: number;
  readonly findings: readonly string[];
}

/** Restarts every process in turn, as an operator who rolls out a new version. */
export async function rollAll(parts: RollingParts): Promise<RollingReport> {
  const { stage, stations } = parts;
  const client = new TwoAddressClient(stage.rests, stations);
  const asking = client.run();
  const restarts: RestartReport[] = [];
  await wait(clock, CALM_MS);
  for (const victim of [...stage.gateways, ...stage.workers, ...stage.apis]) {
    // deno-lint-ignore no-await-in-loop -- one after the other is the point
    restarts.push(await rollOne(victim, parts, client));
  }
  client.stop();
  await asking;
  return { rest: client.counts, restarts };
}

async function rollOne(
  victim: RoleProcess,
  { stage, fleet, say }: RollingParts,
  client: TwoAddressClient,
): Promise<RestartReport> {
  const connectionsBefore = fleet.chargers.map(({ connections }) => connections);
  const answersBefore = fleet.acknowledged.length;
  const { retried, failures } = client.counts;
  const beganAtMs = clock.monotonic();
  await victim.terminate();
  const awayMs = clock.monotonic() - beganAtMs;
  victim.spawn();
  await victim.ready();
  const findings = await wronglyOwned(stage);
  await wait(clock, CALM_MS);
  await fleet.settled();
  const latencies = new Latencies();
  for (const entry of fleet.acknowledged.slice(answersBefore)) {
    if (isDurable(entry)) latencies.add(entry.waitedMs);
  }
  const reconnects = fleet.chargers.map(({ connections }, index) =>
    connections - (connectionsBefore[index] ?? 0)
  );
  const p99Ms = latencies.quantile(0.99);
  const reconnectsMax = Math.max(...reconnects);
  const reconnected = reconnects.filter((count) => count > 0).length;
  const now = client.counts;
  say(
    `  ${victim.name} stopped within ${seconds(awayMs)} and came back: ` +
      `${reconnected} chargers connected again (none more than ${reconnectsMax} times), ` +
      `${latencies.count} transaction messages answered, p99 ${seconds(p99Ms)}, longest ` +
      `${seconds(latencies.maxMs)}; REST: ${now.retried - retried} retried, ` +
      `${now.failures.length - failures.length} failed`,
  );
  const movesShards = victim.role === "worker";
  return { name: victim.name, movesShards, p99Ms, reconnectsMax, findings };
}

/** What a rolling restart may not do. */
export function rollingFailures({ rest, restarts }: RollingReport): readonly string[] {
  const often = restarts.filter(({ reconnectsMax }) => reconnectsMax > 1);
  const slow = restarts.filter(({ movesShards, p99Ms }) =>
    movesShards && p99Ms > MOVING_P99_MS_MAX
  );
  const owned = restarts.flatMap(({ findings }) => findings);
  const names = (found: readonly RestartReport[]): string =>
    found.map(({ name }) => name).join(", ");
  return [
    ...(rest.failures.length > 0 ? [`${rest.failures.length} REST requests failed twice`] : []),
    ...(often.length > 0 ? [`chargers connected more than once again (${names(often)})`] : []),
    ...(slow.length > 0 ? [`p99 was above 1 s while shards moved (${names(slow)})`] : []),
    ...(owned.length > 0 ? [`${owned.length} findings about owners of shards`] : []),
  ];
}
