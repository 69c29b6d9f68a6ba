import process from "node:process";
import { ConfigError, readConfig, type StartConfig, startConfigSchema } from "#schemas/config.ts";
import { isServerGone } from "./server_gone.ts";
import { type DataFolder, takeDataFolder } from "./data_folder.ts";
import { clearNats, type EmbeddedNatsPorts, startEmbeddedNats } from "./embedded_nats.ts";
import {
  clearPostgres,
  type EmbeddedServer,
  type Progress,
  startEmbeddedPostgres,
} from "./embedded_postgres.ts";
import { closeAll, type Part } from "./part.ts";
import { requireFreePorts, type WantedPort } from "./ports.ts";
import { errorText, StartError } from "./start_error.ts";
import { elapsedMs } from "./waiting.ts";

/** What the platform's own processes get from the start. */
export interface PlatformSetting {
  readonly config: StartConfig;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly operatorKey: string;
  /** Seals requests of operations; undefined: they are refused. */
  readonly opsKey?: string;
  /** Seals station passwords. */
  readonly serverKey: string;
  /** Whether a small city of virtual chargers shall run against it. */
  readonly isDemo: boolean;
  readonly progress: Progress;
}

/** Starts worker, gateway and api; resolves when they take work. */
export type StartPlatform = (setting: PlatformSetting) => Promise<Part>;

/** How long a second signal is taken for an echo of the first. */
const echoMs = 2_000;

interface StartOptions {
  readonly isDemo: boolean;
}

/**
 * The whole platform as one process with its servers beside it, from the first line to a clean stop
 * on SIGINT, SIGTERM or SIGHUP. Sets the exit code: 0 stopped, 1 could not start, 2 a bad option.
 */
export async function runAllInOne(
  startPlatform: StartPlatform,
  args: readonly string[],
): Promise<void> {
  const parts: Part[] = [];
  const stop = stopSignal();
  stopOnBug(stop);
  const elapsed = elapsedMs();
  const say = (line: string): void => {
    process.stdout.write(`${(elapsed() / 1_000).toFixed(1).padStart(6)} s  ${line}\n`);
  };
  try {
    const options = readOptions(args);
    const config = readConfig(startConfigSchema, process.env);
    await startParts(parts, {
      config,
      options,
      startPlatform,
      progress: { say, signal: stop.signal },
    });
    await aborted(stop.signal);
  } catch (thrown) {
    if (!stop.signal.aborted) fail(thrown);
  }
  if (stop.signal.aborted) say("stopping");
  await closeAll(parts);
  if (stop.signal.aborted) say("stopped");
  // A timer or socket that somebody forgot must not keep a stopped platform alive.
  process.exit(process.exitCode ?? 0);
}

interface StartPlan {
  readonly config: StartConfig;
  readonly options: StartOptions;
  readonly startPlatform: StartPlatform;
  readonly progress: Progress;
}

/** Adds each part as soon as it runs, so that a failure later on can close it. */
async function startParts(parts: Part[], plan: StartPlan): Promise<void> {
  const { config, progress } = plan;
  const folder = await takeDataFolder(config.dataDir);
  parts.push({ close: () => Promise.resolve(folder.release()) });
  await Promise.all([clearPostgres(folder), clearNats(folder)]);
  await requireFreePorts(wantedPorts(config));
  progress.signal.throwIfAborted();
  const { databaseUrl, natsUrl } = await startServers(parts, folder, plan);
  progress.signal.throwIfAborted();
  const operatorKey = config.operatorApiKey ?? folder.secret("operator.key");
  const platform = await plan.startPlatform({
    config,
    databaseUrl,
    natsUrl,
    operatorKey,
    serverKey: config.serverKey ?? folder.secret("server.key"),
    opsKey: config.opsKey ?? folder.secret("ops.key"),
    isDemo: plan.options.isDemo,
    progress,
  });
  parts.push(platform);
  for (const line of summary(config, folder)) progress.say(line);
}

/** Both at once; Postgres becomes the first part, so that it is closed after NATS. */
async function startServers(
  parts: Part[],
  folder: DataFolder,
  { config, progress }: StartPlan,
): Promise<{ databaseUrl: string; natsUrl: string }> {
  const { databaseUrl, natsUrl } = config;
  const outcomes = await Promise.allSettled([
    databaseUrl === undefined ? startDatabase(folder, config, progress) : given(databaseUrl),
    natsUrl === undefined ? startBroker(folder, config, progress) : given(natsUrl),
  ]);
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") parts.push(outcome.value);
  }
  const [database, broker] = outcomes;
  if (database.status === "rejected") throw database.reason;
  if (broker.status === "rejected") throw broker.reason;
  return { databaseUrl: database.value.url, natsUrl: broker.value.url };
}

function given(url: string): Promise<EmbeddedServer> {
  return Promise.resolve({ url, close: () => Promise.resolve() });
}

async function startDatabase(
  folder: DataFolder,
  config: StartConfig,
  progress: Progress,
): Promise<EmbeddedServer> {
  progress.say(`starting Postgres on port ${config.postgresPort}`);
  const server = await startEmbeddedPostgres(folder, config.postgresPort, progress);
  progress.say("Postgres is ready");
  return server;
}

