import type {
  FactKey,
  FactPublisher,
  OutgoingFact,
  PublishedTail,
  StatedFact,
} from "../ports/facts.ts";
import type { Clock } from "../ports/clock.ts";

/** As the real publisher waits for JetStream. */
const ACKNOWLEDGE_MS_MAX = 5_000;

export interface SimStreamMessage extends FactKey {
  readonly fact: StatedFact;
  readonly sequence: number;
}

interface Order {
  readonly outgoing: OutgoingFact;
  readonly expectedLast: number;
  /** Key text of the message before in the same publishing; empty: not checked. */
  readonly previous: string;
}

/** The stream of facts as JetStream keeps it: it refuses what does not follow on. */
export class SimFactStream {
  readonly messages: SimStreamMessage[] = [];
  /** Sees each message that is appended. */
  onAppend: (message: SimStreamMessage) => void = () => {};
  /** Its leader is gone: nothing is appended, read or acknowledged. */
  isAway = false;
  /** Appends whatever comes: for the proof that a checker notices. */
  isCareless = false;

  /** The sequence that the message got, or undefined when it does not follow on. */
  append({ outgoing, expectedLast, previous }: Order): number | undefined {
    const last = this.messages.at(-1);
    const follows = expectedLast === this.messages.length &&
      (previous === "" || last !== undefined && textOf(last) === previous);
    if (!follows && !this.isCareless) return undefined;
    const { shard, seq, place, fact } = outgoing;
    const message = { shard, seq, place, fact, sequence: this.messages.length + 1 };
    this.messages.push(message);
    this.onAppend(message);
    return message.sequence;
  }
}

/** Takes something to the stream or back: later, or never. */
export type Carry = (arrive: () => void) => void;

/** One process's way to the stream. */
export class SimFactPublisher implements FactPublisher {
  readonly #stream: SimFactStream;
  readonly #clock: Clock;
  readonly #carry: Carry;

  constructor(stream: SimFactStream, clock: Clock, carry: Carry) {
    this.#stream = stream;
    this.#clock = clock;
    this.#carry = carry;
  }

  publish(facts: readonly OutgoingFact[], expectedLast: number): Promise<number> {
    return this.#withDeadline((resolve, reject) => {
      const missing = new Set(facts.keys());
      if (missing.size === 0) resolve(expectedLast);
      let previous = "";
      facts.forEach((outgoing, place) => {
        const order = { outgoing, expectedLast: expectedLast + place, previous };
        previous = textOf(outgoing);
        this.#there(() => {
          const sequence = this.#stream.append(order);
          this.#carry(() => {
            const isExpected = sequence === expectedLast + place + 1;
            if (!isExpected) reject(new Error("Cannot publish: the stream has moved on"));
            else if (missing.delete(place) && missing.size === 0) {
              resolve(expectedLast + facts.length);
            }
          });
        });
      });
    });
  }

  publishedAfter(sequence: number): Promise<PublishedTail> {
    return this.#withDeadline((resolve) => {
      this.#there(() => {
        const { messages } = this.#stream;
        const tail = { lastSequence: messages.length, facts: messages.slice(sequence) };
        this.#carry(() => resolve(tail));
      });
    });
  }

  /** Reaches the stream, unless it is away by then. */
  #there(run: () => void): void {
    this.#carry(() => {
      if (!this.#stream.isAway) run();
    });
  }

  #withDeadline<Result>(
    start: (resolve: (result: Result) => void, reject: (error: Error) => void) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.schedule(
        ACKNOWLEDGE_MS_MAX,
        () => reject(new Error("Cannot reach the stream: no answer")),
      );
      start((result) => {
        cancel();
        resolve(result);
      }, (error) => {
        cancel();
        reject(error);
      });
    });
  }
}

function textOf({ shard, seq, place }: FactKey): string {
  return `${shard}:${seq}:${place}`;
}
