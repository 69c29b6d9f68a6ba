/** Wires worker, gateway and api onto one bus in one process: the same parts as apart. */
import { Buffer } from "node:buffer";
import postgres from "postgres";
import { startWorker } from "#actors/main.ts";
import { startApi } from "#api/main.ts";
import { actorsOverBus } from "#engine/actor_client.ts";
import { LocalBus, localFirst } from "#engine/adapters/local_bus.ts";
import { NatsBus } from "#engine/adapters/nats_bus.ts";
import { connectNats } from "#engine/adapters/nats_connection.ts";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { systemRandom } from "#engine/adapters/system_random.ts";
import { createTelemetry } from "#engine/telemetry.ts";
import { startGateway } from "#gateway/main.ts";
import type { PlatformSetting } from "./all_in_one.ts";
import { closeAll, type Part } from "./part.ts";
import { errorText } from "./start_error.ts";

export async function startPlatform(setting: PlatformSetting): Promise<Part> {
  const { config, databaseUrl, natsUrl, progress } = setting;
  const { applied } = await migrate(databaseUrl, { shardCount: config.shards });
  progress.say(
    applied.length === 0 ? "database is up to date" : `applied ${applied.length} migrations`,
  );
  const clock = systemClock();
  const random = systemRandom();
  const { logLevel, logFormat } = config;
  const telemetry = createTelemetry({ clock, process: "all-in-one", logLevel, logFormat });
  const link = await connectNats({ url: natsUrl, name: "statewatt all-in-one", telemetry });
  const bus = localFirst(
    new LocalBus({ clock, telemetry }),
    new NatsBus({ clock, telemetry, link }),
  );
  const parts: Part[] = [{ close: () => link.close() }, { close: () => bus.close() }];
  const setup = { databaseUrl, natsUrl, bus, clock, random, telemetry, config };
  try {
    parts.push(await startWorker(setup));
    const actors = actorsOverBus(bus, await shardCount(databaseUrl));
    // The api listens before stations are let in: whoever looks at /readyz sees the gateway missing.
    const missing = new Set(["gateway"]);
    const readiness = (): string[] => [...missing, ...(bus.isConnected() ? [] : ["nats"])];
    parts.push(await startApi({ ...setup, ...keysOf(setting), actors, readiness }));
    parts.push(await startGateway({ ...setup, ...gatewayOf(setting), id: random.uuid(), actors }));
    missing.clear();
  } catch (thrown) {
    await closeAll(parts);
    throw thrown;
  }
  buildConsoleLater(progress.say);
  return { close: () => closeAll(parts) };
}

/** Fixed at installation: SHARDS counts for a new one only. */
async function shardCount(databaseUrl: string): Promise<number> {
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    const [row] = await sql`SELECT shard_count FROM installation`;
    return Number(row?.["shard_count"]);
  } finally {
    await sql.end();
  }
}

function keysOf(setting: PlatformSetting): { operatorKey: string; serverKey: Uint8Array } {
  return { operatorKey: setting.operatorKey, serverKey: Buffer.from(setting.serverKey) };
}

type GatewaySetting = Pick<Parameters<typeof startGateway>[0], "port" | "serverKey" | "limits">;

function gatewayOf({ config, serverKey }: PlatformSetting): GatewaySetting & { host?: string } {
  return {
    port: config.ocppPort,
    ...(config.host === undefined ? {} : { host: config.host }),
    serverKey: Buffer.from(serverKey),
    limits: {
      frameBytesMax: config.frameMaxBytes,
      socketsMax: config.connectionsMax,
      pingAfterMs: config.pingAfterSeconds * 1_000,
    },
  };
}

/** Building the pages takes seconds and must not keep stations waiting. */
function buildConsoleLater(say: (line: string) => void): void {
  const failed = (thrown: unknown): void => {
    say(`the console could not be built, the last build is shown: ${errorText(thrown)}`);
  };
  import("#web/build.ts").then(({ buildConsole }) => buildConsole(say)).catch(failed);
}
