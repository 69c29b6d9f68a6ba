/**
 * `deno task simulate -- --seed S --steps N --seeds K`: the whole platform in one process and in
 * virtual time, each seed another bad day. The last line is the verdict; exit 0 when all held.
 */
import process from "node:process";
import { OptionError, parseOptions } from "../options.ts";
import { Breach, checkerNames } from "./checkers/verdict.ts";
import { planOf } from "./plan.ts";
import { type RunFigures, runWorld, shortestFailure } from "./seeded_run.ts";
import { World } from "./world.ts";

/** How often a line tells how far it is, in ms. */
const PROGRESS_MS = 2_000;

interface Totals {
  seeds: number;
  steps: number;
  virtualMs: number;
  commits: number;
  answers: number;
  charges: number;
  facts: number;
  disasters: number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), {
    seed: { type: "number", help: "the first seed", default: 1, min: 1 },
    seeds: { type: "number", help: "how many seeds", default: 100, min: 1, max: 1_000_000 },
    steps: { type: "number", help: "steps with faults", default: 2_000, min: 1, max: 10_000_000 },
    trace: { type: "flag", help: "print the last log lines of a seed that fails" },
  });
  const first = options.number("seed") ?? 1;
  const seeds = options.number("seeds") ?? 1;
  const steps = options.number("steps") ?? 1;
  const totals: Totals = {
    ...{ seeds: 0, steps: 0, virtualMs: 0, commits: 0, answers: 0 },
    ...{ charges: 0, facts: 0, disasters: 0 },
  };
  let saidAt = performance.now();
  for (let seed = first; seed < first + seeds; seed++) {
    const world = new World(planOf(seed));
    try {
      // deno-lint-ignore no-await-in-loop -- one world after the other
      add(totals, await runWorld(world, steps));
    } catch (thrown) {
      if (!(thrown instanceof Breach)) throw thrown;
      // deno-lint-ignore no-await-in-loop -- the last thing it does
      await report(world, thrown, steps, options.flag("trace"));
      return 1;
    }
    if (performance.now() - saidAt < PROGRESS_MS) continue;
    saidAt = performance.now();
    say(`${totals.seeds} of ${seeds} seeds, ${rate(totals)}`);
  }
  say(
    `passed: ${totals.seeds} seeds, ${totals.steps} steps (${rate(totals)}), ` +
      `${Math.round(totals.virtualMs / 60_000)} virtual minutes, ${totals.disasters} disasters, ` +
      `${totals.answers} answers, ${totals.charges} charges to the watt-hour, ` +
      `${totals.commits} commits, ${totals.facts} facts: nothing lost, nothing twice`,
  );
  return 0;
}

function add(totals: Totals, figures: RunFigures): void {
  totals.seeds++;
  totals.steps += figures.steps;
  totals.virtualMs += figures.virtualMs;
  totals.commits += figures.commits;
  totals.answers += figures.answers;
  totals.charges += figures.charges;
  totals.facts += figures.facts;
  totals.disasters += figures.disasters;
}

/** Of the processor's time, not of the clock's: others may use the machine, too. */
function rate({ steps }: Totals): string {
  const { user, system } = process.cpuUsage();
  return `${Math.round(steps / (user + system) * 1_000_000)} steps per CPU second`;
}

async function report(
  world: World,
  breach: Breach,
  steps: number,
  isTraced: boolean,
): Promise<void> {
  const { seed } = world.plan;
  if (isTraced) { for (const line of world.telemetry.lines) say(line); }
  say(`${checkerNames[breach.checker]}: ${breach.message}`);
  say("looking for a shorter form");
  const shortest = await shortestFailure({ seed, steps }, breach);
  say(
    `failed: seed ${seed}, again: deno task simulate -- --seed ${seed} --seeds 1 --steps ${shortest}`,
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
