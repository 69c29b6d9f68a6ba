import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers";
import type { Msg, Subscription } from "@nats-io/nats-core";
import {
  type ErrorDocument,
  fromErrorDocument,
  toErrorDocument,
  toPlatformError,
} from "#schemas/errors.ts";
import {
  decodeAnswers,
  decodeMessages,
  encodeAnswers,
  encodeMessages,
  type SentAnswer,
} from "../bus_frames.ts";
import { assertFits } from "../bus_limits.ts";
import { runListener } from "../bus_listeners.ts";
import { PendingAsks, unavailable } from "../pending_asks.ts";
import type { Bus, BusHandler } from "../ports/bus.ts";
import type { CounterMetric, Telemetry } from "../telemetry.ts";
import { BATCH_MESSAGES_MAX, type TurnBatch, TurnBatches } from "../turn_batches.ts";
import type { BusOptions } from "./local_bus.ts";
import type { NatsLink } from "./nats_connection.ts";

export interface NatsBusOptions extends BusOptions {
  readonly link: NatsLink;
  /**
   * Put before each subject, so that installations can share a server. Ends with a dot, or is
   * empty.
   */
  readonly prefix?: string;
}

interface Waiting {
  /** Undefined for a tell. */
  readonly deadline: number | undefined;
  readonly text: string;
}

/** The status that NATS gives to a message with a reply subject and no subscriber. */
const NO_RESPONDERS = 503;

/**
 * The bus over NATS. One subscription takes all answers; what one turn of the event loop sends to
 * one subject, or answers to one asker, is one NATS message (measured: 8 to 35 times `nc.request`).
 */
export class NatsBus implements Bus {
  readonly #options: NatsBusOptions;
  readonly #prefix: string;
  readonly #inbox: string;
  readonly #asks: PendingAsks;
  readonly #answersIn: Subscription;
  readonly #out: TurnBatches<Waiting>;
  readonly #answers: TurnBatches<SentAnswer>;
  readonly #dropped: CounterMetric;
  readonly #telemetry: Telemetry;

