/**
 * `deno task gateway|worker|api`: one role as a process of its own, over Postgres and NATS that are
 * there already. Any number of each may run; gateways of one host share their port by a load
 * balancer.
 */
import process from "node:process";
import { Buffer } from "node:buffer";
import { startWorker } from "#actors/main.ts";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import {
  apiConfigSchema,
  ConfigError,
  gatewayConfigSchema,
  readConfig,
  workerConfigSchema,
} from "#schemas/config.ts";
import { type Cluster, joinCluster } from "./cluster.ts";
import { isServerGone } from "./server_gone.ts";
import { closeAll, type Part } from "./part.ts";
import { actorsOf, apiPart, gatewayPart, readinessOf, workerSettings } from "./platform.ts";
import { errorText } from "./start_error.ts";

type Role = (parts: Part[]) => Promise<Cluster>;

const roles: Readonly<Record<string, Role>> = { gateway, worker, api };

async function gateway(parts: Part[]): Promise<Cluster> {
  const config = readConfig(gatewayConfigSchema, process.env);
  const cluster = await joinCluster({ ...config, process: "gateway" });
  parts.push(cluster);
  const actors = await actorsOf(cluster, config.databaseUrl);
  const serverKey = given("SERVER_KEY", config.serverKey);
  parts.push(await gatewayPart(cluster, { ...config, serverKey }, actors));
  return cluster;
}

async function worker(parts: Part[]): Promise<Cluster> {
  const config = readConfig(workerConfigSchema, process.env);
  await migrate(config.databaseUrl, { shardCount: config.shards });
  const cluster = await joinCluster({ ...config, process: "worker" });
  parts.push(cluster);
  const { databaseUrl } = config;
  const actors = await actorsOf(cluster, databaseUrl);
  const publisher = cluster.facts;
  parts.push(
    await startWorker({ ...cluster, ...workerSettings(config), databaseUrl, actors, publisher }),
  );
  return cluster;
}

async function api(parts: Part[]): Promise<Cluster> {
  const config = readConfig(apiConfigSchema, process.env);
  const cluster = await joinCluster({ ...config, process: "api" });
  parts.push(cluster);
  const actors = await actorsOf(cluster, config.databaseUrl);
  const readiness = readinessOf(cluster, new Set());
  const keys = {
    operatorKey: given("OPERATOR_API_KEY", config.operatorApiKey),
    serverKey: Buffer.from(given("SERVER_KEY", config.serverKey)),
  };
  parts.push(await apiPart(cluster, { config: { ...config, ...keys }, actors, readiness }));
  return cluster;
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
    const { telemetry } = await role(parts);
    telemetry.log("info", "ready", { role: name });
    await new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
    });
    telemetry.log("info", "stopping", { role: name });
  } catch (thrown) {
    const text = thrown instanceof ConfigError ? errorText(thrown) : String(thrown);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  }
  await closeAll(parts);
  process.exit(process.exitCode ?? 0);
}

// A server that went away comes back; any other error that nobody caught ends the process.
process.on("uncaughtException", (thrown) => {
  if (isServerGone(thrown)) return;
  process.stderr.write(`${thrown.stack}\n`);
  process.exit(1);
});

await run(process.argv[2]);
