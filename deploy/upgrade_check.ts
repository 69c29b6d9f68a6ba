/**
 * `deno task upgrade-check -- --from <revision>`: a rolling upgrade from another revision of the
 * code to this one, on loopback with virtual chargers in their sessions. Both revisions run side by
 * side on one Postgres and one NATS, process by process. Exit code 0: no answered message was lost,
 * every session is exact to the Wh, and every process ended by itself. Not part of CI.
 */
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import postgres from "postgres";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { isDurable, lostMessages, wrongSessions } from "#loadtest/crash/crash_checks.ts";
import { CrashFleet, crashIdentity, crashToken } from "#loadtest/crash/crash_fleet.ts";
import { describeOptions, OptionError, parseOptions } from "#loadtest/options.ts";
import { PlatformRest } from "#loadtest/platform_rest.ts";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import { freePort } from "#start/free_port.ts";
import { runProgram } from "#start/run_program.ts";
import { emptyPostgres, ownNats } from "#start/testing.ts";
import { ownTree, TreeProcess, type TreeSetting } from "./tree_process.ts";

const specs = {
  from: { type: "text", help: "revision that runs at first", default: "HEAD~20" },
  sessions: { type: "number", help: "charging sessions", default: 40, min: 2, max: 2_000 },
  workers: { type: "number", help: "workers of each revision", default: 2, min: 1, max: 8 },
  gateways: { type: "number", help: "gateways of each revision", default: 2, min: 1, max: 8 },
  help: { type: "flag", help: "show this" },
} as const;