  constructor(options: NatsBusOptions) {
    this.#options = options;
    this.#telemetry = options.telemetry;
    this.#prefix = options.prefix ?? "";
    this.#asks = new PendingAsks(options.clock, options.outstandingMax);
    this.#inbox = `${this.#prefix}answer.${randomBytes(9).toString("hex")}`;
    const atTurnEnd = (run: () => void): void => void setImmediate(run);
    this.#out = new TurnBatches({ atTurnEnd, send: (key, batch) => this.#send(key, batch) });
    this.#answers = new TurnBatches({
      atTurnEnd,
      send: (key, batch) => this.#sendAnswers(key, batch),
    });
    this.#dropped = options.telemetry.counter(
      "statewatt_bus_dropped_total",
      "Messages that were dropped: late, unreadable, or while disconnected",
      ["reason"],
    );
    options.telemetry.watch(
      "statewatt_bus_outstanding",
      "Asks that wait for their answer",
      () => this.#asks.size,
    );
    this.#answersIn = options.link.connection.subscribe(`${this.#inbox}.>`, {
      callback: (_error, message) => this.#takeAnswers(message),
    });
  }

  // deno-lint-ignore require-await -- what is thrown here is the asker's error, too.
  async ask(subject: string, text: string, timeoutMs: number): Promise<string> {
    if (!this.isConnected()) throw unavailable(subject, "NATS is not connected");
    assertFits(subject, text);
    this.#asks.assertRoom(subject);
    const { serial, items } = this.#out.withRoom(subject, text.length);
    const id = serial * BATCH_MESSAGES_MAX + items.length;
    const { deadline, answer } = this.#asks.open(id, subject, timeoutMs);
    items.push({ deadline, text });
    return answer;
  }

  tell(subject: string, text: string): void {
    assertFits(subject, text);
    if (!this.isConnected()) return this.#dropped.with("disconnected").add();
    this.#out.withRoom(subject, text.length).items.push({ deadline: undefined, text });
  }

  listen(subject: string, handler: BusHandler): () => void {
    const subscription = this.#options.link.connection.subscribe(this.#prefix + subject, {
      callback: (_error, message) => this.#deliver(message, handler),
    });
    // What the server has sent already is still handled: nothing is lost between two listeners.
    return () => {
      if (subscription.isClosed() || subscription.isDraining()) return;
      subscription.drain().catch(() => subscription.unsubscribe());
    };
  }

  isConnected(): boolean {
    return !this.#answersIn.isClosed() && this.#options.link.isConnected();
  }

  /** Resolves when the server knows what is listened to so far. */
  async flush(): Promise<void> {
    await this.#options.link.connection.flush();
  }

  /** Ends this bus; the connection stays open for its other users. */
  close(): Promise<void> {
    if (!this.#answersIn.isClosed()) {
      this.#out.flush();
      this.#answers.flush();
      this.#answersIn.unsubscribe();
    }
    this.#asks.close();
    return Promise.resolve();
  }

  #send(subject: string, { serial, items }: TurnBatch<Waiting>): void {
    const firstId = serial * BATCH_MESSAGES_MAX;
    const now = this.#options.clock.monotonic();
    let asks = 0;
    const messages = items.map(({ deadline, text }) => {
      if (deadline === undefined) return { remainingMs: undefined, text };
      asks++;
      return { remainingMs: deadline - now, text };
    });
    const reply = `${this.#inbox}.${serial}.${items.length}`;
    try {
      if (!this.isConnected()) throw unavailable(subject, "NATS is not connected");
      this.#publish(
        this.#prefix + subject,
        encodeMessages(firstId, messages),
        asks > 0 ? reply : "",
      );
    } catch (thrown) {
      const error = toPlatformError(thrown);
      this.#dropped.with("disconnected").add(items.length);
      for (let place = 0; place < items.length; place++) this.#asks.reject(firstId + place, error);
    }
  }

  #sendAnswers(inbox: string, { items }: TurnBatch<SentAnswer>): void {
    try {
      if (!this.isConnected()) throw unavailable(inbox, "NATS is not connected");
      this.#publish(inbox, encodeAnswers(items), "");
    } catch {
      // The askers run into their deadline: what they asked for may have been done.
      this.#dropped.with("disconnected").add(items.length);
    }
  }

  #publish(subject: string, frame: string, reply: string): void {
    this.#options.link.connection.publish(subject, frame, reply === "" ? {} : { reply });
  }

  #deliver(message: Msg, handler: BusHandler): void {
    let frame;
    try {
      frame = decodeMessages(message.string());
    } catch (error) {
      this.#dropped.with("unreadable").add();
      this.#telemetry.log("warn", "a bus message was dropped", { subject: message.subject, error });
      return;
    }
    const inbox = message.reply === undefined ? "" : answerSubject(message.reply);
    let id = frame.firstId;
    for (const sent of frame.messages) {
      this.#run(handler, sent, { inbox, id: id++ });
    }
  }

  #run(
    handler: BusHandler,
    sent: { readonly remainingMs: number | undefined; readonly text: string },
    asker: { readonly inbox: string; readonly id: number },
  ): void {
    if (sent.remainingMs !== undefined && sent.remainingMs <= 0) {
      this.#dropped.with("late").add();
      return;
    }
    const isAsk = sent.remainingMs !== undefined;
    const answer = (text: string, isError: boolean): void => {
      if (isAsk) this.#answer(asker.inbox, { id: asker.id, isError, text });
    };
    runListener(handler, sent, {
      answered: (text) => answer(text, false),
      failed: (error) => answer(JSON.stringify(toErrorDocument(error)), true),
    }, this.#telemetry);
  }

  #answer(inbox: string, answer: SentAnswer): void {
    let fitting = answer;
    try {
      assertFits("the asker", answer.text);
    } catch (error) {
      const text = JSON.stringify(toErrorDocument(error));
      fitting = { id: answer.id, isError: true, text };
    }
    this.#answers.withRoom(inbox, fitting.text.length).items.push(fitting);
  }

  #takeAnswers(message: Msg): void {
    if (message.headers?.code === NO_RESPONDERS) return this.#rejectUndelivered(message.subject);
    let answers: readonly SentAnswer[];
    try {
      answers = decodeAnswers(message.string());
    } catch (error) {
      this.#dropped.with("unreadable").add();
      this.#telemetry.log("warn", "a bus answer was dropped", { error });
      return;
    }
    for (const { id, isError, text } of answers) {
      const isAwaited = isError
        ? this.#asks.reject(id, fromErrorDocument(JSON.parse(text) as ErrorDocument))
        : this.#asks.resolve(id, text);
      if (!isAwaited) this.#dropped.with("late").add();
    }
  }

  #rejectUndelivered(subject: string): void {
    const [serial = 0, count = 0] = subject.split(".").slice(-2).map(Number);
    for (let place = 0; place < count; place++) {
      this.#asks.rejectUndelivered(serial * BATCH_MESSAGES_MAX + place);
    }
  }
}

/** All answers of a turn to one asker travel together, whichever of its messages they belong to. */
function answerSubject(reply: string): string {
  const countAt = reply.lastIndexOf(".");
  return `${reply.slice(0, reply.lastIndexOf(".", countAt - 1))}.a`;
}
