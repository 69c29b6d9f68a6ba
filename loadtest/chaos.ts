/** `deno task chaos`: real processes, real faults, and what must hold afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { ActorProbe } from "./chaos/actor_probe.ts";
import { judge } from "./chaos/judge.ts";
import { provision } from "./chaos/provision.ts";
import { rollAll, rollingFailures } from "./chaos/rolling.ts";
import { runRounds, seconds } from "./chaos/rounds.ts";
import { DEAR_MAX, dearness, measureScale, workerCounts } from "./chaos/scale.ts";
import { probeIdentities, StationProbe } from "./chaos/station_probe.ts";
import { ChaosStage } from "./chaos/stage.ts";
import { CrashFleet } from "./crash/crash_fleet.ts";
import { identityOf, tokenOf } from "./load/stage.ts";
import { describeOptions, OptionError, type Options, parseOptions } from "./options.ts";

const specs = {
  rounds: { type: "number", help: "rounds of five faults", default: 2, min: 1, max: 1_000 },
  rolling: { type: "flag", help: "restart every process in turn instead" },
  scale: { type: "flag", help: "measure 1, 2 and 4 workers instead" },
  "same-load": { type: "flag", help: "--scale: the same load on all, not per worker" },
  chargers: { type: "number", help: "charging sessions", default: 1_000, min: 1, max: 5_000 },
  meter: { type: "number", help: "seconds between meter values", default: 12, min: 1, max: 900 },
  rate: { type: "number", help: "--scale: messages per second of a worker", default: 600, min: 1 },
  passes: { type: "number", help: "--scale: how often", default: 3, min: 1, max: 20 },
  workers: { type: "number", help: "worker processes", default: 3, min: 2, max: 16 },
  gateways: { type: "number", help: "gateway processes", default: 2, min: 2, max: 16 },
  apis: { type: "number", help: "api processes", default: 2, min: 2, max: 16 },
  "answer-within": { type: "number", help: "seconds until actors answer again", default: 5 },
  seed: { type: "number", help: "of chargers, victims and moments", default: 1, min: 0 },
  keep: { type: "flag", help: "keep the folder with logs" },
  help: { type: "flag", help: "show this" },
} as const;

/** An installation's default. */
const SHARDS = 256;
const startedAtMs = performance.now();

function say(text: string): void {
  const at = ((performance.now() - startedAtMs) / 1_000).toFixed(0).padStart(4);
  process.stdout.write(`${at} s  ${text}\n`);
}

/** What a mode found wrong, and what it says when all is well. */
interface Verdict {
  readonly failures: readonly string[];
  readonly praise: string;
}

type Mode = (options: Options, stage: ChaosStage) => Promise<Verdict>;

async function breakThings(options: Options, stage: ChaosStage): Promise<Verdict> {
  const random = new SimRandom(options.number("seed") ?? 1);
  const identities = probeIdentities(SHARDS);
  const fleet = await charging(options, stage, { random, others: identities });
  const stations = new StationProbe(stage.ocppUrls, identities);
  const actors = await ActorProbe.open(stage.nats.url, identities);
  await stations.run();
  const rounds = options.number("rounds") ?? 2;
  const faults = await runRounds(rounds, { stage, fleet, actors, stations, random, say });
  await fleet.finish();
  stations.close();
  await actors.close();
  say("all sessions were stopped, all queues are empty");
  const { summary, failures } = await judge(stage, fleet, say);
  const limitMs = (options.number("answer-within") ?? 5) * 1_000;
  const late = faults.filter(({ answeredMs }) => answeredMs > limitMs);
  const owned = faults.flatMap(({ findings }) => findings);
  for (const { text, answeredMs } of late) say(`  ${text}: ${seconds(answeredMs)}`);
  say(summary);
  const slowest = seconds(Math.max(...faults.map(({ answeredMs }) => answeredMs)));
  return {
    failures: [
      ...failures,
      ...(owned.length > 0 ? [`${owned.length} findings about owners after a fault`] : []),
      ...(late.length > 0 ? [`${late.length} times actors answered late`] : []),
    ],
    praise: `${faults.length} faults, ${summary}, answering again within ${slowest}`,
  };
}

