import type { JetStreamManager, StreamConfig } from "@nats-io/jetstream";

type StreamSettings = Partial<StreamConfig> & { readonly name: string };

/**
 * Creates a stream or changes its settings to these. An older server takes settings that it does
 * not know without a word, so that they are read back.
 *
 * @throws when the server does not hold it as asked.
 */
export async function ensureStream(
  manager: JetStreamManager,
  settings: StreamSettings,
): Promise<void> {
  const { storage: _fixed, retention: _also, name, ...changeable } = settings;
  if (await exists(manager, name)) await manager.streams.update(name, changeable);
  else await manager.streams.add(settings);
  const { config } = await manager.streams.info(name);
  for (const [key, wanted] of Object.entries(settings)) {
    const held: unknown = Reflect.get(config, key);
    if (JSON.stringify(held) === JSON.stringify(wanted)) continue;
    const found = `${key} is ${JSON.stringify(held)} instead of ${JSON.stringify(wanted)}`;
    throw new Error(`Cannot use the stream ${name}: ${found}`);
  }
}

/** Listed rather than asked for: a missing stream and a failed question are then told apart. */
async function exists(manager: JetStreamManager, name: string): Promise<boolean> {
  for await (const info of manager.streams.list()) {
    if (info.config.name === name) return true;
  }
  return false;
}