async function startBroker(
  folder: DataFolder,
  config: StartConfig,
  progress: Progress,
): Promise<EmbeddedServer> {
  progress.say(`starting NATS on port ${config.natsPort}`);
  const mqtt = mqttOf(config);
  const ports = { port: config.natsPort, monitorPort: config.natsMonitorPort };
  const server = await startEmbeddedNats(
    folder,
    { ...ports, ...(mqtt === undefined ? {} : { mqtt }) },
    progress,
  );
  progress.say("NATS is ready");
  return server;
}

/**
 * The MQTT listener, when it is asked for.
 *
 * @throws {ConfigError} when it could not be as asked.
 */
function mqttOf({ mqttPort, mqttPassword, natsUrl, host }: StartConfig): EmbeddedNatsPorts["mqtt"] {
  if (mqttPort === undefined) return undefined;
  if (natsUrl !== undefined) {
    throw new ConfigError("MQTT_PORT must be unset with NATS_URL: set it up in that server.");
  }
  if (mqttPassword === undefined) {
    throw new ConfigError("MQTT_PASSWORD must be set with MQTT_PORT: nobody reads without it.");
  }
  return { host: host ?? "127.0.0.1", port: mqttPort, password: mqttPassword };
}

function wantedPorts(config: StartConfig): readonly WantedPort[] {
  const loopback = "127.0.0.1";
  const ports: WantedPort[] = [
    { use: "OCPP", variable: "OCPP_PORT", port: config.ocppPort, host: config.host },
    { use: "HTTP", variable: "HTTP_PORT", port: config.httpPort, host: config.host },
  ];
  if (config.metricsPort !== undefined && config.metricsPort > 0) {
    const use = { use: "metrics", variable: "METRICS_PORT" };
    ports.push({ ...use, port: config.metricsPort, host: config.host });
  }
  const mqtt = mqttOf(config);
  if (mqtt !== undefined) ports.push({ use: "MQTT", variable: "MQTT_PORT", ...mqtt });
  if (config.databaseUrl === undefined) {
    const postgres = { use: "Postgres", variable: "POSTGRES_PORT", port: config.postgresPort };
    ports.push({ ...postgres, host: loopback });
  }
  if (config.natsUrl === undefined) {
    const monitor = { use: "NATS monitoring", variable: "NATS_MONITOR_PORT" };
    ports.push(
      { use: "NATS", variable: "NATS_PORT", port: config.natsPort, host: loopback },
      { ...monitor, port: config.natsMonitorPort, host: loopback },
    );
  }
  return ports;
}

function summary(config: StartConfig, folder: DataFolder): readonly string[] {
  const host = config.host ?? "localhost";
  const key = config.operatorApiKey === undefined
    ? `in ${folder.path}/operator.key`
    : "as given in OPERATOR_API_KEY";
  return [
    "ready",
    `console          http://${host}:${config.httpPort}/`,
    `REST             http://${host}:${config.httpPort}/api/v1/openapi.json`,
    `OCPP             ws://${host}:${config.ocppPort}/ocpp/{identity}`,
    ...(config.natsUrl === undefined
      ? [`NATS monitoring  http://127.0.0.1:${config.natsMonitorPort}/`]
      : []),
    ...(config.mqttPort === undefined
      ? []
      : [`MQTT             mqtt://facts@${config.host ?? "127.0.0.1"}:${config.mqttPort}/`]),
    `operator key     ${key}`,
  ];
}

/** Options of the command line; a leading `--` is skipped. */
function readOptions(args: readonly string[]): StartOptions {
  const given = args[0] === "--" ? args.slice(1) : args;
  const unknown = given.find((option) => option !== "--demo");
  if (unknown !== undefined) {
    throw new StartError(`Unknown option ${unknown}: there is only --demo.`, { exitCode: 2 });
  }
  return { isDemo: given.includes("--demo") };
}

/**
 * The first signal stops in order; one that comes later, at once (the next start ends what is
 * left). A Ctrl-C comes twice at the same moment: from the terminal and from the task runner above
 * us.
 */
function stopSignal(): AbortController {
  const stop = new AbortController();
  let sinceFirstMs = (): number => 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted && sinceFirstMs() > echoMs) process.exit(1);
      if (stop.signal.aborted) return;
      sinceFirstMs = elapsedMs();
      stop.abort(new StartError("Stopped before it was ready."));
    });
  }
  return stop;
}

/**
 * What nobody caught leaves the process in an unknown state: it stops in order, with exit code 1.
 */
function stopOnBug(stop: AbortController): void {
  for (const name of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(name, (thrown: unknown) => {
      if (isServerGone(thrown)) return;
      if (!stop.signal.aborted) fail(thrown);
      stop.abort(thrown);
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}

function fail(thrown: unknown): void {
  const isExpected = thrown instanceof StartError || thrown instanceof ConfigError ||
    (thrown instanceof Error && thrown.name === "MigrationError");
  const text = isExpected ? errorText(thrown) : thrown instanceof Error ? thrown.stack : thrown;
  process.stderr.write(`${text}\n`);
  process.exitCode = thrown instanceof StartError ? thrown.exitCode : 1;
}
