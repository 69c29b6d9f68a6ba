import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { change, table } from "../load/report.ts";
import { describeOptions, OptionError, type Options, parseOptions } from "../options.ts";
import { commitRates } from "./commit_rate.ts";
import { frameDecodeRate, stepRate, validateRate } from "./hot_paths.ts";
import type { Rate } from "./rates.ts";

const specs = {
  "save-baseline": { type: "flag", help: "keep the rates in baseline.json" },
  "worst-change": { type: "number", help: "percent; below it the run has failed", default: -60 },
  json: { type: "text", help: "file for the rates" },
  help: { type: "flag", help: "show this" },
} as const;

const baselineFile = fileURLToPath(new URL("./baseline.json", import.meta.url));

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function bench(options: Options): Promise<boolean> {
  const rates = [frameDecodeRate(), validateRate(), stepRate(), ...await commitRates()];
  const baseline: Record<string, number> = JSON.parse(readFileSync(baselineFile, "utf8"));
  say(table([
    ["what", "per second", "us each", "against the baseline"],
    ...rates.map((rate) => [
      rate.name,
      Math.round(rate.perSecond).toString(),
      (1e6 / rate.perSecond).toFixed(2),
      change(rate.perSecond, baseline[rate.name]),
    ]),
  ]));
  for (const { name, note } of rates) if (note !== undefined) say(`${name}: ${note}`);
  if (options.flag("save-baseline")) saveBaseline(rates);
  const json = options.text("json");
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(rates, null, 2)}\n`);
  const limit = 1 + (options.number("worst-change") ?? 0) / 100;
  const slower = rates.filter((rate) => rate.perSecond < (baseline[rate.name] ?? 0) * limit);
  say(
    slower.length === 0
      ? `passed: ${rates.length} rates measured`
      : `failed: far slower than the baseline: ${slower.map((rate) => rate.name).join(", ")}`,
  );
  return slower.length === 0;
}

function saveBaseline(rates: readonly Rate[]): void {
  const entries = rates.map((rate) => [rate.name, Math.round(rate.perSecond)]);
  writeFileSync(baselineFile, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), specs);
  if (options.flag("help")) {
    say(`Measures the four hot paths.\n${describeOptions(specs)}`);
    return 0;
  }
  return await bench(options) ? 0 : 1;
}

try {
  process.exit(await main());
} catch (thrown) {
  const isOption = thrown instanceof OptionError;
  const text = thrown instanceof Error ? (isOption ? thrown.message : thrown.stack) : thrown;
  process.stderr.write(`${text}\n`);
  process.exit(isOption ? 2 : 1);
}
