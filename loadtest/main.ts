import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type BareReference, startBareReference } from "./load/bare_reference.ts";
import { cityStage } from "./load/city_stage.ts";
import { judge } from "./load/goals.ts";
import { landedEnergies, landedMeterValues, landedSessions } from "./load/landed.ts";
import { pidListeningOn, ServerMeter } from "./load/processes.ts";
import {
  change,
  figuresOf,
  type Landed,
  type Report,
  reportText,
  type RoundFigures,
  summaryOf,
} from "./load/report.ts";
import {
  heartbeatStage,
  identityOf,
  meterStage,
  sessionStage,
  type Stage,
  stormStage,
  tokenOf,
} from "./load/stage.ts";
import { describeOptions, OptionError, type Options, parseOptions } from "./options.ts";
import { PlatformRest } from "./platform_rest.ts";

const scenarios = ["heartbeat", "meter", "session", "storm", "city"] as const;

const specs = {
  scenario: { type: "text", help: "what chargers do", default: "heartbeat", choices: scenarios },
  chargers: { type: "number", help: "how many", default: 1_000, min: 1, max: 15_000 },
  seconds: { type: "number", help: "length of a round", default: 10, min: 0.1, max: 86_400 },
  rounds: { type: "number", help: "rounds; the median counts", default: 1, min: 1, max: 99 },
  pace: { type: "number", help: "frames/s of all together, else as fast as answered", min: 0.1 },
  reference: { type: "flag", help: "alternate with a bare ws server and print the ratio" },
  goal: { type: "number", help: "what the figure judged must reach, instead of the design's" },
  url: { type: "text", help: "OCPP endpoint", default: "ws://127.0.0.1:9220/ocpp" },
  http: { type: "text", help: "REST address", default: "http://127.0.0.1:8080" },
  key: { type: "text", help: "operator key, else that of DATA_DIR" },
  bare: { type: "flag", help: "the server has no REST: provision and read back nothing" },
  seed: { type: "number", help: "of the city", default: 1, min: 0, max: 2 ** 32 - 1 },
  json: { type: "text", help: "file for the figures" },
  "save-baseline": { type: "flag", help: "keep the figures in baseline.json" },
  help: { type: "flag", help: "show this" },
} as const;

const baselineFile = fileURLToPath(new URL("./baseline.json", import.meta.url));

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Rewrites one line on a terminal; elsewhere progress would only fill a log. */
function showProgress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
}

function stageOf(scenario: string, url: string, options: Options): Promise<Stage> | Stage {
  const chargers = options.number("chargers") ?? 1;
  switch (scenario) {
    case "heartbeat":
      return heartbeatStage(url, chargers);
    case "meter":
      return meterStage(url, chargers);
    case "session":
      return sessionStage(url, chargers);
    case "storm":
      return stormStage(url, chargers);
    default:
      return cityStage(url, chargers, options.number("seed") ?? 1);
  }
}

interface Target {
  readonly name: RoundFigures["target"];
  readonly stage: Stage;
  readonly pid: number | undefined;
}

async function measuredRound(target: Target, options: Options): Promise<RoundFigures> {
  const meter = new ServerMeter(target.pid);
  const cpuBefore = process.cpuUsage();
  const beganAtMs = performance.now();
  const result = await target.stage.round({
    seconds: options.number("seconds") ?? 10,
    pace: options.number("pace"),
    onProgress: (answered, errors) => {
      const seconds = (performance.now() - beganAtMs) / 1_000;
      showProgress(
        `${target.name} ${seconds.toFixed(0)} s: ${answered} answered, ` +
          `${Math.round(answered / seconds)}/s, ${errors} errors`,
      );
    },
  });
  const cpu = process.cpuUsage(cpuBefore);
  const elapsed = (performance.now() - beganAtMs) * 1_000;
  showProgress("");
  return figuresOf(target.name, result, {
    server: meter.end(),
    clientCores: (cpu.user + cpu.system) / elapsed,
  });
}

async function provision(rest: PlatformRest, chargers: number): Promise<void> {
  const indexes = Array.from({ length: chargers }, (_, index) => index);
  await rest.importStations(
    indexes.map((index) => ({ id: identityOf(index), securityProfile: 0, quiet: true })),
  );
  await rest.importTokens(
    indexes.map((index) => ({
      uid: tokenOf(index),
      status: "Accepted",
      concurrentSessions: 1,
    })),
  );
}

