import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerMessages,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from "@nats-io/jetstream";
import { inTime } from "../in_time.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  ConsumeFacts,
  FactConsumption,
  FactFloor,
  FactHandler,
  FactOutcome,
} from "../ports/durable_facts.ts";
import type { CounterMetric, Telemetry } from "../telemetry.ts";
import type { NatsLink } from "./nats_connection.ts";
import { durableFact, startSettings } from "./nats_fact_messages.ts";
import { subjectPattern } from "./subject_pattern.ts";

const RETRY_MS = 500;
const EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 2_000;
const IN_FLIGHT_MAX = 256;
/** How long an acknowledgement of ours may be confirmed; unconfirmed, the fact may come again. */
const ACKNOWLEDGE_MS_MAX = 5_000;
/** After a handler that threw: doubled with each attempt, up to the last. */
const FAILED_RETRY_MS_MIN = 1_000;
const FAILED_RETRY_MS_MAX = 60_000;
const CLOSE_MS_MAX = 5_000;
const NANOS_PER_MS = 1_000_000;
/** JetStream's own number for "there is no such consumer". */
const CONSUMER_NOT_FOUND = 10_014;

interface ConsumptionParts {
  readonly stream: string;
  readonly prefix: string;
  readonly silenceMsMax: number;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly which: ConsumeFacts;
  readonly handler: FactHandler;
}

/** This process's share of one durable consumer. */
export class NatsFactConsumption implements FactConsumption {
  readonly started: Promise<void>;
  readonly #parts: ConsumptionParts;
  readonly #patterns: readonly RegExp[];
  readonly #working = new Map<JsMsg, Promise<void>>();
  readonly #outcomes: CounterMetric;
  readonly #stopWatching: () => void;
  #noteStarted = (): void => {};
  #messages: ConsumerMessages | undefined;
  #era = 0;
  #attempt = 0;
  #isClosed = false;
  #cancelRetry = (): void => {};
  #cancelSigns = (): void => {};

