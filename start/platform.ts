/** Wires worker, gateway and api onto one bus in one process: the same parts as apart. */
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { startWorker, type WorkerOptions } from "#actors/main.ts";
import { egressRules } from "#api/egress.ts";
import { startApi } from "#api/main.ts";
import { actorsOverBus } from "#engine/actor_client.ts";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import { postgresStore } from "#engine/adapters/postgres_store.ts";
import { Membership } from "#engine/leases.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { type RunningGateway, startGateway } from "#gateway/main.ts";
import { startDemo } from "#loadtest/demo.ts";
import type { ApiConfig, GatewayConfig, Retention, WorkerConfig } from "#schemas/config.ts";
import type { PlatformSetting } from "./all_in_one.ts";
import { type Cluster, joinCluster } from "./cluster.ts";
import { Desk } from "./desk.ts";
import { closeAll, type Part } from "./part.ts";
import { errorText } from "./start_error.ts";

const consoleRoot = fileURLToPath(new URL("../web/dist", import.meta.url));

export async function startPlatform(setting: PlatformSetting): Promise<Part> {
  const { config, databaseUrl, natsUrl, operatorKey, progress } = setting;
  const { applied } = await migrate(databaseUrl, { shardCount: config.shards });
  progress.say(
    applied.length === 0 ? "database is up to date" : `applied ${applied.length} migrations`,
  );
  const parts: Part[] = [];
  try {
    const cluster = await joinCluster({ ...config, natsUrl, process: "all-in-one" });
    parts.push(cluster);
    const { opsKey } = setting;
    const desk = await Desk.open(cluster, "all-in-one", { ...config, databaseUrl, opsKey });
    parts.push(desk);
    const actors = await actorsOf(cluster, databaseUrl);
    const publisher = cluster.facts;
    const name = workerName(config, cluster.id);
    const worker = { ...workerSettings(config), databaseUrl, actors, publisher, name };
    const running = await startWorker({ ...cluster, ...worker });
    parts.push(running);
    // The api listens before stations are let in: whoever looks at /readyz sees that it starts.
    const readiness = (): Promise<readonly string[]> => desk.health.missing();
    const keys = { operatorKey, serverKey: Buffer.from(setting.serverKey) };
    const api = { ...config, ...keys, databaseUrl };
    parts.push(await apiPart(cluster, { config: api, actors, readiness }));
    const keyed = { ...config, serverKey: setting.serverKey };
    const gateway = await gatewayPart(cluster, keyed, actors);
    parts.push(gateway);
    const offer = { actors, gateway: gateway.gateway, worker: { name, running } };
    parts.push(await desk.offer(offer));
  } catch (thrown) {
    await closeAll(parts);
    throw thrown;
  }
  if (setting.isDemo) void playDemo(setting, parts);
  return { close: () => closeAll(parts) };
}

/**
 * A folder has one platform at a time, and so has its own database: what the one before held is
 * free at once. Several may share a database that is given, and must not take each other's name.
 */
export function workerName(
  config: Pick<WorkerConfig, "workerName"> & { readonly databaseUrl?: string | undefined },
  id: string,
): string {
  return config.workerName ?? (config.databaseUrl === undefined ? "embedded" : id);
}

/** Actors by the installation's count of shards, which is fixed in the database. */
export async function actorsOf(cluster: Cluster, databaseUrl: string): Promise<Actors> {
  const store = postgresStore({ url: databaseUrl, owner: `start ${cluster.id}`, ...cluster });
  try {
    return actorsOverBus(cluster.bus, await store.shardCount(), cluster.clock);
  } finally {
    await store.close();
  }
}

type WorkerSettings = Pick<WorkerOptions, "autoRegister" | "offlineAlertMinutes" | "retention">;

