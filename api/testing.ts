/** The REST application on a real database with recorded actors and facts by hand: for tests. */
import postgres from "postgres";
import { LocalBus } from "#engine/adapters/local_bus.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { drawnPassword, passwordRecord } from "#engine/password.ts";
import { sealText } from "#engine/sealed_text.ts";
import type { ActorAnswer, Actors, MessageHeader } from "#engine/ports/actors.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type {
  DurableFact,
  DurableFacts,
  FactConsumption,
  FactPage,
} from "#engine/ports/durable_facts.ts";
import type { FactFeed, FactHandlers, FollowFacts } from "#engine/ports/facts.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import type { Address } from "#schemas/address.ts";
import type { StationDescription, StationSettings } from "#schemas/events/charger.ts";
import { PlatformError } from "#schemas/errors.ts";
import { testPostgres } from "#start/testing.ts";
import { postgresTenants } from "./adapters/postgres_tenants.ts";
import { createApp } from "./app.ts";
import { CallOutcomes } from "./call_outcomes.ts";
import { Egress, egressPorts, type EgressRules } from "./egress.ts";
import { EventStream } from "./event_stream.ts";
import type { Platform } from "./platform.ts";
import { routes } from "./routes/mod.ts";
import type { WebhookDoor } from "./webhooks/start_webhooks.ts";

export const operatorKey = "the key that only tests know";
const bearer = { authorization: `Bearer ${operatorKey}` };

export interface AskedActor {
  readonly to: Address;
  readonly header: MessageHeader;
  readonly body: Readonly<Record<string, unknown>>;
}

type Answer = (asked: AskedActor) => unknown;

/** Actors that answer from a table by type and record every ask. */
export class RecordedActors implements Actors {
  readonly asked: AskedActor[] = [];
  readonly answers = new Map<string, Answer>();

  async ask(to: Address, header: MessageHeader, body: string): Promise<ActorAnswer> {
    const asked = { to, header, body: JSON.parse(body) };
    this.asked.push(asked);
    const answer = this.answers.get(header.type);
    if (answer === undefined) {
      throw new PlatformError("not-found", `Cannot ${header.type}: unknown`);
    }
    return { text: JSON.stringify(await answer(asked)), journalled: true };
  }

  causesOf(type: string): readonly string[] {
    return this.asked.filter(({ header }) => header.type === type).map(({ header }) =>
      header.cause
    );
  }
}

/** A stream of facts that a test states by hand. */
export class StatedFacts implements FactFeed, DurableFacts {
  readonly #followers = new Set<FactHandlers>();
  readonly #facts: DurableFact[] = [];
  /** Facts before this have left the stream. */
  firstSequence = 1;

  follow({ afterSequence }: FollowFacts, handlers: FactHandlers): () => void {
    for (const fact of this.#facts) {
      if (afterSequence !== undefined && fact.sequence > afterSequence) handlers.onFact(fact);
    }
    this.#followers.add(handlers);
    return () => this.#followers.delete(handlers);
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.#facts.at(-1)?.sequence ?? 0);
  }

  read(afterSequence: number, max: number): Promise<FactPage | undefined> {
    const last = this.#facts.length;
    if (afterSequence < this.firstSequence - 1 || afterSequence > last) {
      return Promise.resolve(undefined);
    }
    const facts = this.#facts.slice(afterSequence, afterSequence + max);
    return Promise.resolve({ facts, upTo: afterSequence + facts.length, last });
  }

