import { randomBytes } from "node:crypto";
import {
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  type StreamConfig,
} from "@nats-io/jetstream";
import { headers, type Msg, type MsgHdrs, type Subscription } from "@nats-io/nats-core";
import { subjectToken } from "#schemas/address.ts";
import { assertFits } from "../bus_limits.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  FactFeed,
  FactHandlers,
  FactKey,
  FactPublisher,
  FollowFacts,
  OutgoingFact,
  PublishedTail,
  StatedFact,
} from "../ports/facts.ts";
import type { Telemetry } from "../telemetry.ts";
import type { NatsLink } from "./nats_connection.ts";
import { FactFollower } from "./nats_fact_follower.ts";
import { EndCheck, ensureStream, whenAvailable } from "./nats_stream.ts";

/** An acknowledgement takes a few ms; beyond this its outcome counts as unknown. */
const ACKNOWLEDGE_MS_MAX = 5_000;
/** A question that was under way when the server died is never answered. */
const QUESTION_MS_MAX = 2_000;
/** How many messages of the tail are asked for at once. */
const TAIL_READS_AT_ONCE = 64;
const DAY_MS = 24 * 60 * 60 * 1_000;
const NANOS_PER_MS = 1_000_000;

export interface NatsFactsOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly stream?: string;
  /** Put before each subject; ends with a dot, or is empty. */
  readonly prefix?: string;
  /** Servers that hold the stream. Unset: one for a new stream; one that is there stays so. */
  readonly replicas?: number;
  /** Facts older than this leave the stream; the journal keeps them. */
  readonly ageMsMax?: number;
  readonly bytesMax?: number;
}

/** Facts that were sent and wait for their acknowledgements. */
interface Publishing {
  take(place: number, acknowledgement: Acknowledgement): void;
  fail(reason: string): void;
}

interface Acknowledgement {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly description: string };
}

/** The stream of facts in JetStream: written by the relay, followed by whoever wants to know. */
export class NatsFacts implements FactFeed, FactPublisher {
  readonly #options: NatsFactsOptions;
  readonly #stream: string;
  readonly #prefix: string;
  readonly #manager: JetStreamManager;
  readonly #client: JetStreamClient;
  readonly #inbox = `answer.${randomBytes(9).toString("hex")}.facts`;
  readonly #acknowledgements: Subscription;
  readonly #followers = new Set<FactFollower>();
  readonly #pending = new Map<number, Publishing>();
  readonly #stopWatching: () => void;
  readonly #endCheck: EndCheck;
  #publishings = 0;

  /**
   * Creates the stream or brings its settings up to date, and reads them back. Waits up to 30 s for
   * a cluster that elects a leader.
   */
  static async open(options: NatsFactsOptions): Promise<NatsFacts> {
    const { link, clock } = options;
    return await whenAvailable(clock, async () => {
      const manager = await jetstreamManager(link.connection, { timeout: QUESTION_MS_MAX });
      await ensureStream(manager, streamSettings(options));
      return new NatsFacts(options, manager);
    });
  }

