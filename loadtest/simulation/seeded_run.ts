/** One seed from its first step to its verdict, and the shortest form in which it fails. */
import { checkEnd, ruleOf, unsettled } from "./checkers/end_checker.ts";
import { Breach } from "./checkers/verdict.ts";
import { type Plan, planOf } from "./plan.ts";
import type { Sabotage } from "./sabotage.ts";
import { World } from "./world.ts";

/** After the last fault everything is settled within this virtual time. */
const SETTLED_MS = 10 * 60_000;
/** How often it is looked whether all has settled: a look costs as much as some steps. */
const LOOK_STEPS = 50;

export interface RunRequest {
  readonly seed: number;
  /** Steps with faults; then the world heals. */
  readonly steps: number;
  readonly plan?: Plan | undefined;
  readonly sabotage?: Sabotage | undefined;
}

export interface RunFigures {
  /** All of the run, with those after the faults. */
  readonly steps: number;
  readonly virtualMs: number;
  readonly settledMs: number;
  readonly commits: number;
  readonly answers: number;
  readonly charges: number;
  readonly facts: number;
  readonly disasters: number;
}

/** @throws {Breach} what a checker found. */
export async function runSeed({ seed, steps, plan, sabotage }: RunRequest): Promise<RunFigures> {
  return await runWorld(new World(plan ?? planOf(seed), sabotage), steps);
}

/** The same on a world of the caller's, who may look at it when it has failed. */
export async function runWorld(world: World, steps: number): Promise<RunFigures> {
  // deno-lint-ignore no-await-in-loop -- one step after the other
  while (world.steps < steps) await world.step();
  const healedAt = world.clock.monotonic();
  world.heal();
  await settle(world, healedAt + SETTLED_MS);
  const settledMs = world.clock.monotonic() - healedAt;
  checkEnd(world);
  if (world.breach !== undefined) throw world.breach;
  return {
    steps: world.steps,
    virtualMs: world.clock.monotonic(),
    settledMs,
    commits: world.store.commits,
    answers: world.edgeChecker.answers,
    charges: world.stations.reduce((sum, { truth }) => sum + truth.length, 0),
    facts: world.stream.messages.length,
    disasters: [...world.weather.counts.values()].reduce((sum, count) => sum + count, 0),
  };
}

async function settle(world: World, deadline: number): Promise<void> {
  for (;;) {
    const found = unsettled(world);
    if (found.length === 0) return;
    if (world.clock.monotonic() > deadline) {
      throw new Breach(ruleOf(found[0] ?? ""), found.join("; "), world.steps);
    }
    // deno-lint-ignore no-await-in-loop -- one step after the other
    for (let step = 0; step < LOOK_STEPS; step++) await world.step();
  }
}

/** The breach of a run, or undefined when all held. */
export async function breachOf(request: RunRequest): Promise<Breach | undefined> {
  try {
    await runSeed(request);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Breach) return thrown;
    throw thrown;
  }
}

/**
 * The fewest steps with faults after which the run still fails. Found by halving, which is sure
 * only to find some short form: failing is not monotonic.
 */
export async function shortestFailure(request: RunRequest, breach: Breach): Promise<number> {
  let failing = Math.min(request.steps, breach.step);
  let passing = 0;
  while (failing - passing > 1) {
    const steps = (failing + passing) >> 1;
    // deno-lint-ignore no-await-in-loop -- each try depends on the one before
    if (await breachOf({ ...request, steps }) === undefined) passing = steps;
    else failing = steps;
  }
  return failing;
}