/** What the environment says to workers. */
export function workerSettings(
  config: Pick<WorkerConfig, "autoRegisterStations" | "offlineAlertMinutes"> & Retention,
): WorkerSettings {
  const { autoRegisterStations: autoRegister, offlineAlertMinutes } = config;
  return { autoRegister, offlineAlertMinutes, retention: config };
}

export interface ApiSetting {
  readonly config: Omit<ApiConfig, "operatorApiKey" | "serverKey" | "natsUrl"> & ApiKeys;
  readonly actors: Actors;
  readonly readiness: () => Promise<readonly string[]>;
}
type ApiKeys = Pick<Parameters<typeof startApi>[0], "operatorKey" | "serverKey">;

export async function apiPart(
  cluster: Cluster,
  { config, actors, readiness }: ApiSetting,
): Promise<Part> {
  const { databaseUrl, operatorKey, serverKey, httpPort, host } = config;
  const listen = { httpPort, ...(host === undefined ? {} : { host }) };
  const { webhookDisableDays } = config;
  const settings = { ...listen, egress: egressRules(config), webhookDisableDays };
  const keys = { operatorKey, serverKey };
  const parts = { ...cluster, ...keys, databaseUrl, actors, readiness, consoleRoot };
  const api = await startApi({ ...parts, config: settings });
  const stopBuild = buildConsoleLater(cluster);
  const close = async (): Promise<void> => {
    stopBuild();
    await api.close();
  };
  return { drain: () => api.drain(), close };
}

/** Building the pages takes seconds and must not keep stations waiting. Returns how to end it. */
function buildConsoleLater({ telemetry }: Cluster): () => void {
  const stop = new AbortController();
  import("../web/build.ts").then(({ buildConsole }) =>
    buildConsole((line) => telemetry.log("info", line), stop.signal)
  ).catch((thrown) => {
    if (stop.signal.aborted) return;
    telemetry.log("error", "the console could not be built", { error: errorText(thrown) });
  });
  return () => stop.abort();
}

type GatewaySetting =
  & Omit<GatewayConfig, "natsUrl" | "databaseUrl" | "serverKey" | "metricsPort">
  & { readonly serverKey: string };

/** The gateway and its place among the members of the cluster. */
export async function gatewayPart(
  cluster: Cluster,
  config: GatewaySetting,
  actors: Actors,
): Promise<Part & { readonly gateway: RunningGateway; drain(): Promise<void> }> {
  const { leases, clock, telemetry, id } = cluster;
  const identity = { kind: "gateway", id, incarnation: id };
  const membership = new Membership({ store: leases, clock, telemetry, ...identity });
  await membership.start();
  const gateway = await startGateway({
    ...cluster,
    actors,
    port: config.ocppPort,
    ...(config.host === undefined ? {} : { host: config.host }),
    serverKey: Buffer.from(config.serverKey),
    reusePort: config.reusePort,
    isForwarded: config.trustForwardedFor,
    limits: {
      closeSpreadMs: config.drainSeconds * 1_000,
      frameBytesMax: config.frameMaxBytes,
      socketsMax: config.connectionsMax,
      pingAfterMs: config.pingAfterSeconds * 1_000,
    },
  });
  let isDraining = false;
  const drain = (): Promise<void> => {
    isDraining = true;
    return gateway.close();
  };
  // It leaves the cluster only when every socket is closed and its end is told.
  const close = async (): Promise<void> => {
    if (isDraining) gateway.hurry();
    await gateway.close();
    await membership.stop();
  };
  return { gateway, drain, close };
}

async function playDemo(
  { config, operatorKey, progress }: PlatformSetting,
  parts: Part[],
): Promise<void> {
  try {
    parts.push(
      await startDemo({
        ocppUrl: `ws://127.0.0.1:${config.ocppPort}/ocpp`,
        httpUrl: `http://127.0.0.1:${config.httpPort}`,
        operatorKey,
      }),
    );
    progress.say("a small city is charging: see the console");
  } catch (thrown) {
    progress.say(`the demo could not start: ${errorText(thrown)}`);
  }
}
