import { systemClock } from "#engine/adapters/system_clock.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import { waitUntil } from "#start/waiting.ts";
import type { CrashFleet } from "../crash/crash_fleet.ts";
import { wait } from "../paced_clock.ts";
import { wronglyOwned } from "./cluster_checks.ts";
import { type Fault, faultsOf } from "./faults.ts";
import type { ActorProbe } from "./actor_probe.ts";
import type { StationProbe } from "./station_probe.ts";
import type { ChaosStage } from "./stage.ts";

const clock = systemClock();
/** Before a fault, with chargers that start and stop around it. */
const CALM_MS = 1_000;
const CHURN_SECONDS = 3;
const ELECTED_MS_MAX = 60_000;
const FINDINGS_SHOWN = 3;

export interface RoundsParts {
  readonly stage: ChaosStage;
  readonly fleet: CrashFleet;
  readonly actors: ActorProbe;
  readonly stations: StationProbe;
  readonly random: SimRandom;
  say(text: string): void;
}

export interface FaultReport {
  readonly text: string;
  /**
   * Until the actors of every shard had answered, from when the fault had begun; also to stations
   * that had told them something at that moment, unless the fault is silent.
   */
  readonly answeredMs: number;
  readonly findings: readonly string[];
}

/** One fault after the other; each is over, and everything well again, before the next. */
export async function runRounds(
  rounds: number,
  parts: RoundsParts,
): Promise<readonly FaultReport[]> {
  const reports: FaultReport[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const makeFault of faultsOf(round)) {
      // deno-lint-ignore no-await-in-loop -- one fault after the other
      const fault = await makeFault(parts.stage, parts.random);
      // deno-lint-ignore no-await-in-loop
      const report = await endure(fault, parts);
      reports.push({ ...report, text: `round ${round + 1}, ${fault.text}` });
    }
    // deno-lint-ignore no-await-in-loop
    await parts.fleet.settled();
    parts.say(`round ${round + 1} of ${rounds} is over, all chargers have told everything`);
  }
  return reports;
}

async function endure(fault: Fault, parts: RoundsParts): Promise<FaultReport> {
  const { stage, fleet, actors, stations, random, say } = parts;
  await wait(clock, CALM_MS * (1 + random.fraction()));
  const churn = fleet.churn(CHURN_SECONDS);
  await wait(clock, CHURN_SECONDS * 500 * random.fraction());
  const answersBefore = fleet.acknowledged.length;
  const beganAtMs = clock.monotonic();
  const asked = actors.run();
  const told = stations.run();
  await fault.begin();
  const begunMs = clock.monotonic() - beganAtMs;
  await wait(clock, Math.max(0, fault.lastsMs - begunMs));
  const healedMs = clock.monotonic() - beganAtMs;
  await fault.heal();
  const sinceMs = fault.isBridged ? begunMs : healedMs;
  const [actorMs, stationMs] = (await Promise.all([asked, told]))
    .map(({ ms }) => Math.max(0, ms - sinceMs)) as [number, number];
  const { ms: afterMs } = await actors.run();
  await churn;
  await allWell(stage);
  const findings = await wronglyOwned(stage);
  const waits = fleet.acknowledged.slice(answersBefore).map(({ waitedMs }) => waitedMs);
  say(
    `  ${fault.text}: the actors of all shards answered after ${seconds(actorMs)}` +
      `${fault.isBridged ? "" : " from its end on"}, their stations had an answer after ` +
      `${seconds(stationMs)}, of chargers none waited longer than ` +
      `${seconds(Math.max(0, ...waits))}; once healed ${seconds(afterMs)}`,
  );
  for (const finding of findings.slice(0, FINDINGS_SHOWN)) say(`    ${finding}`);
  const judged = fault.isSilent ? [actorMs, afterMs] : [actorMs, stationMs, afterMs];
  return { text: fault.text, answeredMs: Math.max(...judged), findings };
}

/** The next fault finds a whole cluster: leaders are elected, and all have what they had. */
async function allWell({ nats }: ChaosStage): Promise<void> {
  const isWell = await waitUntil(async () => {
    const whole = await Promise.all(["KV_MEMBERS", "FACTS"].map((name) => nats.isWhole(name)));
    return whole.every((isWhole) => isWhole);
  }, { timeoutMs: ELECTED_MS_MAX, everyMs: 100 });
  if (!isWell) throw new Error("Cannot go on: NATS is not whole after a minute");
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