  /** Consumers are tried over a real server (`webhooks/testing.ts`); here they get nothing. */
  consume(): FactConsumption {
    return {
      started: Promise.resolve(),
      floor: () => Promise.resolve({ era: 1, sequence: this.#facts.length }),
      close: () => Promise.resolve(),
    };
  }

  rewind(): Promise<void> {
    return Promise.resolve();
  }

  sequenceBefore(at: number): Promise<number> {
    const found = this.#facts.findIndex((fact) => fact.at >= at);
    const before = found === -1 ? this.#facts.length : found;
    return Promise.resolve(Math.max(this.firstSequence - 1, before));
  }

  /** `session.started` of a station. */
  state(what: string, stationId: string, body: object = {}, tenant = "default"): void {
    const [kind = "", name = ""] = what.split(".");
    const fact: DurableFact = {
      sequence: this.#facts.length + 1,
      key: `1:${this.#facts.length + 1}:0`,
      era: 1,
      subject: `fact.${what}.${stationId}`,
      tenant,
      kind,
      name,
      id: stationId,
      at: Date.UTC(2026, 0, 1),
      data: { stationId, ...body },
    };
    this.#facts.push(fact);
    for (const { onFact } of this.#followers) onFact(fact);
  }

  lose(sequence: number): void {
    for (const { onReset } of this.#followers) onReset(sequence);
  }
}

export interface TestApi {
  readonly platform: Platform;
  readonly actors: RecordedActors;
  readonly facts: StatedFacts;
  readonly bus: LocalBus;
  /** As the owner of the tables: sees every tenant. */
  readonly sql: postgres.Sql;
  readonly url: string;
  readonly app: ReturnType<typeof createApp>;
  /** A request with the operator's key; a body that is no text is sent as JSON. */
  call(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Answered>;
  close(): Promise<void>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

export async function testApi(
  options: {
    readonly consoleRoot?: string;
    readonly missing?: string[];
    readonly clock?: Clock;
    readonly egress?: Partial<EgressRules>;
    readonly webhooks?: Partial<WebhookDoor>;
  } = {},
): Promise<TestApi> {
  const database = await testPostgres();
  const clock = options.clock ?? systemClock();
  const random = new SimRandom(1);
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const actors = new RecordedActors();
  const facts = new StatedFacts();
  const tenants = postgresTenants({ clock, url: database.url, connections: 4 });
  const outcomes = new CallOutcomes(bus, clock, random);
  const events = new EventStream(facts, clock, telemetry, facts);
  await events.start();
  const rules = { allowPrivate: false, allowHosts: [], ports: egressPorts, ...options.egress };
  const serverKey = new Uint8Array(32);
  const webhooks: WebhookDoor = {
    ...{ egress: new Egress({ rules, clock }), clock, serverKey, history: facts },
    hint: () => {},
    ...options.webhooks,
  };
  const platform: Platform = {
    ...{ tenants, actors, bus, clock, random, telemetry, outcomes, events, webhooks },
    passwordRecord: (password) => passwordRecord(password, serverKey, random),
    sealText: (text, owner) => sealText(text, owner, serverKey, random),
    drawPassword: (requestId) => drawnPassword(requestId, serverKey),
    readiness: () => options.missing ?? [],
  };
  const app = createApp(platform, routes, { operatorKey, ...options });
  const sql = postgres(database.url, { max: 2, onnotice: () => {} });
  return {
    ...{ platform, actors, facts, bus, sql, app },
    url: database.url,
    call: async (method, path, body, headers = {}) => {
      const init = body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) };
      const response = await app.request(`/api/v1${path}`, {
        method,
        headers: { ...bearer, ...headers },
        ...init,
      });
      const text = await response.text();
      const isJson = (response.headers.get("content-type") ?? "").match(/[/+]json$/) !== null;
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson ? JSON.parse(text) : undefined,
      };
    },
    close: async () => {
      events.close();
      outcomes.close();
      await tenants.close();
      await bus.close();
      await sql.end();
      await database.close();
    },
  };
}

/** A connected station's presence, with whatever differs. */
export function presenceDescribed(
  changes: Partial<StationDescription["presence"]> = {},
): StationDescription["presence"] {
  return {
    connected: true,
    protocol: "ocpp1.6",
    lastSeenAt: null,
    gateway: null,
    connectedAt: null,
    sockets: [],
    ...changes,
  };
}

/** A station as its actor describes it. */
export function stationDescribed(
  id: string,
  parts: Partial<StationDescription> & Partial<StationSettings> = {},
): StationDescription {
  return {
    id,
    securityProfile: 0,
    locationId: null,
    tags: [],
    quiet: false,
    registration: "Accepted",
    heartbeatIntervalSeconds: 300,
    bootRetrySeconds: null,
    authorisationRequired: true,
    energyPrice: null,
    createdAt: "2026-01-01T00:00:00.000Z",
    presence: presenceDescribed(),
    boot: { vendor: null, model: null, serialNumber: null, firmwareVersion: null },
    evses: [],
    openSessions: [],
    ...parts,
  };
}
