import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { systemClock } from "#engine/adapters/system_clock.ts";
import type { AttackReport } from "./fuzz/attack_main.ts";
import { runArguments } from "./load/bare_reference.ts";
import { median } from "./load/latencies.ts";
import { memoryOf } from "./load/processes.ts";
import { table } from "./load/report.ts";
import { identityOf, meterStage, type Stage, tokenOf } from "./load/stage.ts";
import { describeOptions, OptionError, type Options, parseOptions } from "./options.ts";
import { wait } from "./paced_clock.ts";
import { PlatformProcess } from "./platform_process.ts";

const specs = {
  frames: { type: "number", help: "bad frames in all", default: 100_000, min: 1, max: 1e9 },
  sockets: { type: "number", help: "attacking sockets", default: 16, min: 1, max: 1_000 },
  rounds: { type: "number", help: "quiet and attacked rounds", default: 3, min: 1, max: 99 },
  quiet: { type: "number", help: "seconds of a quiet round", default: 10, min: 1, max: 600 },
  settle: { type: "number", help: "seconds before memory is judged", default: 60, max: 3_600 },
  seed: { type: "number", help: "of the frames", default: 1, min: 0, max: 2 ** 32 - 1 },
  help: { type: "flag", help: "show this" },
} as const;

const HEALTHY = 10;
const HEALTHY_FRAMES_PER_SECOND = 200;
const ATTACK_SECONDS_MAX = 150;
/** Good charger under attack: at most twice its quiet p99, or this. */
const P99_MS_ALLOWED = 50;
const MEMORY_GROWTH_ALLOWED = 0.2;

const clock = systemClock();

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function provision(platform: PlatformProcess, sockets: number): Promise<void> {
  const healthy = Array.from({ length: HEALTHY }, (_, index) => index);
  const attackers = Array.from({ length: sockets }, (_, index) => `FUZZ-${index}`);
  await platform.rest.importStations(
    [...attackers, ...healthy.map(identityOf)].map((id) => ({
      id,
      securityProfile: 0,
      quiet: true,
    })),
  );
  await platform.rest.importTokens(
    healthy.map((index) => ({ uid: tokenOf(index), status: "Accepted" })),
  );
}

function attack(options: Options, url: string, round: number): Promise<AttackReport> {
  const rounds = options.number("rounds") ?? 1;
  const file = fileURLToPath(new URL("./fuzz/attack_main.ts", import.meta.url));
  const given = {
    url,
    frames: Math.ceil((options.number("frames") ?? 0) / rounds),
    sockets: options.number("sockets") ?? 1,
    seed: (options.number("seed") ?? 1) + round,
    seconds: ATTACK_SECONDS_MAX,
  };
  const words = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [...runArguments(file), ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: { toString(): string }) => said += chunk.toString());
  return new Promise((resolve, reject) => {
    child.once("close", () => {
      if (said === "") reject(new Error("Cannot attack: the attacker ended without a report"));
      else resolve(JSON.parse(said));
    });
  });
}

interface FuzzRound {
  readonly quietP99Ms: number;
  readonly attackedP99Ms: number;
  readonly errors: number;
  readonly seconds: number;
  readonly attack: AttackReport;
}

async function fuzzRound(
  options: Options,
  { platform, stage, round }: { platform: PlatformProcess; stage: Stage; round: number },
): Promise<FuzzRound> {
  const pace = HEALTHY_FRAMES_PER_SECOND;
  const quiet = await stage.round({ seconds: options.number("quiet") ?? 10, pace });
  const attacking = attack(options, platform.ocppUrl, round);
  const attacked = await stage.round({ seconds: ATTACK_SECONDS_MAX, until: attacking, pace });
  return {
    quietP99Ms: quiet.latencies.quantile(0.99),
    attackedP99Ms: attacked.latencies.quantile(0.99),
    errors: quiet.errors + attacked.errors,
    seconds: attacked.seconds,
    attack: await attacking,
  };
}

