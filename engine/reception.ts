import { SERVED_QUESTION } from "./actor_client.ts";
import { decodeEnvelope, encodeAnswer, type Envelope } from "./envelope.ts";
import type { Answer, Item } from "./partition.ts";
import type { Clock } from "./ports/clock.ts";
import type { CounterMetric, HistogramMetric, Telemetry } from "./telemetry.ts";
import type { MessageTrace, Tracer } from "./tracing.ts";
import { toPlatformError } from "#schemas/errors.ts";

/** An asker that gave no deadline (a tell) is served within this time or not at all. */
const DEADLINE_MS = 20_000;
/** One message in so many is timed. */
const TIMED_EVERY = 16;

export interface ReceptionParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly tracer?: Tracer | undefined;
}

/** Messages as they come from the bus, and their answers back to it: counted, timed, traced. */
export class Reception {
  readonly #parts: ReceptionParts;
  readonly #answered: CounterMetric;
  readonly #refused: CounterMetric;
  readonly #seconds: HistogramMetric;
  #taken = 0;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
    const { telemetry } = parts;
    this.#answered = telemetry.counter("statewatt_answers_total", "Answers of actors");
    this.#refused = telemetry.counter(
      "statewatt_answers_refused_total",
      "Messages that actors or their limits refused, by kind of error",
      ["kind"],
    );
    this.#seconds = telemetry.histogram(
      "statewatt_answer_seconds",
      "From a message's arrival in the worker to its answer, of one in sixteen",
    );
  }

  /** Resolves with what the asker gets; undefined: the answer is withheld. */
  take(
    text: string,
    remainingMs: number | undefined,
    enqueue: (item: Item) => void,
  ): Promise<string | undefined> {
    if (text === SERVED_QUESTION) return Promise.resolve(text);
    const envelope = decodeEnvelope(text);
    const { clock } = this.#parts;
    const receivedAt = clock.monotonic();
    const isTimed = this.#taken++ % TIMED_EVERY === 0;
    const trace = this.#join(envelope);
    return new Promise((resolve, reject) => {
      enqueue({
        ...envelope,
        ...(trace === undefined ? {} : { trace }),
        deadline: receivedAt + (remainingMs ?? DEADLINE_MS),
        faults: 0,
        answer: (answer) => {
          if (isTimed) this.#seconds.observe((clock.monotonic() - receivedAt) / 1_000);
          this.#count(answer);
          endTrace(trace, answer);
          if (answer.kind === "text") {
            resolve(encodeAnswer(answer.text, answer.journalled, trace?.plugIn));
          } else if (answer.kind === "error") reject(answer.error);
          else resolve(undefined);
        },
      });
    });
  }

  #join({ to, header }: Envelope): MessageTrace | undefined {
    const { traceparent } = header;
    if (typeof traceparent !== "string") return undefined;
    const trace = this.#parts.tracer?.join(traceparent, to, { "statewatt.actor": to });
    trace?.stage("mailbox");
    return trace;
  }

  #count(answer: Answer): void {
    if (answer.kind === "text") this.#answered.add();
    else if (answer.kind === "error") this.#refused.with(toPlatformError(answer.error).kind).add();
  }
}

function endTrace(trace: MessageTrace | undefined, answer: Answer): void {
  if (trace === undefined) return;
  // Nothing was written: it waited for no commit.
  trace.dropStage("commit wait");
  if (answer.kind === "error") trace.end(toPlatformError(answer.error).message);
  else trace.end(answer.kind === "withheld" ? "withheld" : undefined);
}
