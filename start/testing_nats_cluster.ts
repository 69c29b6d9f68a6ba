/** Three NATS servers that act as one, each to be killed, frozen and brought back. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { freePort } from "./free_port.ts";
import { type Guarded, spawnGuarded } from "./guarded_child.ts";
import { findNatsServer } from "./nats_binary.ts";
import { isHealthy, natsConfiguration } from "./nats_server.ts";
import { StartError } from "./start_error.ts";
import { waitUntil } from "./waiting.ts";

export const CLUSTER_SERVERS = 3;
const readyTimeoutMs = 60_000;

interface NatsPlace {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  readonly monitorPort: number;
  readonly routePort: number;
}

export interface ClusterServer {
  readonly name: string;
  readonly port: number;
  readonly monitorPort: number;
  isRunning(): boolean;
  /** Like kill -9; its store stays. */
  kill(): Promise<void>;
  /** Resolves when it is healthy: it has caught up with the others. */
  restart(): Promise<void>;
  /** SIGSTOP. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

export interface NatsCluster {
  /** Of all its servers, separated by commas. */
  readonly url: string;
  readonly servers: readonly ClusterServer[];
  /** The server that leads a stream (a bucket is the stream `KV_<bucket>`); undefined: none does. */
  leaderOf(stream: string): Promise<ClusterServer | undefined>;
  /** Whether all servers run, agree who leads a stream, and have all of it. */
  isWhole(stream: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Resolves when all servers are healthy. They end with this process. */
export async function natsCluster(): Promise<NatsCluster> {
  const bin = findNatsServer();
  if (bin === undefined) {
    throw new StartError("A cluster needs nats-server: install it or set NATS_SERVER_BIN.");
  }
  const parent = mkdtempSync(join(tmpdir(), "statewatt-nats-cluster-"));
  const places: NatsPlace[] = [];
  for (let index = 1; index <= CLUSTER_SERVERS; index++) {
    const name = `n${index}`;
    const folder = join(parent, name);
    mkdirSync(folder);
    // deno-lint-ignore no-await-in-loop -- a port is free until it is taken
    const [port, monitorPort, routePort] = [await freePort(), await freePort(), await freePort()];
    places.push({ name, folder, port, monitorPort, routePort });
  }
  const routePorts = places.map(({ routePort }) => routePort);
  const servers = places.map((place) => clusterServer(bin, place, routePorts));
  await Promise.all(servers.map((server) => server.restart()));
  return {
    url: servers.map(({ port }) => `nats://127.0.0.1:${port}`).join(","),
    servers,
    leaderOf: (stream) => leaderOf(servers, stream),
    isWhole: (stream) => isWhole(servers, stream),
    close: async () => {
      await Promise.all(servers.map((server) => server.end()));
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

function clusterServer(
  bin: string,
  { name, folder, port, monitorPort, routePort }: NatsPlace,
  routePorts: readonly number[],
): ClusterServer & { end(): Promise<void> } {
  const configuration = join(folder, "nats.conf");
  const storeFolder = join(folder, "store");
  const cluster = { serverName: name, routePort, routePorts };
  writeFileSync(configuration, natsConfiguration({ port, monitorPort, storeFolder, cluster }));
  const args = ["-c", configuration, "-l", join(folder, "log")];
  let child: Guarded | undefined;
  const signal = (which: NodeJS.Signals): void => {
    if (child !== undefined && !child.hasEnded()) process.kill(child.pid(), which);
  };
  return {
    name,
    port,
    monitorPort,
    isRunning: () => child !== undefined && !child.hasEnded(),
    kill: async () => await child?.kill(),
    restart: async () => {
      child = spawnGuarded({ file: bin, args, cwd: folder }, folder);
      const isUp = await waitUntil(() => isHealthy(monitorPort), { timeoutMs: readyTimeoutMs });
      if (!isUp) throw new StartError(`NATS server ${name} did not get ready: ${child.said()}`);
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    end: async () => await child?.end(),
  };
}

interface StreamDetail {
  readonly name: string;
  readonly cluster?: {
    readonly leader?: string;
    readonly replicas?: readonly { readonly current: boolean }[];
  };
}

async function leaderOf(
  servers: readonly ClusterServer[],
  stream: string,
): Promise<ClusterServer | undefined> {
  for (const { monitorPort, isRunning } of servers) {
    if (!isRunning()) continue;
    // deno-lint-ignore no-await-in-loop -- the first that answers
    const details = await streamDetails(monitorPort).catch(() => []);
    const leader = details.find(({ name }) => name === stream)?.cluster?.leader;
    const found = servers.find(({ name }) => name === leader);
    if (found?.isRunning() === true) return found;
  }
  return undefined;
}

async function isWhole(servers: readonly ClusterServer[], stream: string): Promise<boolean> {
  const seen = await Promise.all(servers.map(async ({ name, monitorPort, isRunning }) => {
    const details = isRunning() ? await streamDetails(monitorPort).catch(() => []) : [];
    const cluster = details.find((detail) => detail.name === stream)?.cluster;
    return { name, leader: cluster?.leader, replicas: cluster?.replicas ?? [] };
  }));
  const leader = seen.find(({ name, leader }) => name === leader);
  return leader !== undefined && seen.every((one) => one.leader === leader.name) &&
    leader.replicas.every(({ current }) => current);
}

async function streamDetails(monitorPort: number): Promise<readonly StreamDetail[]> {
  const address = `http://127.0.0.1:${monitorPort}/jsz?accounts=true&streams=true`;
  const response = await fetch(address, { signal: AbortSignal.timeout(1_000) });
  const told: { account_details?: { stream_detail?: StreamDetail[] }[] } = await response.json();
  return (told.account_details ?? []).flatMap(({ stream_detail: streams }) => streams ?? []);
}
