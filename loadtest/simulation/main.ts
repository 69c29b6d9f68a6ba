/**
 * `deno task simulate`: seeded bad days in virtual time. `--seeds N` runs N of them, `SEED=n`
 * replays one. The last line is the verdict; exit 0 when all held.
 */
import process from "node:process";
import { OptionError, parseOptions } from "../options.ts";
import { runSeed } from "./seeded_run.ts";

const faults = {
  dropped: 0.05,
  doubled: 0.05,
  late: 0.1,
  commitLost: 0.05,
  crash: 0.005,
  away: 0.005,
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), {
    seeds: { type: "number", help: "how many days", default: 100, min: 1, max: 100_000 },
    stations: { type: "number", help: "stations a day", default: 10, min: 1, max: 1_000 },
    cars: { type: "number", help: "cars a station", default: 3, min: 1, max: 100 },
  });
  const only = process.env["SEED"];
  const seeds = only === undefined
    ? Array.from({ length: options.number("seeds") ?? 0 }, (_, index) => index + 1)
    : [Number(only)];
  const stations = options.number("stations") ?? 0;
  const plan = { stations, carsEach: options.number("cars") ?? 0, faults };
  const total = { sessions: 0, answered: 0, crashes: 0, absences: 0 };
  for (const seed of seeds) {
    try {
      // deno-lint-ignore no-await-in-loop -- one world after the other
      const figures = await runSeed(seed, plan);
      total.sessions += figures.sessions;
      total.answered += figures.answered;
      total.crashes += figures.crashes;
      total.absences += figures.absences;
    } catch (error) {
      process.stderr.write(`${error}\n`);
      say(`failed: seed ${seed}; SEED=${seed} deno task simulate replays it`);
      return 1;
    }
  }
  const { sessions, answered, crashes, absences } = total;
  say(
    `passed: ${seeds.length} seeds, ${sessions} sessions to the watt-hour, ` +
      `${answered} answered messages journalled, ${crashes} kills, ` +
      `${absences} absences of the store`,
  );
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