  private constructor(options: NatsFactsOptions, manager: JetStreamManager) {
    this.#options = options;
    this.#stream = options.stream ?? "FACTS";
    this.#prefix = options.prefix ?? "";
    this.#manager = manager;
    this.#endCheck = new EndCheck(options.clock);
    const { connection } = options.link;
    this.#client = jetstream(connection, { timeout: QUESTION_MS_MAX });
    this.#acknowledgements = connection.subscribe(`${this.#inbox}.>`, {
      callback: (_error, message) => this.#noteAcknowledgement(message),
    });
    this.#stopWatching = options.link.onChange((isConnected) => {
      if (isConnected) return;
      for (const publishing of this.#pending.values()) publishing.fail("the connection was lost");
    });
  }

  async lastSequence(): Promise<number> {
    return (await this.#manager.streams.info(this.#stream)).state.last_seq;
  }

  follow(which: FollowFacts, handlers: FactHandlers): () => void {
    const { link, clock, telemetry } = this.#options;
    const follower = new FactFollower({
      stream: this.#stream,
      prefix: this.#prefix,
      client: this.#client,
      manager: this.#manager,
      link,
      clock,
      telemetry,
      which,
      handlers,
    });
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
      follower.stop();
    };
  }

  async publish(facts: readonly OutgoingFact[], expectedLast: number): Promise<number> {
    this.#assertConnected();
    const batch = ++this.#publishings;
    const acknowledged = this.#acknowledged(batch, facts.length, expectedLast);
    const { connection } = this.#options.link;
    let previous = "";
    facts.forEach((outgoing, place) => {
      const id = keyText(outgoing);
      const order = { id, previous, expectedLast: expectedLast + place };
      connection.publish(this.#subjectOf(outgoing.fact), this.#payloadOf(outgoing), {
        reply: `${this.#inbox}.${batch}.${place}`,
        headers: this.#headers(order),
      });
      previous = id;
    });
    await acknowledged;
    return expectedLast + facts.length;
  }

  async publishedAfter(sequence: number): Promise<PublishedTail> {
    this.#assertConnected();
    const info = await this.#manager.streams.info(this.#stream);
    this.#endCheck.isLost(info, sequence);
    const { state } = info;
    const facts: (FactKey & { sequence: number })[] = [];
    let next = Math.max(sequence + 1, state.first_seq);
    while (next <= state.last_seq) {
      const count = Math.min(TAIL_READS_AT_ONCE, state.last_seq - next + 1);
      const first = next;
      // deno-lint-ignore no-await-in-loop -- bounded reads, one block after the other.
      const messages = await Promise.all(
        Array.from(
          { length: count },
          (_, index) => this.#manager.streams.getMessage(this.#stream, { seq: first + index }),
        ),
      );
      for (const message of messages) {
        const key = message === null ? undefined : parseKey(message.header.get(ID_HEADER));
        if (message !== null && key !== undefined) facts.push({ ...key, sequence: message.seq });
      }
      next += count;
    }
    return { lastSequence: state.last_seq, facts };
  }

  /** Ends followers and publishing; the connection stays open for its other users. */
  close(): void {
    this.#stopWatching();
    for (const publishing of this.#pending.values()) publishing.fail("it was closed");
    for (const follower of this.#followers) follower.stop();
    this.#followers.clear();
    if (!this.#acknowledgements.isClosed()) this.#acknowledgements.unsubscribe();
  }

  #assertConnected(): void {
    if (!this.#options.link.isConnected()) throw new Error("Cannot reach the facts: no connection");
  }

  #subjectOf({ kind, name, id }: StatedFact): string {
    return `${this.#prefix}fact.${kind}.${name}.${subjectToken(id)}`;
  }

  #payloadOf({ fact }: OutgoingFact): string {
    const { kind, name, id, tenant, at } = fact;
    const text = JSON.stringify({ kind, name, id, tenant, at, data: fact.data });
    try {
      assertFits("the stream of facts", text);
      return text;
    } catch (error) {
      this.#options.telemetry.log("error", "a fact is told without its data", {
        kind,
        name,
        error,
      });
      return JSON.stringify({ kind, name, id, tenant, at, data: null });
    }
  }

  /**
   * The expected sequence makes a repeat after an unknown outcome impossible. Of two relays that
   * interleave one could still slip between the messages of the other, hence the expected id of the
   * message before; the first has none, because a server forgets it two minutes after a restart.
   */
  #headers(order: { id: string; previous: string; expectedLast: number }): MsgHdrs {
    const made = headers();
    made.set(ID_HEADER, order.id);
    made.set("Nats-Expected-Stream", this.#stream);
    made.set("Nats-Expected-Last-Sequence", `${order.expectedLast}`);
    if (order.previous !== "") made.set("Nats-Expected-Last-Msg-Id", order.previous);
    return made;
  }

  #acknowledged(batch: number, count: number, expectedLast: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let missing = count;
      const fail = (found: string): void => {
        end();
        reject(new Error(`Cannot publish ${count} facts: ${found}`));
      };
      const cancel = this.#options.clock.schedule(
        ACKNOWLEDGE_MS_MAX,
        () => fail(`${missing} were not acknowledged`),
      );
      const end = (): void => {
        cancel();
        this.#pending.delete(batch);
      };
      const take = (place: number, { error, duplicate, seq }: Acknowledgement): void => {
        const expected = expectedLast + place + 1;
        if (error !== undefined || duplicate === true || seq !== expected) {
          return fail(error?.description ?? `acknowledged at ${seq} instead of ${expected}`);
        }
        if (--missing > 0) return;
        end();
        resolve();
      };
      this.#pending.set(batch, { take, fail });
    });
  }

  #noteAcknowledgement(message: Msg): void {
    const [batch = 0, place = 0] = message.subject.split(".").slice(-2).map(Number);
    const acknowledgement = message.data.length === 0
      ? { error: { description: "JetStream does not answer" } }
      : message.json<Acknowledgement>();
    this.#pending.get(batch)?.take(place, acknowledgement);
  }
}

const ID_HEADER = "Nats-Msg-Id";

function keyText({ shard, seq, place }: FactKey): string {
  return `${shard}:${seq}:${place}`;
}

function parseKey(text: string): FactKey | undefined {
  const match = /^(\d+):(\d+):(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [shard = 0, seq = 0, place = 0] = match.slice(1).map(Number);
  return { shard, seq, place };
}

function streamSettings(options: NatsFactsOptions): Partial<StreamConfig> & { name: string } {
  return {
    name: options.stream ?? "FACTS",
    subjects: [`${options.prefix ?? ""}fact.>`],
    storage: "file",
    retention: "limits",
    discard: "old",
    ...(options.replicas === undefined ? {} : { num_replicas: options.replicas }),
    max_age: (options.ageMsMax ?? 7 * DAY_MS) * NANOS_PER_MS,
    max_bytes: options.bytesMax ?? 1_024 ** 3,
  };
}