async function restartInTurn(options: Options, stage: ChaosStage): Promise<Verdict> {
  const random = new SimRandom(options.number("seed") ?? 1);
  const stations = Array.from({ length: 50 }, (_, index) => `ASKED-${index}`);
  const fleet = await charging(options, stage, { random, others: stations });
  const report = await rollAll({ stage, fleet, stations, say });
  await fleet.finish();
  for (const failure of report.rest.failures.slice(0, 10)) say(`  ${failure}`);
  const { summary, failures } = await judge(stage, fleet, say);
  say(summary);
  const { requests, retried } = report.rest;
  const moving = report.restarts.filter(({ movesShards }) => movesShards);
  const slowest = Math.max(...moving.map(({ p99Ms }) => p99Ms));
  return {
    failures: [...failures, ...rollingFailures(report)],
    praise: `${report.restarts.length} processes restarted, 0 of ${requests} REST requests ` +
      `failed with one retry (${retried} retried), no charger connected more than once again, ` +
      `p99 while shards move at most ${seconds(slowest)}, ${summary}`,
  };
}

async function scale(options: Options, stage: ChaosStage): Promise<Verdict> {
  const chargers = options.number("chargers") ?? 1_000;
  const indexes = Array.from({ length: chargers }, (_, index) => index);
  await stage.rest.importStations(
    indexes.map((index) => ({ id: identityOf(index), securityProfile: 0, quiet: true })),
  );
  await stage.rest.importTokens(
    indexes.map((index) => ({ uid: tokenOf(index), status: "Accepted" })),
  );
  const [rate = 600, passes = 3] = [options.number("rate"), options.number("passes")];
  const isPerWorker = !options.flag("same-load");
  const report = await measureScale({ stage, chargers, rate, isPerWorker, passes, say });
  const told = [...report.cost].map(([count, micros]) =>
    `${micros.toFixed(0)} µs on ${count} (x${dearness(report, count).toFixed(2)})`
  ).join(", ");
  const dear = workerCounts.filter((count) => dearness(report, count) > DEAR_MAX);
  return {
    failures: [
      ...(dear.length > 0 ? [`a message is too dear on ${dear.join(" and ")} workers`] : []),
      ...(report.errors > 0 ? [`${report.errors} messages failed`] : []),
    ],
    praise: `worker CPU per answered message at ${rate}/s${isPerWorker ? " per worker" : ""}, ` +
      `median of ${passes}: ${told}`,
  };
}

async function charging(
  options: Options,
  stage: ChaosStage,
  { random, others }: { readonly random: SimRandom; readonly others: readonly string[] },
): Promise<CrashFleet> {
  const chargers = options.number("chargers") ?? 1_000;
  await provision(stage.rest, { chargers, others });
  const [url = "", ...otherUrls] = stage.ocppUrls;
  const meterIntervalSeconds = options.number("meter") ?? 12;
  const fleet = new CrashFleet({
    url,
    otherUrls,
    sessions: chargers,
    meterIntervalSeconds,
    arrivalSeconds: meterIntervalSeconds,
    random: random.fork(),
  });
  await fleet.charge();
  say(`${chargers} sessions charge (half OCPP 1.6, half 2.0.1)`);
  return fleet;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), specs);
  if (options.flag("help")) {
    const purpose = "Breaks a cluster in the middle of sessions and checks.";
    process.stdout.write(`${purpose}\n${describeOptions(specs)}\n`);
    return 0;
  }
  const [mode, workers]: readonly [Mode, number] = options.flag("scale")
    ? [scale, Math.max(...workerCounts)]
    : [options.flag("rolling") ? restartInTurn : breakThings, options.number("workers") ?? 3];
  const folder = mkdtempSync(join(tmpdir(), "statewatt-chaos-"));
  const stage = await ChaosStage.start({
    folder,
    workers,
    gateways: options.flag("scale") ? 1 : options.number("gateways") ?? 2,
    apis: options.number("apis") ?? 2,
  });
  say(`${stage.processes.length} processes, 3 NATS servers and Postgres run`);
  try {
    const { failures, praise } = await mode(options, stage);
    say(failures.length > 0 ? `failed: ${failures.join(", ")}` : `passed: ${praise}`);
    return failures.length === 0 ? 0 : 1;
  } finally {
    await stage.close();
    if (options.flag("keep")) say(`the folder is ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exit(await main());
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : thrown}\n`);
  process.exit(thrown instanceof OptionError ? 2 : 1);
}
