/** Composition of the api: opens its adapters and serves. */
import type { Actors } from "#engine/ports/actors.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { DurableFacts } from "#engine/ports/durable_facts.ts";
import type { FactFeed } from "#engine/ports/facts.ts";
import type { Random } from "#engine/ports/random.ts";
import { drawnPassword, passwordRecord } from "#engine/password.ts";
import { sealText } from "#engine/sealed_text.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { defaultTenant } from "#schemas/address.ts";
import { startHttpServer } from "./adapters/http_server.ts";
import { postgresTenants } from "./adapters/postgres_tenants.ts";
import { createApp } from "./app.ts";
import { CallOutcomes } from "./call_outcomes.ts";
import { resumeBatches } from "./command_batches.ts";
import { Egress, type EgressRules } from "./egress.ts";
import { EventStream } from "./event_stream.ts";
import { dropExpired } from "./idempotency.ts";
import type { Platform } from "./platform.ts";
import { routes } from "./routes/mod.ts";
import { startWebhooks } from "./webhooks/start_webhooks.ts";

export interface ApiConfig {
  /** 0 = the system chooses. */
  readonly httpPort: number;
  /** Undefined = all interfaces, IPv4 and IPv6. */
  readonly host?: string;
  /** Connections to Postgres of this process; default 10. */
  readonly databaseConnections?: number;
  /** Where webhooks may go. */
  readonly egress: EgressRules;
  /** Days of nothing but failures after which a webhook is disabled. */
  readonly webhookDisableDays: number;
}

export interface ApiOptions {
  readonly databaseUrl: string;
  readonly actors: Actors;
  readonly bus: Bus;
  readonly facts: FactFeed;
  readonly durableFacts: DurableFacts;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: ApiConfig;
  /** Bearer key of the operator. */
  readonly operatorKey: string;
  /** Seals station passwords and secrets of webhooks; the same as every gateway's. */
  readonly serverKey: Uint8Array;
  /** Names of what is missing; empty = ready. */
  readonly readiness: () => Promise<readonly string[]> | readonly string[];
  /** Folder of the built console; its page says that it is being built until it is there. */
  readonly consoleRoot?: string;
}

export interface StartedApi {
  readonly port: number;
  /** Gives the answers that are under way; clients find another api. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

const HOUSEKEEPING_MS = 600_000;
/** A command waits for its station for up to 30 s; process supervisors wait as long. */
const DRAIN_MS = 25_000;

/** Serves REST, events and pages. Everything given stays the caller's to close. */
export async function startApi(options: ApiOptions): Promise<StartedApi> {
  const { actors, bus, clock, config, random, telemetry } = options;
  const tenants = postgresTenants({
    clock,
    url: options.databaseUrl,
    ...(config.databaseConnections === undefined
      ? {}
      : { connections: config.databaseConnections }),
  });
  const { facts, durableFacts, serverKey } = options;
  const events = new EventStream(facts, clock, telemetry, durableFacts);
  const egress = new Egress({ rules: config.egress, clock });
  const webhooks = startWebhooks({
    ...{ tenants, clock, random, telemetry, egress, serverKey, facts: durableFacts },
    disableAfterDays: config.webhookDisableDays,
  });
  const outcomes = new CallOutcomes(bus, clock, random);
  const platform: Platform = {
    tenants,
    actors,
    bus,
    clock,
    random,
    telemetry,
    outcomes,
    events,
    webhooks: { egress, clock, serverKey, history: durableFacts, hint: webhooks.hint },
    passwordRecord: (password) => passwordRecord(password, serverKey, random),
    sealText: (text, owner) => sealText(text, owner, serverKey, random),
    drawPassword: (requestId) => drawnPassword(requestId, serverKey),
    readiness: options.readiness,
  };
  const app = createApp(platform, routes, {
    operatorKey: options.operatorKey,
    ...(options.consoleRoot === undefined ? {} : { consoleRoot: options.consoleRoot }),
  });
  await events.start();
  const server = await startHttpServer((request, connection) => app.fetch(request, connection), {
    clock,
    port: config.httpPort,
    ...(config.host === undefined ? {} : { host: config.host }),
  });
  const stopHousekeeping = housekeeping(platform);
  resumeBatches(platform, defaultTenant).catch((error: unknown) => {
    telemetry.log("warn", "Commands for many stations were not taken up", { error });
  });
  return {
    port: server.port,
    drain: async () => {
      events.close();
      await server.drain(DRAIN_MS);
    },
    close: async () => {
      stopHousekeeping();
      events.close();
      await server.close();
      await webhooks.close();
      outcomes.close();
      await tenants.close();
    },
  };
}

function housekeeping(platform: Platform): () => void {
  let cancel = (): void => {};
  const arm = (): void => {
    cancel = platform.clock.schedule(HOUSEKEEPING_MS, () => {
      dropExpired(platform, defaultTenant).catch((error: unknown) => {
        platform.telemetry.log("warn", "Old idempotency keys stay for now", { error });
      });
      arm();
    });
  };
  arm();
  return () => cancel();
}
