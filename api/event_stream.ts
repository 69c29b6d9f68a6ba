/**
 * Server-sent events (HTML Living Standard, 9.2): one feed of facts per process, fanned out to its
 * clients. A client that does not keep up is closed and comes back with Last-Event-ID.
 */
import type { Clock } from "#engine/ports/clock.ts";
import type { FactHistory } from "#engine/ports/durable_facts.ts";
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
/** Facts that are read back for one client: more is read anew faster than one by one. */
const READ_BACK_MAX = 100_000;
const READ_BACK_PAGE = 500;
/** Clients for which the stream is read back at once; more begin with a reset. */
const READERS_MAX = 8;

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
  /** It is being read back to: what happens now comes after that. */
  isBehind: boolean;
  /** Resolves when more fits, or when it is gone. */
  drained(): Promise<void>;
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
  readonly #past: FactHistory | undefined;
  readonly #telemetry: Telemetry;
  #readers = 0;
  #stopFollowing: (() => void) | undefined;
  #history: Kept[] = [];
  /** Everything up to here is unknown to us. */
  #knownAfter = 0;
  #newest = 0;
  #cancelHeartbeat: (() => void) | undefined;

  /** `past`: where older facts than those kept here are read; without it they begin with a reset. */
  constructor(feed: FactFeed, clock: Clock, telemetry: Telemetry, past?: FactHistory) {
    this.#clock = clock;
    this.#past = past;
    this.#telemetry = telemetry;
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
   * An endless response. With `lastEventId` it starts with what came after, read back from the
   * stream where need be; when that has left the stream or is too much, with an event `reset`: the
   * client must read everything again.
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
    const drain = { check: (): void => {} };
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        client = this.#join(filter, controller, drain);
        client.send(encoder.encode(`retry: ${RETRY_MS}\n\n`));
        this.#catchUp(client, lastEventId);
      },
      pull: () => drain.check(),
      cancel: () => {
        if (client !== undefined) this.#leave(client);
        drain.check();
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

  #join(
    filter: EventFilter,
    controller: ReadableStreamDefaultController<Uint8Array>,
    drain: { check: () => void },
  ): Client {
    const client: Client = {
      filter,
      after: this.#newest,
      isBehind: false,
      drained: () =>
        new Promise((resolve) => {
          drain.check = () => {
            const isRoomy = (controller.desiredSize ?? 0) > BACKLOG_BYTES_MAX / 2;
            if (isRoomy || !this.#clients.has(client)) resolve();
          };
          drain.check();
        }),
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
        drain.check();
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
    if (Number.isSafeInteger(last) && last > this.#newest) return this.#meet(client, last);
    const isKnown = Number.isSafeInteger(last) && last >= 0;
    if (isKnown && last >= this.#knownAfter) {
      client.after = last;
      return this.#offerHistory(client);
    }
    const isNear = isKnown && this.#newest - last <= READ_BACK_MAX;
    if (!isNear || this.#past === undefined || this.#readers >= READERS_MAX) {
      client.send(this.#resetFrame());
      return;
    }
    client.after = last;
    client.isBehind = true;
    this.#readers++;
    this.#readBack(client, this.#past).catch((error) => {
      // It comes back, with what it has got.
      this.#telemetry.log("warn", "events could not be read back", { error });
      client.close();
    }).finally(() => this.#readers--);
  }

  /**
   * It has what we have not: another process told it, and this one is still reading. Only what the
   * stream itself does not hold is unknown.
   */
  #meet(client: Client, last: number): void {
    client.after = last;
    client.isBehind = true;
    this.#feed.lastSequence().then((newest) => {
      // Meanwhile it has gone, or was told a reset.
      if (!client.isBehind || !this.#clients.has(client)) return;
      client.isBehind = false;
      if (last <= this.#newest) return this.#catchUp(client, String(last));
      if (last <= newest) return;
      client.after = this.#newest;
      client.send(this.#resetFrame());
    }).catch((error) => {
      this.#telemetry.log("debug", "the id of an event cannot be looked up", { error });
      client.close();
    });
  }

  #offerHistory(client: Client): void {
    for (const { fact, frame } of this.#history) {
      // More than fits: it is closed, and comes back for the rest.
      if (!this.#clients.has(client)) return;
      offer(client, fact, frame);
    }
  }

  /** From the stream up to what is kept here, no faster than the client takes it. */
  async #readBack(client: Client, past: FactHistory): Promise<void> {
    // Until what is left is kept here and surely fits.
    while (
      this.#clients.has(client) && client.isBehind &&
      (client.after < this.#knownAfter || this.#newest - client.after > READ_BACK_PAGE)
    ) {
      // deno-lint-ignore no-await-in-loop -- one page after the other.
      const page = await past.read(client.after, READ_BACK_PAGE);
      if (!client.isBehind || !this.#clients.has(client)) return;
      if (page === undefined) {
        client.after = this.#newest;
        client.send(this.#resetFrame());
        break;
      }
      for (const fact of page.facts) {
        if (fact.sequence > client.after && isWanted(fact, client.filter)) {
          client.send(encoder.encode(frameOf(fact)));
        }
        client.after = Math.max(client.after, fact.sequence);
      }
      client.after = Math.max(client.after, page.upTo);
      // deno-lint-ignore no-await-in-loop -- one page after the other.
      await client.drained();
    }
    if (!client.isBehind) return;
    client.isBehind = false;
    this.#offerHistory(client);
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
    for (const client of [...this.#clients]) {
      if (!client.isBehind) offer(client, fact, frame);
    }
  }

  #reset(sequence: number): void {
    this.#history = [];
    this.#knownAfter = sequence;
    this.#newest = sequence;
    const frame = this.#resetFrame();
    for (const client of [...this.#clients]) {
      client.after = sequence;
      client.isBehind = false;
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
