import type { ConnectionOptions, NatsConnection, Status } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import type { Telemetry } from "../telemetry.ts";

/** The one connection of a process, and whether messages can leave now. */
export interface NatsLink {
  readonly connection: NatsConnection;
  isConnected(): boolean;
  /** Told of each change; the returned function ends it. */
  onChange(listener: (isConnected: boolean) => void): () => void;
  /** Sends what is waiting, then closes. Repeatable. */
  close(): Promise<void>;
}

export interface NatsConnectionOptions {
  /** One server or several, separated by commas: `nats://user:password@host:4222`. */
  readonly url: string;
  /** Shown by the server's monitoring. */
  readonly name: string;
  readonly telemetry: Telemetry;
}

/**
 * Between 0.1 and 0.4 s: soon enough for a restart, and spread when a whole fleet of processes
 * returns.
 */
const RECONNECT_WAIT_MS = 100;
const RECONNECT_JITTER_MS = 300;
/**
 * A silent cut, or a frozen server, is noticed after two missed pings: within the lease time (3 s),
 * far below the deadline of what is asked (20 s).
 */
const PING_INTERVAL_MS = 1_000;
const PINGS_MISSED_MAX = 2;
/** A frozen server's system still takes connections: the next server is tried then. */
const DIAL_MS_MAX = 2_000;

/** @throws when no server answers now; once connected it reconnects for ever. */
export async function connectNats(options: NatsConnectionOptions): Promise<NatsLink> {
  const { telemetry } = options;
  const { servers, ...rest } = connectionOptions(options);
  const connection = await connect({ ...rest, servers });
  // Servers that were down at the first try would be forgotten.
  connection.setServers(servers);
  const listeners = new Set<(isConnected: boolean) => void>();
  let isConnected = true;
  const reconnects = telemetry.counter(
    "statewatt_nats_reconnects_total",
    "How often the connection to NATS came back",
  );
  telemetry.watch("statewatt_nats_connected", "1 while NATS is reachable", () => +isConnected);
  const change = (to: boolean): void => {
    if (to === isConnected) return;
    isConnected = to;
    if (to) reconnects.add();
    for (const listener of listeners) listener(to);
  };
  void watchStatus(connection, telemetry, change);
  return {
    connection,
    isConnected: () => isConnected && !connection.isClosed(),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {
      if (connection.isClosed()) return;
      await (isConnected ? connection.drain() : connection.close());
    },
  };
}

function connectionOptions(
  { url, name }: NatsConnectionOptions,
): ConnectionOptions & { readonly servers: string[] } {
  const urls = url.split(",").map((one) => new URL(one.trim()));
  const user = urls.find(({ username }) => username !== "");
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || "4222"}`),
    ...(user === undefined ? {} : {
      user: decodeURIComponent(user.username),
      pass: decodeURIComponent(user.password),
    }),
    ...(urls.some(({ protocol }) => protocol === "tls:") ? { tls: {} } : {}),
    name,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    reconnectJitterTLS: RECONNECT_JITTER_MS,
    timeout: DIAL_MS_MAX,
    ignoreAuthErrorAbort: true,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: PINGS_MISSED_MAX,
  };
}

async function watchStatus(
  connection: NatsConnection,
  telemetry: Telemetry,
  change: (isConnected: boolean) => void,
): Promise<void> {
  for await (const status of connection.status()) noteStatus(status, telemetry, change);
}

function noteStatus(
  status: Status,
  telemetry: Telemetry,
  change: (isConnected: boolean) => void,
): void {
  switch (status.type) {
    case "disconnect":
      telemetry.log("warn", "NATS is not reachable", { server: status.server });
      return change(false);
    case "reconnect":
      telemetry.log("info", "NATS is reachable again", { server: status.server });
      return change(true);
    case "close":
      return change(false);
    case "error":
      return telemetry.log("error", "NATS refused something", { error: status.error });
    case "staleConnection":
    case "ldm":
    case "slowConsumer":
      return telemetry.log("warn", "NATS connection", { status: status.type });
    default:
      return;
  }
}