/** Cars come and go over this time around every step. */
const churnSeconds = 3;
const findingsShown = 10;
const operatorKey = "operator-key-of-the-upgrade-check";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A work tree of the revision beside the repository, with its own packages. */
async function checkOut(
  revision: string,
): Promise<{ readonly tree: string; close(): Promise<void> }> {
  const parent = mkdtempSync(join(tmpdir(), "statewatt-upgrade-"));
  const tree = join(parent, "tree");
  await runProgram(["git", "worktree", "add", "--quiet", "--detach", tree, revision], {
    cwd: ownTree,
  });
  const close = async (): Promise<void> => {
    await runProgram(["git", "worktree", "remove", "--force", tree], { cwd: ownTree });
    rmSync(parent, { recursive: true, force: true });
  };
  try {
    // Not ours: a revision with other packages would change them under our feet.
    if ("Deno" in globalThis) {
      await runProgram([process.execPath, "install", "--quiet"], { cwd: tree });
    } else symlinkSync(join(ownTree, "node_modules"), join(tree, "node_modules"));
    return { tree, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

interface Plan {
  readonly oldTree: string;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly sessions: number;
  readonly workers: number;
  readonly gateways: number;
}

/** The processes of both revisions. */
class Rollout {
  readonly #plan: Plan;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #running = new Set<TreeProcess>();
  readonly unclean: string[] = [];

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#environment = {
      DATABASE_URL: plan.databaseUrl,
      NATS_URL: plan.natsUrl,
      SERVER_KEY: "0".repeat(64),
      OPERATOR_API_KEY: operatorKey,
      METRICS_PORT: "0",
      SHARDS: "64",
    };
  }

  async start(
    revision: "old" | "new",
    role: TreeSetting["role"],
    own: Readonly<Record<string, string>> = {},
  ): Promise<TreeProcess> {
    const started = new TreeProcess({
      tree: revision === "old" ? this.#plan.oldTree : ownTree,
      role,
      name: `${revision} ${role}`,
      environment: { ...this.#environment, ...own },
    });
    this.#running.add(started);
    return await started.ready();
  }

  async stop(process: TreeProcess): Promise<void> {
    this.#running.delete(process);
    if (!await process.stop()) this.unclean.push(`${process.name} did not end: ${process.output}`);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((process) => process.stop()));
  }
}

interface Outcome {
  readonly fleet: CrashFleet;
  readonly rest: PlatformRest;
}

/** The order of deploy/runbook.md: schema, workers, gateways, apis. */
async function upgrade(rollout: Rollout, plan: Plan): Promise<Outcome> {
  const workers = [await rollout.start("old", "worker")];
  while (workers.length < plan.workers) {
    // deno-lint-ignore no-await-in-loop -- one after the other, also below
    workers.push(await rollout.start("old", "worker"));
  }
  // A port for each gateway there ever is; chargers try them in turn, as a load balancer would.
  const ports = await Promise.all(Array.from({ length: 2 * plan.gateways }, () => freePort()));
  const gatewayPort = (index: number): { readonly OCPP_PORT: string } => ({
    OCPP_PORT: String(ports[index]),
  });
  const gateways: TreeProcess[] = [];
  while (gateways.length < plan.gateways) {
    // deno-lint-ignore no-await-in-loop
    gateways.push(await rollout.start("old", "gateway", gatewayPort(gateways.length)));
  }
  const [oldPort, newPort] = [await freePort(), await freePort()];
  const api = await rollout.start("old", "api", { HTTP_PORT: String(oldPort) });
  await provision(new PlatformRest(`http://127.0.0.1:${oldPort}`, operatorKey), plan.sessions);
  const urls = ports.map((port) => `ws://127.0.0.1:${port}/ocpp`);
  const fleet = new CrashFleet({
    url: urls[0] ?? "",
    otherUrls: urls.slice(1),
    sessions: plan.sessions,
    meterIntervalSeconds: 1,
    random: new SimRandom(1),
  });
  await fleet.charge();
  say(`${plan.sessions} sessions charge on the old revision`);
  const { applied } = await migrate(plan.databaseUrl);
  say(
    `migrated by the new revision: ${applied.length === 0 ? "nothing to do" : applied.join(", ")}`,
  );
  const replace = async (old: TreeProcess, start: () => Promise<TreeProcess>): Promise<void> => {
    const churn = fleet.churn(churnSeconds);
    await start();
    await rollout.stop(old);
    await churn;
    await fleet.settled();
    say(`${old.name} was replaced, all chargers are there`);
  };
  // deno-lint-ignore no-await-in-loop
  for (const old of workers) await replace(old, () => rollout.start("new", "worker"));
  for (const [index, old] of gateways.entries()) {
    const port = gatewayPort(plan.gateways + index);
    // deno-lint-ignore no-await-in-loop
    await replace(old, () => rollout.start("new", "gateway", port));
  }
  await replace(api, () => rollout.start("new", "api", { HTTP_PORT: String(newPort) }));
  await fleet.finish();
  return { fleet, rest: new PlatformRest(`http://127.0.0.1:${newPort}`, operatorKey) };
}

async function provision(rest: PlatformRest, sessions: number): Promise<void> {
  const indexes = Array.from({ length: sessions }, (_, index) => index);
  await rest.importStations(
    indexes.map((index) => ({ id: crashIdentity(index), securityProfile: 0, quiet: true })),
  );
  await rest.importTokens(
    indexes.map((index) => ({ uid: crashToken(index), status: "Accepted" })),
  );
}

async function judge(
  { fleet, rest }: Outcome,
  rollout: Rollout,
  plan: Plan,
): Promise<boolean> {
  const durable = fleet.acknowledged.filter(isDurable).length;
  const lost = await lostMessages(plan.databaseUrl, fleet.acknowledged);
  const wrong = await wrongSessions(rest, fleet.chargers);
  const sessions = fleet.chargers.flatMap(({ transactions }) => transactions).length;
  const [row] = await ownersOf(plan.databaseUrl);
  const findings = [
    ...lost.map((text) => `lost: ${text}`),
    ...wrong,
    ...rollout.unclean,
    ...(row === plan.workers ? [] : [`shards have ${row} owners, not ${plan.workers}`]),
  ];
  for (const finding of findings.slice(0, findingsShown)) say(`  ${finding}`);
  say(
    findings.length > 0
      ? `failed: ${findings.length} findings`
      : `passed: 0 of ${durable} answered messages lost, ${sessions} sessions exact to the Wh`,
  );
  return findings.length === 0;
}

async function ownersOf(databaseUrl: string): Promise<readonly number[]> {
  const sql = postgres(databaseUrl, { max: 1 });
  const rows = await sql<{ n: number }[]>`SELECT count(DISTINCT owner)::integer AS n FROM shards`;
  await sql.end();
  return rows.map(({ n }) => n);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), specs);
  if (options.flag("help")) {
    say(`Upgrades process by process under load.\n${describeOptions(specs)}`);
    return 0;
  }
  if (!existsSync(join(ownTree, ".git"))) throw new OptionError("Cannot go on: this is no clone");
  const { tree, close } = await checkOut(options.text("from") ?? "");
  const [database, nats] = await Promise.all([emptyPostgres(), ownNats()]);
  const plan: Plan = {
    oldTree: tree,
    databaseUrl: database.url,
    natsUrl: nats.url,
    sessions: options.number("sessions") ?? 0,
    workers: options.number("workers") ?? 0,
    gateways: options.number("gateways") ?? 0,
  };
  const rollout = new Rollout(plan);
  try {
    return await judge(await upgrade(rollout, plan), rollout, plan) ? 0 : 1;
  } finally {
    await rollout.stopAll();
    await Promise.all([database.close(), nats.close(), close()]);
  }
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : thrown}\n`);
  process.exitCode = thrown instanceof OptionError ? 2 : 1;
}
process.exit(process.exitCode ?? 0);
