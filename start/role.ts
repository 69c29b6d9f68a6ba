/**
 * `deno task gateway|worker|api`: one role as a process of its own, or as several (`PROCESSES`),
 * over Postgres and NATS that are there already. Any number of each may run. SIGTERM drains: the
 * work goes to the others first; a second signal hurries.
 */
import process from "node:process";
import { Buffer } from "node:buffer";
import { startWorker } from "#actors/main.ts";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import {
  apiConfigSchema,
  ConfigError,
  gatewayConfigSchema,
  processesConfigSchema,
  readConfig,
  workerConfigSchema,
} from "#schemas/config.ts";
import { type Cluster, joinCluster } from "./cluster.ts";
import { Desk, type DeskConfig } from "./desk.ts";
import { isServerGone } from "./server_gone.ts";
import { closeAll, drainAll, type Part } from "./part.ts";
import { actorsOf, apiPart, gatewayPart, workerSettings } from "./platform.ts";
import { childMark, runProcesses } from "./role_processes.ts";
import { errorText } from "./start_error.ts";

type Role = (parts: Part[]) => Promise<Cluster>;

const roles: Readonly<Record<string, Role>> = { gateway, worker, api };

async function gateway(parts: Part[]): Promise<Cluster> {
  const config = readConfig(gatewayConfigSchema, process.env);
  const cluster = await joinCluster({ ...config, process: "gateway" });
  parts.push(cluster);
  const desk = await openDesk(parts, cluster, "gateway", config);
  const actors = await actorsOf(cluster, config.databaseUrl);
  const serverKey = given("SERVER_KEY", config.serverKey);
  const { gateway, ...part } = await gatewayPart(cluster, { ...config, serverKey }, actors);
  parts.push(part);
  parts.push(await desk.offer({ actors, gateway, drain: () => part.drain() }));
  return cluster;
}

async function worker(parts: Part[]): Promise<Cluster> {
  const config = readConfig(workerConfigSchema, process.env);
  await migrate(config.databaseUrl, { shardCount: config.shards });
  const cluster = await joinCluster({ ...config, process: "worker" });
  parts.push(cluster);
  const desk = await openDesk(parts, cluster, "worker", config);
  const { databaseUrl } = config;
  const actors = await actorsOf(cluster, databaseUrl);
  const publisher = cluster.facts;
  const name = config.workerName ?? cluster.id;
  const settings = { ...workerSettings(config), databaseUrl, name };
  const running = await startWorker({ ...cluster, ...settings, actors, publisher, onReplaced });
  parts.push(running);
  const drain = (): Promise<void> => running.drain();
  parts.push(await desk.offer({ actors, worker: { name, running }, drain }));
  return cluster;
}

async function api(parts: Part[]): Promise<Cluster> {
  const config = readConfig(apiConfigSchema, process.env);
  const cluster = await joinCluster({ ...config, process: "api" });
  parts.push(cluster);
  const desk = await openDesk(parts, cluster, "api", config);
  const actors = await actorsOf(cluster, config.databaseUrl);
  const readiness = (): Promise<readonly string[]> => desk.health.missing();
  const keys = {
    operatorKey: given("OPERATOR_API_KEY", config.operatorApiKey),
    serverKey: Buffer.from(given("SERVER_KEY", config.serverKey)),
  };
  const part = await apiPart(cluster, { config: { ...config, ...keys }, actors, readiness });
  parts.push(part);
  parts.push(await desk.offer({ actors, drain: async () => await part.drain?.() }));
  return cluster;
}

/** Health and metrics answer from here on; the process is not ready before it offers its work. */
async function openDesk(
  parts: Part[],
  cluster: Cluster,
  role: string,
  config: DeskConfig,
): Promise<Desk> {
  const isGiven = (process.env["METRICS_PORT"] ?? "") !== "";
  const desk = await Desk.open(cluster, role, { ...config, mayMoveMetrics: !isGiven });
  parts.push(desk);
  return desk;
}

/** Going on would only take the name, and the shards, back and forth. */
function onReplaced(): void {
  process.stderr.write(
    "Another process has this worker's name: give each its own WORKER_NAME, or none.\n",
  );
  process.exit(1);
}

/** Only an embedded start makes keys of its own. */
function given(name: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new ConfigError(`${name} must be set: the same text for every process of a platform.`);
}

/**
 * Runs until SIGINT or SIGTERM. Sets the exit code: 0 stopped, 1 could not start, 2 no such role.
 */
async function run(name: string | undefined): Promise<void> {
  const role = roles[name ?? ""];
  if (role === undefined) {
    process.stderr.write(`Name a role: ${Object.keys(roles).join(", ")}.\n`);
    process.exit(2);
  }
  const parts: Part[] = [];
  try {
    const { processes } = readConfig(processesConfigSchema, process.env);
    if (processes > 1) return await runProcesses(name ?? "", processes);
    const { telemetry } = await role(parts);
    telemetry.log("info", "ready", { role: name });
    await signalled();
    telemetry.log("info", "draining", { role: name });
    await Promise.race([drainAll(parts), signalled()]);
    telemetry.log("info", "stopping", { role: name });
  } catch (thrown) {
    const text = thrown instanceof ConfigError ? errorText(thrown) : String(thrown);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  }
  await closeAll(parts);
  process.exit(process.exitCode ?? 0);
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
    if (process.argv[3] === childMark) process.stdin.once("end", resolve).resume();
  });
}

// A server that went away comes back; any other error that nobody caught ends the process.
process.on("uncaughtException", (thrown) => {
  if (isServerGone(thrown)) return;
  process.stderr.write(`${thrown.stack}\n`);
  process.exit(1);
});

await run(process.argv[2]);
