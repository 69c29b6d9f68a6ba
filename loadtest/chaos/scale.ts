import { systemClock } from "#engine/adapters/system_clock.ts";
import { meterStage } from "../load/stage.ts";
import { median } from "../load/latencies.ts";
import { wait } from "../paced_clock.ts";
import { wronglyOwned } from "./cluster_checks.ts";
import type { ChaosStage } from "./stage.ts";

const clock = systemClock();
/** The most first: fewer are then as warm as they were. */
export const workerCounts = [4, 2, 1] as const;
/** Runtimes compile what is used often: a fresh process is dear at first. */
const WARM_SECONDS_FRESH = 40;
const WARM_SECONDS = 5;
const WINDOW_SECONDS = 15;
const REST_MS = 5_000;
/** More workers may cost so much more per message. */
export const DEAR_MAX = 1.15;

export interface ScaleParts {
  readonly stage: ChaosStage;
  readonly chargers: number;
  /** Messages per second, of all chargers or for each worker. */
  readonly rate: number;
  readonly isPerWorker: boolean;
  readonly passes: number;
  say(text: string): void;
}

export interface ScaleReport {
  /** Workers → CPU of all workers per answered message, in µs: the median of the passes. */
  readonly cost: ReadonlyMap<number, number>;
  readonly errors: number;
}

/** Loads of many and of few workers, again and again. */
export async function measureScale(parts: ScaleParts): Promise<ScaleReport> {
  const { stage, chargers, passes, say } = parts;
  const [url = ""] = stage.ocppUrls;
  const costs = new Map<number, number[]>(workerCounts.map((count) => [count, []]));
  let errors = 0;
  const load = await meterStage(url, chargers);
  for (let pass = 0; pass < passes; pass++) {
    for (const count of workerCounts) {
      const pace = parts.rate * (parts.isPerWorker ? count : 1);
      // deno-lint-ignore no-await-in-loop -- one after the other
      await useWorkers(stage, count);
      // deno-lint-ignore no-await-in-loop
      const idle = await idleCores(stage);
      // deno-lint-ignore no-await-in-loop
      await load.round({ seconds: count === 4 ? WARM_SECONDS_FRESH : WARM_SECONDS, pace });
      const before = cpuSeconds(stage);
      // deno-lint-ignore no-await-in-loop
      const round = await load.round({ seconds: WINDOW_SECONDS, pace });
      const micros = (cpuSeconds(stage) - before) / round.answeredInAll * 1e6;
      costs.get(count)?.push(micros);
      errors += round.errors;
      say(
        `  ${count} workers: ${round.answered} answered in ${round.seconds.toFixed(1)} s, ` +
          `p99 ${round.latencies.quantile(0.99).toFixed(0)} ms, ` +
          `${micros.toFixed(0)} µs of worker CPU each; at rest ` +
          `${(idle * 100).toFixed(1)} % of a core`,
      );
    }
  }
  await load.close();
  return {
    cost: new Map([...costs].map(([count, each]) => [count, median(each)])),
    errors,
  };
}

async function useWorkers(stage: ChaosStage, count: number): Promise<void> {
  const wanted = stage.workers.slice(0, count);
  for (const worker of wanted) if (!worker.isRunning) worker.spawn();
  await Promise.all(wanted.map((worker) => worker.ready()));
  for (const worker of stage.workers.slice(count)) {
    // deno-lint-ignore no-await-in-loop -- one hands over at a time
    if (worker.isRunning) await worker.terminate();
  }
  const findings = await wronglyOwned(stage);
  if (findings.length > 0) throw new Error(`Cannot go on: ${findings[0]}`);
  await wait(clock, 1_000);
}

/** What workers use that have nothing to do. */
async function idleCores(stage: ChaosStage): Promise<number> {
  const before = cpuSeconds(stage);
  await wait(clock, REST_MS);
  return (cpuSeconds(stage) - before) / (REST_MS / 1_000);
}

function cpuSeconds(stage: ChaosStage): number {
  return stage.workers.reduce((sum, worker) => sum + worker.cpuSeconds, 0);
}

/** How dear a message is on so many workers, against one. */
export function dearness({ cost }: ScaleReport, count: number): number {
  return (cost.get(count) ?? Infinity) / (cost.get(1) ?? 1);
}