  constructor(parts: ConsumptionParts) {
    this.#parts = parts;
    this.#patterns = (parts.which.subjects ?? []).map(subjectPattern);
    this.started = new Promise((resolve) => this.#noteStarted = resolve);
    this.#outcomes = parts.telemetry.counter(
      "statewatt_facts_consumed_total",
      "Facts that durable consumers were done with, put off or gave up",
      ["consumer", "outcome"],
    );
    this.#stopWatching = parts.link.onChange((isConnected) => {
      if (isConnected) void this.#start();
    });
    this.#showSigns();
    void this.#start();
  }

  async floor(): Promise<FactFloor> {
    const { manager, stream, which } = this.#parts;
    const { ack_floor: floor, delivered, num_ack_pending: open } = await manager.consumers.info(
      stream,
      which.name,
    );
    return { era: this.#era, sequence: open === 0 ? delivered.stream_seq : floor.stream_seq };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWatching();
    this.#cancelRetry();
    this.#messages?.stop();
    try {
      await inTime(this.#parts.clock, CLOSE_MS_MAX, Promise.all(this.#working.values()));
    } catch (error) {
      // They come again, to another process.
      this.#parts.telemetry.log("warn", "facts were left unfinished", { error });
    }
    this.#cancelSigns();
  }

  async #start(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#cancelRetry();
    this.#messages?.stop();
    this.#messages = undefined;
    try {
      await this.#open(attempt);
    } catch (error) {
      if (this.#isClosed || attempt !== this.#attempt) return;
      this.#parts.telemetry.log("debug", "facts cannot be consumed yet", { error });
      this.#retry();
    }
  }

  async #open(attempt: number): Promise<void> {
    const { manager, client, stream, which } = this.#parts;
    const { created } = await manager.streams.info(stream);
    await this.#ensureConsumer();
    if (this.#isClosed || attempt !== this.#attempt) return;
    this.#era = Date.parse(created);
    this.#noteStarted();
    const consumer = await client.consumers.get(stream, which.name);
    const messages = await consumer.consume({
      callback: (message) => this.#take(message),
      max_messages: this.#inFlightMax,
      expires: EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    if (this.#isClosed || attempt !== this.#attempt) return messages.stop();
    this.#messages = messages;
    void this.#watch(messages, attempt);
  }

  get #inFlightMax(): number {
    return this.#parts.which.inFlightMax ?? IN_FLIGHT_MAX;
  }

  /** Makes the consumer, or brings what may change of it up to date. */
  async #ensureConsumer(): Promise<void> {
    const { manager, stream, which } = this.#parts;
    const changeable = this.#changeable();
    try {
      const { config } = await manager.consumers.info(stream, which.name);
      const isAsked = Object.entries(changeable).every(([key, value]) =>
        Reflect.get(config, key) === value
      );
      if (!isAsked) await manager.consumers.update(stream, which.name, changeable);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== CONSUMER_NOT_FOUND) throw error;
      await manager.consumers.add(stream, {
        durable_name: which.name,
        ack_policy: AckPolicy.Explicit,
        ...changeable,
        ...startSettings(which.startAfter),
      });
    }
  }

  #changeable(): Partial<ConsumerConfig> {
    const { prefix, silenceMsMax, which } = this.#parts;
    // Several filters need a server of 2.10: they are applied here.
    const [only] = which.subjects?.length === 1 ? which.subjects : [];
    return {
      ack_wait: silenceMsMax * NANOS_PER_MS,
      max_ack_pending: this.#inFlightMax,
      max_deliver: -1,
      ...(only === undefined ? {} : { filter_subject: prefix + only }),
    };
  }

  /** The consumer or its stream may be gone, or come back empty. */
  async #watch(messages: ConsumerMessages, attempt: number): Promise<void> {
    await messages.closed().catch(() => {});
    if (!this.#isClosed && attempt === this.#attempt) this.#retry();
  }

  #retry(): void {
    this.#cancelRetry = this.#parts.clock.schedule(RETRY_MS, () => void this.#start());
  }

  #take(message: JsMsg): void {
    // What comes while closing is not ours any more: it goes to another process after the silence.
    if (this.#isClosed) return;
    const work = this.#work(message).finally(() => void this.#working.delete(message));
    this.#working.set(message, work);
  }

  async #work(message: JsMsg): Promise<void> {
    const { telemetry, which } = this.#parts;
    try {
      await this.#settle(message, await this.#outcome(message));
    } catch (error) {
      // Not acknowledged for certain: it comes again.
      telemetry.log("warn", "a fact was not acknowledged", { consumer: which.name, error });
    }
  }

  async #outcome(message: JsMsg): Promise<FactOutcome> {
    const { telemetry, prefix, which, handler } = this.#parts;
    const subject = message.subject.slice(prefix.length);
    const isWanted = this.#patterns.length === 0 ||
      this.#patterns.some((pattern) => pattern.test(subject));
    if (!isWanted) return { done: true };
    let fact;
    try {
      fact = durableFact(message, { prefix, era: this.#era });
    } catch (error) {
      return { gaveUp: `it cannot be read: ${error}` };
    }
    const attempt = message.info.deliveryCount;
    try {
      return await handler({ ...fact, attempt });
    } catch (error) {
      telemetry.log("warn", "a consumer failed at a fact", { consumer: which.name, error });
      const retryAfterMs = FAILED_RETRY_MS_MIN * 2 ** Math.min(attempt - 1, 10);
      return { retryAfterMs: Math.min(FAILED_RETRY_MS_MAX, retryAfterMs) };
    }
  }

  async #settle(message: JsMsg, outcome: FactOutcome): Promise<void> {
    const { telemetry, which: { name } } = this.#parts;
    if ("retryAfterMs" in outcome) {
      this.#outcomes.with(name, "retry").add();
      return message.nak(Math.max(0, Math.ceil(outcome.retryAfterMs)));
    }
    if ("gaveUp" in outcome) {
      const { subject, seq } = message;
      const about = { consumer: name, subject, sequence: seq, reason: outcome.gaveUp };
      telemetry.log("error", "a consumer gave a fact up", about);
      this.#outcomes.with(name, "gaveUp").add();
      return message.term();
    }
    this.#outcomes.with(name, "done").add();
    if (!await message.ackAck({ timeout: ACKNOWLEDGE_MS_MAX })) {
      throw new Error(`Cannot acknowledge fact ${message.seq}: no answer`);
    }
  }

  /** Says of each fact at work that it still is, three times as often as must be. */
  #showSigns(): void {
    this.#cancelSigns = this.#parts.clock.schedule(this.#parts.silenceMsMax / 3, () => {
      if (this.#parts.link.isConnected()) {
        for (const message of this.#working.keys()) message.working();
      }
      this.#showSigns();
    });
  }
}
