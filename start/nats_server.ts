/** What a nats-server of ours is told, in its own configuration language (only what 2.9 knows). */
export interface NatsSettings {
  readonly port: number;
  readonly monitorPort: number;
  readonly storeFolder: string;
}

/**
 * Frames of one event-loop turn travel together: up to 64 frames of the largest size (64 KiB) and
 * then some.
 */
const payloadMaxBytes = 8 * 1024 * 1024;

export function natsConfiguration(settings: NatsSettings): string {
  return [
    `server_name: statewatt`,
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
    ``,
  ].join("\n");
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
