import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { msUntilAnswer } from "./crash/answer_probe.ts";
import { isDurable, lostMessages, trueEnergyWh, wrongSessions } from "./crash/crash_checks.ts";
import { CrashFleet, crashIdentity, crashToken } from "./crash/crash_fleet.ts";
import { describeOptions, OptionError, type Options, parseOptions } from "./options.ts";
import { wait } from "./paced_clock.ts";
import { PlatformProcess } from "./platform_process.ts";

const specs = {
  sessions: { type: "number", help: "charging sessions", default: 200, min: 1, max: 5_000 },
  main: { type: "number", help: "kills of the main process only", default: 5, min: 0, max: 100 },
  all: { type: "number", help: "kills of all its processes", default: 5, min: 0, max: 100 },
  meter: { type: "number", help: "seconds between meter values", default: 1, min: 0.1, max: 900 },
  "answer-within": { type: "number", help: "seconds until actors answer again", default: 5 },
  seed: { type: "number", help: "of chargers and moments", default: 1, min: 0, max: 2 ** 32 - 1 },
  keep: { type: "flag", help: "keep the data folder" },
  help: { type: "flag", help: "show this" },
} as const;

const PROBE = "CRASH-PROBE";
/** Between a settled fleet and the next kill. */
const CALM_SECONDS_MIN = 3;
const CALM_SECONDS_RANGE = 4;
/** Starts and stops are spread over this time around a kill. */
const CHURN_SECONDS = 3;
const FINDINGS_SHOWN = 10;

const clock = systemClock();

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function provision(platform: PlatformProcess, sessions: number): Promise<void> {
  const indexes = Array.from({ length: sessions }, (_, index) => index);
  const identities = [PROBE, ...indexes.map(crashIdentity)];
  await platform.rest.importStations(
    identities.map((id) => ({ id, securityProfile: 0, quiet: true })),
  );
  await platform.rest.importTokens(
    indexes.map((index) => ({ uid: crashToken(index), status: "Accepted" })),
  );
}

interface Plan {
  readonly kind: "main" | "all";
  readonly number: number;
}

/**
 * Kills while chargers charge, starts again at once; resolves with the ms until actors answered.
 */
async function killOnce(
  platform: PlatformProcess,
  fleet: CrashFleet,
  { plan, random }: { readonly plan: Plan; readonly random: SimRandom },
): Promise<number> {
  await wait(clock, (CALM_SECONDS_MIN + CALM_SECONDS_RANGE * random.fraction()) * 1_000);
  const churn = fleet.churn(CHURN_SECONDS);
  await wait(clock, CHURN_SECONDS * 1_000 * random.fraction());
  const before = fleet.acknowledged.length;
  await (plan.kind === "main" ? platform.killMain() : platform.killAll());
  platform.spawn();
  const answeredMs = await msUntilAnswer(platform, PROBE);
  await platform.ready();
  await churn;
  await fleet.settled();
  say(
    `kill ${plan.number} (${plan.kind === "main" ? "main process" : "all processes"}): ` +
      `${before} answers before, actors answered again after ` +
      `${(answeredMs / 1_000).toFixed(2)} s, all chargers are back`,
  );
  return answeredMs;
}

function plansOf(options: Options): readonly Plan[] {
  const main = Array.from({ length: options.number("main") ?? 0 }, () => "main" as const);
  const all = Array.from({ length: options.number("all") ?? 0 }, () => "all" as const);
  return [...main, ...all].map((kind, index) => ({ kind, number: index + 1 }));
}

async function crash(options: Options, platform: PlatformProcess): Promise<boolean> {
  const sessions = options.number("sessions") ?? 200;
  const random = new SimRandom(options.number("seed") ?? 1);
  await provision(platform, sessions);
  const fleet = new CrashFleet({
    url: platform.ocppUrl,
    sessions,
    meterIntervalSeconds: options.number("meter") ?? 1,
    random: random.fork(),
  });
  await fleet.charge();
  say(`${sessions} sessions charge (half OCPP 1.6, half 2.0.1)`);
  const answeredMs: number[] = [];
  for (const plan of plansOf(options)) {
    // deno-lint-ignore no-await-in-loop -- one kill after the other
    answeredMs.push(await killOnce(platform, fleet, { plan, random }));
  }
  await fleet.finish();
  say("all sessions were stopped, all queues are empty");
  return judge(options, { platform, fleet, answeredMs });
}

interface Outcome {
  readonly platform: PlatformProcess;
  readonly fleet: CrashFleet;
  readonly answeredMs: readonly number[];
}

async function judge(options: Options, outcome: Outcome): Promise<boolean> {
  const { platform, fleet, answeredMs } = outcome;
  const durable = fleet.acknowledged.filter(isDurable);
  const lost = await lostMessages(platform.databaseUrl, fleet.acknowledged);
  const wrong = await wrongSessions(platform.rest, fleet.chargers);
  const dropped = fleet.chargers.reduce((sum, charger) => sum + charger.droppedMessages, 0);
  const transactions = fleet.chargers.flatMap((charger) => charger.transactions);
  const slowest = Math.max(0, ...answeredMs) / 1_000;
  for (const finding of [...lost.slice(0, FINDINGS_SHOWN), ...wrong.slice(0, FINDINGS_SHOWN)]) {
    say(`  ${finding}`);
  }
  say(
    `answered transaction messages: ${durable.length}, not in the journal: ${lost.length}\n` +
      `sessions: ${transactions.length}, ${trueEnergyWh(fleet.chargers)} Wh by the meters, ` +
      `findings: ${wrong.length}, messages that chargers had to give up: ${dropped}\n` +
      `actors answered again after ${answeredMs.map((ms) => (ms / 1_000).toFixed(2)).join(", ")} s`,
  );
  const limit = options.number("answer-within") ?? 5;
  const failures = [
    ...(lost.length > 0 ? [`${lost.length} answered messages are lost`] : []),
    ...(wrong.length > 0 ? [`${wrong.length} findings about sessions`] : []),
    ...(dropped > 0 ? [`${dropped} messages were refused for good`] : []),
    ...(slowest > limit ? [`actors answered only after ${slowest.toFixed(2)} s`] : []),
  ];
  say(
    failures.length > 0
      ? `failed: ${failures.join(", ")}`
      : `passed: ${answeredMs.length} kills, 0 of ${durable.length} answered messages lost, ` +
        `${transactions.length} sessions exact to the Wh, answering again within ` +
        `${slowest.toFixed(2)} s`,
  );
  return failures.length === 0;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), specs);
  if (options.flag("help")) {
    say(`Kills the platform in the middle of sessions and checks.\n${describeOptions(specs)}`);
    return 0;
  }
  const dataDir = mkdtempSync(join(tmpdir(), "statewatt-crash-"));
  const platform = await PlatformProcess.start(dataDir);
  try {
    return await crash(options, platform) ? 0 : 1;
  } finally {
    await platform.stop();
    if (options.flag("keep")) say(`the data folder is ${dataDir}`);
    else rmSync(dataDir, { recursive: true, force: true });
  }
}

try {
  process.exit(await main());
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : thrown}\n`);
  process.exit(thrown instanceof OptionError ? 2 : 1);
}
