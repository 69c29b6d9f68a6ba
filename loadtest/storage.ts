/** What ten million meter values cost: answers, inserts, disk. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import postgres, { type Sql } from "postgres";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import { createDatabase } from "#engine/adapters/postgres_setup.ts";
import { takeDataFolder } from "#start/data_folder.ts";
import { startEmbeddedPostgres } from "#start/embedded_postgres.ts";
import { freePort } from "#start/free_port.ts";
import { table } from "./load/report.ts";
import { describeOptions, OptionError, type Options, parseOptions } from "./options.ts";
import { type Answer, answers } from "./storage/answers.ts";
import { assumptions, disk, type TableDisk } from "./storage/disk.ts";
import { fill } from "./storage/fill.ts";
import { type InsertRates, insertRates } from "./storage/insert_rate.ts";

const specs = {
  values: {
    type: "number",
    help: "meter values of the large database",
    default: 10_000_000,
    min: 100_000,
    max: 1e9,
  },
  few: {
    type: "number",
    help: "of the small one",
    default: 100_000,
    min: 1_000,
    max: 1e9,
  },
  turns: {
    type: "number",
    help: "of inserts, in each database",
    default: 15,
    min: 1,
    max: 1_000,
  },
  json: { type: "text", help: "file for the figures" },
  help: { type: "flag", help: "show this" },
} as const;

const ANSWER_MS_MAX = 50;
const RATIO_MIN = 0.9;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Figures {
  readonly answers: readonly Answer[];
  readonly rates: InsertRates;
  readonly disk: readonly TableDisk[];
}

async function measure(options: Options): Promise<Figures> {
  const path = mkdtempSync(join(tmpdir(), "statewatt-storage-"));
  const folder = await takeDataFolder(path);
  const quiet = { say: () => {}, signal: new AbortController().signal };
  const server = await startEmbeddedPostgres(folder, await freePort(), quiet);
  const open: Sql[] = [];
  const connect = (url: string): Sql => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    open.push(sql);
    return sql;
  };
  try {
    const smallUrl = await createDatabase(server.url, "few", "template1");
    await migrate(server.url);
    await migrate(smallUrl);
    const [large, small] = [connect(server.url), connect(smallUrl)];
    const values = options.number("values") ?? 0;
    say(`filling: ${values} values of 1000 stations`);
    await fill(large, { stations: 1_000, values }, say);
    await fill(small, { stations: 50, values: options.number("few") ?? 0 }, () => {});
    say("inserting, turn by turn");
    const rates = await insertRates(small, large, options.number("turns") ?? 1);
    say("asking");
    return {
      rates,
      answers: await answers(server.url, 1_000),
      disk: await disk(smallUrl, small, large),
    };
  } finally {
    await Promise.all(open.map((sql) => sql.end({ timeout: 1 })));
    await server.close();
    folder.release();
    rmSync(path, { recursive: true, force: true });
  }
}

function report({ answers: answered, rates, disk: tables }: Figures): void {
  say(table([
    ["question", "median ms", "worst ms", "items"],
    ...answered.map(({ question, medianMs, worstMs, items }) => [
      question,
      medianMs.toFixed(1),
      worstMs.toFixed(1),
      String(items),
    ]),
  ]));
  say("");
  say(table([
    ["inserts", "values/s"],
    ["few values there", Math.round(rates.small).toString()],
    ["many values there", Math.round(rates.large).toString()],
    ["many to few", rates.ratio.toFixed(2)],
  ]));
  say(`\ndisk of ${assumptions}`);
  say(table([
    ["table", "bytes per", "", "GB per day", "kept days", "GB in all"],
    ...tables.map(({ table: name, unit, bytesPerUnit, unitsPerDay, keptDays }) => {
      const perDay = bytesPerUnit * unitsPerDay / 1e9;
      return [
        name,
        Math.round(bytesPerUnit).toString(),
        unit,
        perDay.toFixed(3),
        keptDays === null ? "for ever" : String(keptDays),
        keptDays === null ? `${(perDay * 365).toFixed(1)} a year` : (perDay * keptDays).toFixed(1),
      ];
    }),
  ]));
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), specs);
  if (options.flag("help")) {
    say(`Measures storage on an embedded Postgres of its own.\n${describeOptions(specs)}`);
    return 0;
  }
  const figures = await measure(options);
  report(figures);
  const json = options.text("json");
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
  const slow = figures.answers.filter(({ medianMs }) => medianMs >= ANSWER_MS_MAX);
  const isGood = slow.length === 0 && figures.rates.ratio >= RATIO_MIN;
  say(
    isGood
      ? `passed: every answer under ${ANSWER_MS_MAX} ms, inserts at ${
        figures.rates.ratio.toFixed(2)
      }`
      : `failed: ${slow.length} slow answers, inserts at ${figures.rates.ratio.toFixed(2)} of few`,
  );
  return isGood ? 0 : 1;
}

try {
  process.exit(await main());
} catch (thrown) {
  const isOption = thrown instanceof OptionError;
  const text = thrown instanceof Error ? (isOption ? thrown.message : thrown.stack) : thrown;
  process.stderr.write(`${text}\n`);
  process.exit(isOption ? 2 : 1);
}
