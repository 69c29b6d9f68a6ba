import {
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from "@nats-io/jetstream";
import type { Clock } from "../ports/clock.ts";
import type { FactHandlers, FollowFacts, StatedFact } from "../ports/facts.ts";
import type { Telemetry } from "../telemetry.ts";
import type { NatsLink } from "./nats_connection.ts";
import { EndCheck } from "./nats_stream.ts";
import { subjectPattern } from "./subject_pattern.ts";

const RETRY_MS = 500;
/**
 * A request for messages is renewed after this; shorter than the default, so that a lost one costs
 * little.
 */
const EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 2_000;

interface FactFollowerParts {
  readonly stream: string;
  readonly prefix: string;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly which: FollowFacts;
  readonly handlers: FactHandlers;
}

/** One ordered reading of the stream, taken up again behind the last fact after any break. */
export class FactFollower {
  readonly #parts: FactFollowerParts;
  readonly #patterns: readonly RegExp[];
  readonly #stopWatching: () => void;
  readonly #endCheck: EndCheck;
  /** Undefined until it is known where to begin. */
  #after: number | undefined;
  #messages: ConsumerMessages | undefined;
  #attempt = 0;
  #isStopped = false;
  #cancelRetry = (): void => {};

  constructor(parts: FactFollowerParts) {
    this.#parts = parts;
    this.#endCheck = new EndCheck(parts.clock);
    this.#after = parts.which.afterSequence;
    this.#patterns = (parts.which.subjects ?? []).map(subjectPattern);
    this.#stopWatching = parts.link.onChange((isConnected) => {
      if (isConnected) void this.#start();
    });
    void this.#start();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopWatching();
    this.#cancelRetry();
    this.#messages?.stop();
  }

  async #start(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#cancelRetry();
    this.#messages?.stop();
    this.#messages = undefined;
    try {
      await this.#open(attempt);
    } catch (error) {
      if (this.#isStopped || attempt !== this.#attempt) return;
      this.#parts.telemetry.log("debug", "facts cannot be followed yet", { error });
      this.#retry();
    }
  }

  async #open(attempt: number): Promise<void> {
    const { client, stream, manager, prefix, which, handlers } = this.#parts;
    const info = await manager.streams.info(stream);
    if (this.#isStopped || attempt !== this.#attempt) return;
    const { state } = info;
    this.#after ??= state.last_seq;
    if (this.#after < state.first_seq - 1 || this.#endCheck.isLost(info, this.#after)) {
      this.#after = state.last_seq;
      handlers.onReset(state.last_seq);
    }
    const [only] = which.subjects?.length === 1 ? which.subjects : [];
    const consumer = await client.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.#after + 1,
      // Several filters need a server of 2.10.
      ...(only === undefined ? {} : { filter_subjects: prefix + only }),
    });
    const messages = await consumer.consume({
      callback: (message) => this.#take(message, attempt),
      expires: EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
    });
    if (this.#isStopped || attempt !== this.#attempt) return messages.stop();
    this.#messages = messages;
    void this.#watch(messages, attempt);
    void this.#restartWhenSilent(messages, attempt);
  }

  /**
   * The server that holds our place may be frozen, or have died while no other leads: the library
   * then asks nobody for ever.
   */
  async #restartWhenSilent(messages: ConsumerMessages, attempt: number): Promise<void> {
    for await (const status of messages.status()) {
      if (this.#isStopped || attempt !== this.#attempt) return;
      if (status.type !== "heartbeats_missed") continue;
      this.#parts.telemetry.log("debug", "facts have fallen silent", { missed: status.count });
      return void this.#start();
    }
  }

  /** The stream may be gone, or come back empty: begin anew behind the last fact. */
  async #watch(messages: ConsumerMessages, attempt: number): Promise<void> {
    await messages.closed().catch(() => {});
    if (!this.#isStopped && attempt === this.#attempt) this.#retry();
  }

  #retry(): void {
    this.#cancelRetry = this.#parts.clock.schedule(RETRY_MS, () => void this.#start());
  }

  #take(message: JsMsg, attempt: number): void {
    if (this.#isStopped || attempt !== this.#attempt || message.seq <= (this.#after ?? 0)) return;
    this.#after = message.seq;
    const subject = message.subject.slice(this.#parts.prefix.length);
    const isWanted = this.#patterns.length === 0 ||
      this.#patterns.some((pattern) => pattern.test(subject));
    if (!isWanted) return;
    try {
      const fact = message.json<StatedFact>();
      this.#parts.handlers.onFact({ ...fact, sequence: message.seq, subject });
    } catch (error) {
      this.#parts.telemetry.log("error", "a fact was not taken", { subject, error });
    }
  }
}