async function fuzz(options: Options, platform: PlatformProcess): Promise<boolean> {
  await provision(platform, options.number("sockets") ?? 1);
  const stage = await meterStage(platform.ocppUrl, HEALTHY);
  await stage.round({ seconds: 5, pace: HEALTHY_FRAMES_PER_SECOND });
  const memoryBefore = memoryOf(platform.pid);
  const rounds: FuzzRound[] = [];
  for (let round = 0; round < (options.number("rounds") ?? 1); round++) {
    // deno-lint-ignore no-await-in-loop -- rounds follow each other
    rounds.push(await fuzzRound(options, { platform, stage, round }));
    say(`round ${round + 1}: ${JSON.stringify(rounds.at(-1)?.attack)}`);
  }
  await wait(clock, (options.number("settle") ?? 60) * 1_000);
  const memoryAfter = memoryOf(platform.pid);
  const truths = platform.hasEnded ? [] : await stage.close();
  return judge(rounds, {
    hasEnded: platform.hasEnded,
    openSessions: HEALTHY - truths.length,
    memoryBefore,
    memoryAfter,
    frames: options.number("frames") ?? 0,
  });
}

interface Aftermath {
  readonly hasEnded: boolean;
  readonly openSessions: number;
  readonly memoryBefore: number;
  readonly memoryAfter: number;
  readonly frames: number;
}

function judge(rounds: readonly FuzzRound[], aftermath: Aftermath): boolean {
  say(table([
    ["round", "bad frames", "s", "quiet p99 ms", "attacked p99 ms", "healthy errors"],
    ...rounds.map((round, index) => [
      String(index + 1),
      String(round.attack.frames),
      round.seconds.toFixed(1),
      round.quietP99Ms.toFixed(1),
      round.attackedP99Ms.toFixed(1),
      String(round.errors),
    ]),
  ]));
  const quiet = median(rounds.map((round) => round.quietP99Ms));
  const attacked = median(rounds.map((round) => round.attackedP99Ms));
  const allowed = Math.max(2 * quiet, P99_MS_ALLOWED);
  const frames = rounds.reduce((sum, round) => sum + round.attack.frames, 0);
  const errors = rounds.reduce((sum, round) => sum + round.errors, 0);
  const { memoryBefore, memoryAfter } = aftermath;
  const growth = memoryAfter / memoryBefore - 1;
  say(
    `memory of the main process: ${megabytes(memoryBefore)} MB before, ` +
      `${megabytes(memoryAfter)} MB after (${(growth * 100).toFixed(0)} %)`,
  );
  const failures = [
    ...(aftermath.hasEnded ? ["the platform ended"] : []),
    ...(frames < aftermath.frames ? [`only ${frames} frames could be sent`] : []),
    ...(errors > 0 ? [`${errors} errors of healthy chargers`] : []),
    ...(aftermath.openSessions > 0 ? [`${aftermath.openSessions} sessions could not end`] : []),
    ...(attacked > allowed
      ? [`p99 under attack ${attacked.toFixed(1)} ms, allowed ${allowed.toFixed(1)} ms`]
      : []),
    ...(growth > MEMORY_GROWTH_ALLOWED ? [`memory grew by ${(growth * 100).toFixed(0)} %`] : []),
  ];
  say(
    failures.length > 0
      ? `failed: ${failures.join(", ")}`
      : `passed: ${frames} bad frames, a healthy charger's p99 ${attacked.toFixed(1)} ms ` +
        `(quiet ${quiet.toFixed(1)} ms), memory ${growth >= 0 ? "+" : ""}` +
        `${(growth * 100).toFixed(0)} %`,
  );
  return failures.length === 0;
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), specs);
  if (options.flag("help")) {
    say(`Sends bad frames and watches a healthy charger.\n${describeOptions(specs)}`);
    return 0;
  }
  const dataDir = mkdtempSync(join(tmpdir(), "statewatt-fuzz-"));
  const platform = await PlatformProcess.start(dataDir);
  try {
    return await fuzz(options, platform) ? 0 : 1;
  } finally {
    await platform.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

try {
  process.exit(await main());
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : thrown}\n`);
  process.exit(thrown instanceof OptionError ? 2 : 1);
}
