import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  type JsMsg,
} from "@nats-io/jetstream";
import type { Clock } from "../ports/clock.ts";
import type {
  ConsumeFacts,
  DurableFact,
  DurableFacts,
  FactConsumption,
  FactHandler,
  FactPage,
  FactStart,
} from "../ports/durable_facts.ts";
import type { Telemetry } from "../telemetry.ts";
import type { NatsLink } from "./nats_connection.ts";
import { NatsFactConsumption } from "./nats_fact_consumption.ts";
import { durableFact, startSettings } from "./nats_fact_messages.ts";

/** A question that was under way when the server died is never answered. */
const QUESTION_MS_MAX = 2_000;
/** A page whose messages do not come is given up: the caller asks again. */
const PAGE_MS_MAX = 5_000;
const NANOS_PER_MS = 1_000_000;
/** Another process that sees the consumer gone may make it anew between our two steps. */
const REWIND_TRIES = 5;
const namePattern = /^[A-Za-z0-9_-]+$/;

export interface NatsDurableFactsOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly stream?: string;
  /** Put before each subject; ends with a dot, or is empty. */
  readonly prefix?: string;
  /**
   * A fact whose handler has not been heard of for this long (its process was killed) goes to
   * another process, ms; default 10,000.
   */
  readonly silenceMsMax?: number;
}

/**
 * Durable pull consumers on the stream of facts, with what nats-server 2.9 knows. The stream must
 * be there (`NatsFacts.open`).
 */
export class NatsDurableFacts implements DurableFacts {
  readonly #options: NatsDurableFactsOptions;
  readonly #stream: string;
  readonly #manager: JetStreamManager;
  readonly #client: JetStreamClient;
  readonly #consumptions = new Set<FactConsumption>();

  static async open(options: NatsDurableFactsOptions): Promise<NatsDurableFacts> {
    const manager = await jetstreamManager(options.link.connection, { timeout: QUESTION_MS_MAX });
    return new NatsDurableFacts(options, manager);
  }

  private constructor(options: NatsDurableFactsOptions, manager: JetStreamManager) {
    this.#options = options;
    this.#stream = options.stream ?? "FACTS";
    this.#manager = manager;
    this.#client = jetstream(options.link.connection);
  }

  consume(which: ConsumeFacts, handler: FactHandler): FactConsumption {
    if (!namePattern.test(which.name)) {
      throw new TypeError(`Cannot consume facts: "${which.name}" is no name of a consumer`);
    }
    const { link, clock, telemetry, prefix = "", silenceMsMax = 10_000 } = this.#options;
    const consumption = new NatsFactConsumption({
      ...{ stream: this.#stream, prefix, silenceMsMax, link, clock, telemetry, which, handler },
      ...{ manager: this.#manager, client: this.#client },
    });
    this.#consumptions.add(consumption);
    return consumption;
  }

  async rewind(name: string, to: FactStart): Promise<void> {
    const { config } = await this.#manager.consumers.info(this.#stream, name);
    const { opt_start_seq: _seq, opt_start_time: _time, deliver_policy: _policy, ...kept } = config;
    for (let left = REWIND_TRIES; left > 0; left--) {
      // deno-lint-ignore no-await-in-loop -- one try after the other.
      await this.#manager.consumers.delete(this.#stream, name).catch(() => false);
      try {
        // deno-lint-ignore no-await-in-loop -- one try after the other.
        await this.#manager.consumers.add(this.#stream, { ...kept, ...startSettings(to) });
        return;
      } catch (error) {
        if (left === 1) throw error;
      }
    }
  }

  async read(afterSequence: number, max: number): Promise<FactPage | undefined> {
    const { state, created } = await this.#manager.streams.info(this.#stream);
    const { first_seq: first, last_seq: last } = state;
    if (afterSequence < first - 1 || afterSequence > last) return undefined;
    if (afterSequence === last || max < 1) return { facts: [], upTo: afterSequence, last };
    const consumer = await this.#client.consumers.get(this.#stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: afterSequence + 1,
    });
    const facts: DurableFact[] = [];
    let upTo = afterSequence;
    try {
      const wanted = Math.min(max, last - afterSequence);
      const messages = await consumer.fetch({ max_messages: wanted, expires: PAGE_MS_MAX });
      for await (const message of messages) {
        const fact = this.#factOf(message, Date.parse(created));
        if (fact !== undefined) facts.push(fact);
        upTo = message.seq;
        if (upTo >= last) break;
      }
    } finally {
      await consumer.delete().catch(() => false);
    }
    if (upTo === afterSequence) throw new Error("Cannot read the facts: none came in time");
    return { facts, upTo, last };
  }

  async sequenceBefore(at: number): Promise<number> {
    const consumer = await this.#manager.consumers.add(this.#stream, {
      ack_policy: AckPolicy.None,
      inactive_threshold: PAGE_MS_MAX * NANOS_PER_MS,
      ...startSettings({ at }),
    });
    await this.#manager.consumers.delete(this.#stream, consumer.name).catch(() => false);
    return consumer.delivered.stream_seq;
  }

  /** Ends all consumptions; the connection stays open for its other users. */
  async close(): Promise<void> {
    await Promise.all([...this.#consumptions].map((consumption) => consumption.close()));
  }

  #factOf(message: JsMsg, era: number): DurableFact | undefined {
    const { prefix = "", telemetry } = this.#options;
    try {
      return durableFact(message, { prefix, era });
    } catch (error) {
      telemetry.log("error", "a fact cannot be read", { subject: message.subject, error });
      return undefined;
    }
  }
}
