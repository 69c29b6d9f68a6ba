/** `deno task ops`: the cluster as operators see it, from NATS alone. */
import { existsSync, readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { connectNats, type NatsLink } from "#engine/adapters/nats_connection.ts";
import { Operator } from "#engine/adapters/nats_operations.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { systemRandom } from "#engine/adapters/system_random.ts";
import { createTelemetry } from "#engine/telemetry.ts";
import { ConfigError, type OpsConfig, opsConfigSchema, readConfig } from "#schemas/config.ts";
import { PlatformError } from "#schemas/errors.ts";
import { answerLines } from "./answers.ts";
import { type ClusterView, clusterView } from "./cluster_view.ts";
import { type CommandLine, readCommandLine, UsageError } from "./command_line.ts";
import { tableLines } from "./table.ts";
import { targetsOf } from "./targets.ts";
import { usage, type Verb } from "./verbs.ts";

const clock = systemClock();

function print(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

/** Exit code: 0 done, 1 it could not be done (or the table shows alerts), 2 a bad command line. */
async function run(argv: readonly string[]): Promise<number> {
  const line = readCommandLine(argv);
  if (line.isHelp) {
    print(usage);
    return 0;
  }
  const config = readConfig(opsConfigSchema, process.env);
  if (line.verb !== undefined && !await isWanted(line.verb, line)) return 1;
  const link = await connect(config);
  try {
    const operator = operatorOf(link, config, line.as);
    if (line.verb !== undefined) return await use(operator, line.verb, line);
    const isLive = process.stdout.isTTY && !line.isOnce && !line.isJson;
    return isLive ? await showLive(operator, line.intervalMs) : await showOnce(operator, line);
  } finally {
    await link.close();
  }
}

async function connect({ natsUrl, natsPort }: OpsConfig): Promise<NatsLink> {
  const url = natsUrl ?? `nats://127.0.0.1:${natsPort}`;
  const telemetry = createTelemetry({
    ...{ clock, process: "ops", write: () => {}, processMetrics: false },
  });
  try {
    return await connectNats({ url, name: `statewatt ops on ${hostname()}`, telemetry });
  } catch (cause) {
    const where = url.replace(/\/\/[^@]*@/, "//");
    throw new PlatformError("unavailable", `Cannot reach NATS at ${where}: set NATS_URL`, {
      cause,
    });
  }
}

function operatorOf(link: NatsLink, config: OpsConfig, as: string | undefined): Operator {
  const file = join(config.dataDir, "ops.key");
  const key = config.opsKey ??
    (existsSync(file) ? readFileSync(file, "utf8").trim() : undefined);
  return new Operator({
    ...{ link, clock, random: systemRandom(), key },
    user: as ?? userInfo().username,
    connectionName: `statewatt ops on ${hostname()}`,
  });
}

async function look(operator: Operator, before?: ClusterView): Promise<ClusterView> {
  const members = await operator.members();
  const processes = await operator.processes(members);
  return clusterView({ at: clock.now(), members, processes }, before);
}

async function showOnce(operator: Operator, { isJson }: CommandLine): Promise<number> {
  const view = await look(operator);
  print(...(isJson ? [JSON.stringify(view)] : tableLines(view)));
  return view.alerts.length === 0 ? 0 : 1;
}

/** Redraws until Ctrl-C. */
async function showLive(operator: Operator, intervalMs: number): Promise<number> {
  let isOver = false;
  let wake = (): void => {};
  process.once("SIGINT", () => {
    isOver = true;
    wake();
  });
  let view: ClusterView | undefined;
  while (!isOver) {
    // deno-lint-ignore no-await-in-loop -- one look after the other
    view = await look(operator, view);
    // Home, then each line cleared to its end, then what is below: no flicker.
    const lines = tableLines(view).map((line) => `${line.slice(0, process.stdout.columns)}\x1b[K`);
    process.stdout.write(`\x1b[H${lines.join("\n")}\n\x1b[J`);
    // deno-lint-ignore no-await-in-loop -- as above
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(intervalMs, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  }
  return 0;
}

async function use(operator: Operator, verb: Verb, line: CommandLine): Promise<number> {
  const processes = await operator.processes(await operator.members());
  const targets = targetsOf(verb, line.args, processes);
  const { process: _process, ...args } = line.args;
  const answers: unknown[] = [];
  for (const target of targets) {
    // deno-lint-ignore no-await-in-loop -- few, and each is told by itself
    const answer = await operator.ask(target, verb.operation, args);
    answers.push(answer);
    if (!line.isJson) print(...answerLines(verb.operation, answer));
  }
  if (line.isJson) print(JSON.stringify(answers.length === 1 ? answers[0] : answers));
  return answers.some(isDifferent) ? 1 : 0;
}

/** A replay that comes out differently has not met its goal. */
function isDifferent(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "isSame" in answer &&
    answer.isSame === false;
}

/** Asks a person before what cannot be taken back; a script says `--yes`. */
async function isWanted({ name, danger }: Verb, { isSure, args }: CommandLine): Promise<boolean> {
  if (danger === undefined || isSure) return true;
  const what = `${name} ${Object.values(args).join(" ")}`;
  if (!process.stdin.isTTY) throw new UsageError(`Cannot ${what} unasked: add --yes. ${danger}`);
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  const said = await reader.question(`${what}: ${danger} Type yes to do it: `);
  reader.close();
  if (said.trim() === "yes") return true;
  print("nothing was done");
  return false;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (thrown) {
  const isUsage = thrown instanceof UsageError || thrown instanceof ConfigError;
  const isExpected = isUsage || thrown instanceof PlatformError;
  const text = thrown instanceof Error && !isExpected ? thrown.stack : undefined;
  process.stderr.write(`${text ?? (thrown instanceof Error ? thrown.message : String(thrown))}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
// A pipe takes what was written later than the process would end.
await new Promise<void>((resolve) => void process.stdout.write("", () => resolve()));
process.exit();
