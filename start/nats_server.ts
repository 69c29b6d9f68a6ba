/** What a nats-server of ours is told, in its own configuration language (only what 2.9 knows). */
export interface NatsSettings {
  readonly port: number;
  readonly monitorPort: number;
  readonly storeFolder: string;
  /** Several servers that act as one; unset: a server alone. */
  readonly cluster?: NatsClusterSettings;
  /** Facts by MQTT; the server then asks everybody for a user. */
  readonly mqtt?: NatsMqttSettings;
}

export interface NatsMqttSettings {
  readonly host: string;
  readonly port: number;
  /** Of the user `facts`, who may read facts and nothing else. */
  readonly password: string;
  /** Of the user `statewatt`: the platform itself, never by MQTT. */
  readonly platformPassword: string;
}

export const platformUser = "statewatt";
export const mqttUser = "facts";

export interface NatsClusterSettings {
  /** Unique in the cluster, the same after each restart. */
  readonly serverName: string;
  readonly routePort: number;
  /** Route ports of all its servers. */
  readonly routePorts: readonly number[];
}

/**
 * Frames of one event-loop turn travel together: up to 64 frames of the largest size (64 KiB) and
 * then some.
 */
const payloadMaxBytes = 8 * 1024 * 1024;

export function natsConfiguration(settings: NatsSettings): string {
  return [
    `server_name: ${settings.cluster?.serverName ?? "statewatt"}`,
    `host: "127.0.0.1"`,
    `port: ${settings.port}`,
    `http: "127.0.0.1:${settings.monitorPort}"`,
    `max_payload: ${payloadMaxBytes}`,
    `max_pending: ${8 * payloadMaxBytes}`,
    `write_deadline: "10s"`,
    `lame_duck_duration: "30s"`,
    `jetstream {`,
    `  store_dir: ${JSON.stringify(settings.storeFolder)}`,
    `  max_memory_store: 268435456`,
    `  max_file_store: 10737418240`,
    `}`,
    ...clusterLines(settings.cluster),
    ...mqttLines(settings.mqtt),
    ``,
  ].join("\n");
}

/** Clients know the addresses they were given: they may reach us through other ones than ours. */
function clusterLines(cluster: NatsClusterSettings | undefined): readonly string[] {
  if (cluster === undefined) return [];
  const routes = cluster.routePorts.map((port) => `"nats://127.0.0.1:${port}"`);
  return [
    `cluster {`,
    `  name: statewatt`,
    `  listen: "127.0.0.1:${cluster.routePort}"`,
    `  no_advertise: true`,
    `  routes: [${routes.join(", ")}]`,
    `}`,
  ];
}

/**
 * `$MQTT.sub.>` is where the server itself puts what it delivers with QoS 1. An empty
 * `publish.allow` would allow everything.
 */
function mqttLines(mqtt: NatsMqttSettings | undefined): readonly string[] {
  if (mqtt === undefined) return [];
  const platform = userOf(platformUser, mqtt.platformPassword);
  return [
    `mqtt {`,
    `  listen: ${
      JSON.stringify(`${mqtt.host.includes(":") ? `[${mqtt.host}]` : mqtt.host}:${mqtt.port}`)
    }`,
    `}`,
    `authorization {`,
    `  users: [`,
    `    { ${platform}, allowed_connection_types: ["STANDARD"] }`,
    `    { ${userOf(mqttUser, mqtt.password)}, allowed_connection_types: ["MQTT"]`,
    `      permissions: {`,
    `        publish: { deny: [">"] }`,
    `        subscribe: { allow: ["fact", "fact.>", "$MQTT.sub.>"] } } }`,
    `  ]`,
    `}`,
  ];
}

function userOf(name: string, password: string): string {
  return `user: ${JSON.stringify(name)}, password: ${JSON.stringify(password)}`;
}

/** Whether the server answers on its monitoring port and its JetStream is up. */
export async function isHealthy(monitorPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${monitorPort}/healthz`, {
      signal: AbortSignal.timeout(1_000),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
