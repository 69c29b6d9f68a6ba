/** What every process of the platform stands on: clock, chance, telemetry, bus, facts, members. */
import { LocalBus, localFirst } from "#engine/adapters/local_bus.ts";
import { NatsBus } from "#engine/adapters/nats_bus.ts";
import { connectNats, type NatsLink } from "#engine/adapters/nats_connection.ts";
import { NatsDurableFacts } from "#engine/adapters/nats_durable_facts.ts";
import { NatsFacts } from "#engine/adapters/nats_facts.ts";
import { NatsLeases } from "#engine/adapters/nats_leases.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { systemRandom } from "#engine/adapters/system_random.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import { createTelemetry, type LogLevel, type Telemetry, watchLoopLag } from "#engine/telemetry.ts";
import type { Tracer } from "#engine/tracing.ts";
import type { Part } from "./part.ts";
import { type TraceConfig, tracesOf } from "./traces.ts";

export interface ClusterOptions extends TraceConfig {
  readonly natsUrl: string;
  /** Servers that keep facts and members. Unset: one for what is new, else as it is. */
  readonly natsReplicas?: number | undefined;
  /** Which process this is: `gateway`, `worker`, `api`, `all-in-one`. */
  readonly process: string;
  readonly logLevel: LogLevel;
  readonly logFormat: "text" | "json";
}

export interface Cluster extends Part {
  /** Of this process and this start of it. */
  readonly id: string;
  readonly link: NatsLink;
  readonly bus: Bus;
  readonly facts: NatsFacts;
  readonly durableFacts: NatsDurableFacts;
  readonly leases: NatsLeases;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Undefined: there is no collector of traces. */
  readonly tracer: Tracer | undefined;
}

/**
 * Connects to the cluster. Rejects when NATS cannot be reached; waits while its servers elect a
 * leader.
 */
export async function joinCluster(options: ClusterOptions): Promise<Cluster> {
  const { natsUrl, natsReplicas, process: role, logLevel, logFormat } = options;
  const clock = systemClock();
  const random = systemRandom();
  const id = random.uuid().slice(0, 13);
  const telemetry = createTelemetry({ clock, process: role, id, logLevel, logFormat });
  const traces = tracesOf(options, { clock, random, telemetry, role, id });
  const link = await connectNats({ url: natsUrl, name: `statewatt ${role} ${id}`, telemetry });
  const bus = localFirst(
    new LocalBus({ clock, telemetry }),
    new NatsBus({ clock, telemetry, link }),
  );
  const replicas = natsReplicas === undefined ? {} : { replicas: natsReplicas };
  const facts = await NatsFacts.open({ link, clock, telemetry, ...replicas });
  const durableFacts = await NatsDurableFacts.open({ link, clock, telemetry });
  const leases = await NatsLeases.open({ link, clock, telemetry, ...replicas });
  const stopLag = watchLoopLag(telemetry, clock);
  const close = async (): Promise<void> => {
    stopLag();
    await durableFacts.close();
    await facts.close();
    await bus.close();
    await traces?.close();
    await link.close();
  };
  const tracer = traces?.tracer;
  return { id, link, bus, facts, durableFacts, leases, clock, random, telemetry, tracer, close };
}
