/** `deno task chaos`: real processes, real faults, and what must hold afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { wrongFacts, wronglyOwned } from "./chaos/cluster_checks.ts";
import { provision } from "./chaos/provision.ts";
import { type FaultReport, runRounds, seconds } from "./chaos/rounds.ts";
import { probeIdentities, ShardProbe } from "./chaos/shard_probe.ts";
import { ChaosStage } from "./chaos/stage.ts";
import { isDurable, lostMessages, trueEnergyWh, wrongSessions } from "./crash/crash_checks.ts";
import { CrashFleet } from "./crash/crash_fleet.ts";
import { describeOptions, OptionError, type Options, parseOptions } from "./options.ts";

const specs = {
  rounds: { type: "number", help: "rounds of five faults", default: 2, min: 1, max: 1_000 },
  chargers: { type: "number", help: "charging sessions", default: 1_000, min: 1, max: 5_000 },
  meter: { type: "number", help: "seconds between meter values", default: 12, min: 1, max: 900 },
  workers: { type: "number", help: "worker processes", default: 3, min: 2, max: 16 },
  gateways: { type: "number", help: "gateway processes", default: 2, min: 2, max: 16 },
  apis: { type: "number", help: "api processes", default: 2, min: 1, max: 16 },
  "answer-within": { type: "number", help: "seconds until actors answer again", default: 5 },
  seed: { type: "number", help: "of chargers, victims and moments", default: 1, min: 0 },
  keep: { type: "flag", help: "keep the folder with logs" },
  help: { type: "flag", help: "show this" },
} as const;

/** An installation's default. */
const SHARDS = 256;
const FINDINGS_SHOWN = 10;
const startedAtMs = performance.now();

function say(text: string): void {
  const at = ((performance.now() - startedAtMs) / 1_000).toFixed(0).padStart(4);
  process.stdout.write(`${at} s  ${text}\n`);
}

async function chaos(options: Options, stage: ChaosStage): Promise<boolean> {
  const chargers = options.number("chargers") ?? 1_000;
  const random = new SimRandom(options.number("seed") ?? 1);
  const probes = probeIdentities(SHARDS);
  await provision(stage.rest, { chargers, others: probes });
  const [url = "", ...otherUrls] = stage.ocppUrls;
  const fleet = new CrashFleet({
    url,
    otherUrls,
    sessions: chargers,
    meterIntervalSeconds: options.number("meter") ?? 12,
    random: random.fork(),
  });
  const probe = new ShardProbe(stage.ocppUrls, probes);
  await probe.run();
  await fleet.charge();
  say(`${chargers} sessions charge (half OCPP 1.6, half 2.0.1)`);
  const rounds = options.number("rounds") ?? 2;
  const faults = await runRounds(rounds, { stage, fleet, probe, random, say });
  await fleet.finish();
  probe.close();
  say("all sessions were stopped, all queues are empty");
  return judge(options, { stage, fleet, faults });
}

interface Outcome {
  readonly stage: ChaosStage;
  readonly fleet: CrashFleet;
  readonly faults: readonly FaultReport[];
}

async function judge(options: Options, { stage, fleet, faults }: Outcome): Promise<boolean> {
  const durable = fleet.acknowledged.filter(isDurable);
  const lost = await lostMessages(stage.postgres.url(), fleet.acknowledged);
  const wrong = await wrongSessions(stage.rest, fleet.chargers);
  const facts = await wrongFacts(stage);
  const owned = [...faults.flatMap(({ findings }) => findings), ...await wronglyOwned(stage)];
  const dropped = fleet.chargers.reduce((sum, charger) => sum + charger.droppedMessages, 0);
  const transactions = fleet.chargers.flatMap((charger) => charger.transactions);
  const slowest = Math.max(0, ...faults.map(({ answeredMs }) => answeredMs));
  const limitMs = (options.number("answer-within") ?? 5) * 1_000;
  const late = faults.filter(({ answeredMs }) => answeredMs > limitMs);
  for (const findings of [lost, wrong, facts.findings, owned, late.map(({ text }) => text)]) {
    findings.slice(0, FINDINGS_SHOWN).forEach((finding) => say(`  ${finding}`));
  }
  say(
    `answered transaction messages: ${durable.length}, not in the journal: ${lost.length}; ` +
      `sessions: ${transactions.length}, ${trueEnergyWh(fleet.chargers)} Wh by the meters, ` +
      `findings: ${wrong.length}; facts: ${facts.count}, findings: ${facts.findings.length}; ` +
      `messages that chargers had to give up: ${dropped}`,
  );
  const failures = [
    ...(lost.length > 0 ? [`${lost.length} answered messages are lost`] : []),
    ...(wrong.length > 0 ? [`${wrong.length} findings about sessions`] : []),
    ...(facts.findings.length > 0 ? [`${facts.findings.length} findings about facts`] : []),
    ...(owned.length > 0 ? [`${owned.length} findings about owners of shards`] : []),
    ...(dropped > 0 ? [`${dropped} messages were refused for good`] : []),
    ...(late.length > 0 ? [`${late.length} times actors answered late`] : []),
  ];
  say(
    failures.length > 0
      ? `failed: ${failures.join(", ")}`
      : `passed: ${faults.length} faults, 0 of ${durable.length} answered messages lost, ` +
        `${transactions.length} sessions exact to the Wh, ${facts.count} facts once and in ` +
        `order, answering again within ${seconds(slowest)}`,
  );
  return failures.length === 0;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), specs);
  if (options.flag("help")) {
    say(`Breaks a cluster in the middle of sessions and checks.\n${describeOptions(specs)}`);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "statewatt-chaos-"));
  const stage = await ChaosStage.start({
    folder,
    workers: options.number("workers") ?? 3,
    gateways: options.number("gateways") ?? 2,
    apis: options.number("apis") ?? 2,
  });
  say(`${stage.processes.length} processes, 3 NATS servers and Postgres run`);
  try {
    return await chaos(options, stage) ? 0 : 1;
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
