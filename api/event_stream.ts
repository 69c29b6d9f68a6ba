/**
 * Server-sent events (HTML Living Standard, 9.2): one feed of facts per process, fanned out to its
 * clients. A client that does not keep up is closed and comes back with Last-Event-ID.
 */
import type { Clock } from "#engine/ports/clock.ts";
import type { Fact, FactFeed } from "#engine/ports/facts.ts";
import type { CounterMetric, Telemetry } from "#engine/telemetry.ts";
import { PlatformError } from "#schemas/errors.ts";
import { formatInstant } from "#schemas/instant.ts";

const CLIENTS_MAX = 500;
/** Bytes that may wait for one client: some seconds of a busy network. */
const BACKLOG_BYTES_MAX = 1_048_576;
/** Proxies close what is silent for 30 to 60 s. */
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2_000;
/** Facts kept for clients that come back: minutes of a busy network, some megabytes. */
const HISTORY_MAX = 10_000;

export interface EventFilter {
  readonly tenant: string;
  /** `station`, or `session.started`; empty = everything. */
  readonly kinds: readonly string[];
  readonly station: string | undefined;
}

interface Client {
  readonly filter: EventFilter;
  /** What it has; facts up to here are not for it, also when we read them only now. */
  after: number;
  send(frame: Uint8Array): void;
  close(): void;
}

interface Kept {
  readonly fact: Fact;
  readonly frame: Uint8Array;
}

const encoder = new TextEncoder();

export class EventStream {
  readonly #clock: Clock;
  readonly #clients = new Set<Client>();
  readonly #dropped: CounterMetric;
  readonly #feed: FactFeed;
  #stopFollowing: (() => void) | undefined;
  #history: Kept[] = [];
  /** Everything up to here is unknown to us. */
  #knownAfter = 0;
  #newest = 0;
  #cancelHeartbeat: (() => void) | undefined;

  constructor(feed: FactFeed, clock: Clock, telemetry: Telemetry) {
    this.#clock = clock;
    this.#dropped = telemetry.counter(
      "statewatt_api_event_clients_dropped_total",
      "Event streams closed because the client did not keep up",
    );
    telemetry.watch(
      "statewatt_api_event_clients",
      "Open event streams",
      () => this.#clients.size,
    );
    this.#feed = feed;
  }

  /**
   * Begins to follow, some way back, so that clients of a process that was restarted can resume.
   */
  async start(): Promise<void> {
    this.#newest = await this.#feed.lastSequence();
    this.#knownAfter = Math.max(0, this.#newest - HISTORY_MAX);
    this.#stopFollowing = this.#feed.follow({ afterSequence: this.#knownAfter }, {
      onFact: (fact) => this.#take(fact),
      onReset: (sequence) => this.#reset(sequence),
    });
  }

  /**
   * An endless response. With `lastEventId` it starts with what came after; when that is no longer
   * known, with an event `reset`: the client must read everything again.
   *
   * @throws {PlatformError} "overloaded" when too many streams are open.
   */
  open(filter: EventFilter, lastEventId: string | undefined): Response {
    if (this.#clients.size >= CLIENTS_MAX) {
      throw new PlatformError("overloaded", "Cannot open the event stream: too many are open", {
        retryAfterSeconds: 10,
      });
    }
    let client: Client | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        client = this.#join(filter, controller);
        client.send(encoder.encode(`retry: ${RETRY_MS}\n\n`));
        this.#catchUp(client, lastEventId);
      },
      cancel: () => {
        if (client !== undefined) this.#leave(client);
      },
    }, { highWaterMark: BACKLOG_BYTES_MAX, size: (chunk) => chunk.byteLength });
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" },
    });
  }

  close(): void {
    this.#stopFollowing?.();
    this.#cancelHeartbeat?.();
    for (const client of [...this.#clients]) client.close();
  }

  #join(filter: EventFilter, controller: ReadableStreamDefaultController<Uint8Array>): Client {
    const client: Client = {
      filter,
      after: this.#newest,
      send: (frame) => {
        if ((controller.desiredSize ?? 0) < frame.byteLength) {
          this.#dropped.add();
          client.close();
          return;
        }
        controller.enqueue(frame);
      },
      close: () => {
        if (!this.#clients.has(client)) return;
        this.#leave(client);
        controller.close();
      },
    };
    this.#clients.add(client);
    if (this.#cancelHeartbeat === undefined) this.#armHeartbeat();
    return client;
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = undefined;
  }

  #catchUp(client: Client, lastEventId: string | undefined): void {
    if (lastEventId === undefined || lastEventId === "") return;
    const last = Number(lastEventId);
    if (!Number.isSafeInteger(last) || last < this.#knownAfter || last > this.#newest) {
      client.send(this.#resetFrame());
      return;
    }
    client.after = last;
    for (const { fact, frame } of this.#history) {
      // More than fits: it is closed, and comes back for the rest.
      if (!this.#clients.has(client)) return;
      offer(client, fact, frame);
    }
  }

  #take(fact: Fact): void {
    const frame = encoder.encode(frameOf(fact));
    this.#newest = Math.max(this.#newest, fact.sequence);
    this.#history.push({ fact, frame });
    // Cut rarely: a shift per fact would move the whole list each time.
    if (this.#history.length > HISTORY_MAX * 1.2) {
      this.#history = this.#history.slice(-HISTORY_MAX);
      this.#knownAfter = (this.#history[0]?.fact.sequence ?? fact.sequence) - 1;
    }
    for (const client of [...this.#clients]) offer(client, fact, frame);
  }

  #reset(sequence: number): void {
    this.#history = [];
    this.#knownAfter = sequence;
    this.#newest = sequence;
    const frame = this.#resetFrame();
    for (const client of [...this.#clients]) {
      client.after = sequence;
      client.send(frame);
    }
  }

  #resetFrame(): Uint8Array {
    return encoder.encode(`event: reset\nid: ${this.#newest}\ndata: {}\n\n`);
  }

  #armHeartbeat(): void {
    this.#cancelHeartbeat = this.#clock.schedule(HEARTBEAT_MS, () => {
      // The id moves on with facts that the filter kept away, so that a resume is not told to
      // reset.
      for (const client of [...this.#clients]) {
        client.send(encoder.encode(`: \nid: ${client.after}\n\n`));
      }
      if (this.#clients.size > 0) this.#armHeartbeat();
      else this.#cancelHeartbeat = undefined;
    });
  }
}

function offer(client: Client, fact: Fact, frame: Uint8Array): void {
  if (fact.sequence <= client.after) return;
  client.after = fact.sequence;
  if (isWanted(fact, client.filter)) client.send(frame);
}

function isWanted(fact: Fact, { tenant, kinds, station }: EventFilter): boolean {
  if (fact.tenant !== tenant) return false;
  const isKind = kinds.length === 0 || kinds.includes(fact.kind) ||
    kinds.includes(`${fact.kind}.${fact.name}`);
  return isKind && (station === undefined || fact.id === station);
}

/** The data is what the fact tells, with the instant and the id of what it happened to. */
function frameOf(fact: Fact): string {
  const { sequence, kind, name, id, at, data } = fact;
  const told = typeof data === "object" && data !== null ? data : { value: data };
  const text = JSON.stringify({ id, at: formatInstant(at), ...told });
  return `event: ${kind}.${name}\nid: ${sequence}\ndata: ${text}\n\n`;
}