function restOf(options: Options): PlatformRest | undefined {
  if (options.flag("bare")) return undefined;
  const key = options.text("key") ?? process.env["OPERATOR_API_KEY"] ?? storedKey();
  return new PlatformRest(options.text("http") ?? "", key);
}

function storedKey(): string {
  const file = join(process.env["DATA_DIR"] ?? ".data", "operator.key");
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    throw new OptionError(`Cannot find the operator key: give --key, or ${file} must exist`);
  }
}

async function landedOf(
  scenario: string,
  stage: Stage,
  platform: { rest: PlatformRest; from: string },
): Promise<readonly Landed[]> {
  const truths = await stage.close();
  if (scenario === "meter") return landedMeterValues(platform.rest, platform.from, truths);
  if (scenario === "city") {
    return [(await landedEnergies(platform.rest, platform.from, truths)).landed];
  }
  if (scenario !== "session") return [];
  return landedSessions(platform.rest, platform.from, stage.endedSessions());
}

async function run(options: Options): Promise<boolean> {
  const scenario = options.text("scenario") ?? "heartbeat";
  const url = (options.text("url") ?? "").replace(/\/$/, "");
  const startedAt = new Date().toISOString();
  const rest = restOf(options);
  if (rest !== undefined) await provision(rest, options.number("chargers") ?? 1);
  const reference = options.flag("reference") ? await startBareReference() : undefined;
  const targets = await targetsOf(scenario, options, reference);
  const rounds: RoundFigures[] = [];
  for (let round = 0; round < (options.number("rounds") ?? 1); round++) {
    for (const target of targets) {
      // deno-lint-ignore no-await-in-loop -- rounds alternate, one at a time
      rounds.push(await measuredRound(target, options));
    }
  }
  const [platform] = targets;
  const landed = rest === undefined || platform === undefined
    ? []
    : await landedOf(scenario, platform.stage, { rest, from: startedAt });
  reference?.stop();
  const report: Report = {
    scenario,
    chargers: options.number("chargers") ?? 1,
    url,
    startedAt,
    rounds,
    landed,
    ...summaryOf(rounds),
  };
  return conclude(report, options);
}

async function targetsOf(
  scenario: string,
  options: Options,
  reference: BareReference | undefined,
): Promise<readonly Target[]> {
  const url = (options.text("url") ?? "").replace(/\/$/, "");
  const platform: Target = {
    name: "platform",
    stage: await stageOf(scenario, url, options),
    pid: pidListeningOn(Number(new URL(url).port || 80)),
  };
  if (reference === undefined) return [platform];
  return [platform, {
    name: "bare ws",
    stage: await stageOf(scenario, reference.url, options),
    pid: reference.pid,
  }];
}

type Baseline = Record<string, { answeredPerSecond: number; p99Ms: number; ratio?: number }>;

function conclude(report: Report, options: Options): boolean {
  say(reportText(report));
  const baseline: Baseline = JSON.parse(readFileSync(baselineFile, "utf8"));
  const name = `${report.scenario}-${report.chargers}` +
    (options.number("pace") === undefined ? "" : "-paced");
  const before = baseline[name];
  const rate = change(report.answeredPerSecond, before?.answeredPerSecond);
  const share = report.ratio === undefined ? "" : change(report.ratio, before?.ratio);
  if (rate !== "") say(`against the baseline: rate ${rate}${share && `, ratio ${share}`}`);
  if (options.flag("save-baseline")) {
    const ours = report.rounds.filter((round) => round.target === "platform");
    baseline[name] = {
      answeredPerSecond: Math.round(report.answeredPerSecond),
      p99Ms: Math.round(Math.max(...ours.map((round) => round.p99Ms))),
      ...(report.ratio === undefined ? {} : { ratio: Number(report.ratio.toFixed(3)) }),
    };
    writeFileSync(baselineFile, `${JSON.stringify(baseline, null, 2)}\n`);
  }
  const json = options.text("json");
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  const goal = options.number("goal");
  const judgement = judge(report, {
    ...(goal === undefined ? {} : { goal }),
    isPaced: options.number("pace") !== undefined,
  });
  say(judgement.sentence);
  return judgement.isMet;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), specs);
  if (options.flag("help")) {
    say(`Loads a running platform with chargers and measures it.\n${describeOptions(specs)}`);
    return 0;
  }
  return await run(options) ? 0 : 1;
}

try {
  process.exit(await main());
} catch (thrown) {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  process.stderr.write(`${message}\n`);
  process.exit(thrown instanceof OptionError ? 2 : 1);
}
