import type { Instant } from "#engine/ports/clock.ts";

export interface OfflineQueueLimits {
  /** Messages kept; beyond it the oldest that may be dropped goes. */
  readonly length: number;
  /** Deliveries of a message that the CSMS refuses (OCPP 1.6 TransactionMessageAttempts). */
  readonly attempts: number;
  /** Wait after the first refusal; doubles with each (TransactionMessageRetryInterval). */
  readonly retrySeconds: number;
}

interface Entry<Message> {
  readonly message: Message;
  readonly mayDrop: boolean;
  refusals: number;
  dueAt: Instant;
}

/**
 * Transaction messages in the order in which they happened, until each was answered. A lost
 * connection costs no attempt: a charger that is offline keeps its messages (OCPP 1.6, 3.7 and
 * 2.0.1 E04).
 */
export class OfflineQueue<Message> {
  readonly #limits: OfflineQueueLimits;
  readonly #entries: Entry<Message>[] = [];
  #dropped = 0;

  constructor(limits: OfflineQueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Messages that were given up, for want of room or after the last attempt. */
  get dropped(): number {
    return this.#dropped;
  }

  /** `mayDrop`: a meter value between two others, which a charger gives up first when room ends. */
  push(message: Message, mayDrop: boolean): void {
    this.#entries.push({ message, mayDrop, refusals: 0, dueAt: 0 });
    if (this.#entries.length <= this.#limits.length) return;
    // The head may be in flight.
    const victim = this.#entries.findIndex((entry, index) => index > 0 && entry.mayDrop);
    this.#entries.splice(victim === -1 ? this.#entries.length - 1 : victim, 1);
    this.#dropped++;
  }

  /** The message to send now, or undefined: empty, or waiting for its retry. */
  next(now: Instant): Message | undefined {
    const [head] = this.#entries;
    return head === undefined || head.dueAt > now ? undefined : head.message;
  }

  /** When the head may be sent again; undefined when there is none. */
  get dueAt(): Instant | undefined {
    return this.#entries[0]?.dueAt;
  }

  /** The head was answered. */
  delivered(): void {
    this.#entries.shift();
  }

  /** The CSMS refused the head (a CALLERROR). */
  refused(now: Instant): "kept" | "dropped" {
    const [head] = this.#entries;
    if (head === undefined) return "dropped";
    head.refusals++;
    if (head.refusals >= this.#limits.attempts) {
      this.#entries.shift();
      this.#dropped++;
      return "dropped";
    }
    head.dueAt = now + this.#limits.retrySeconds * 1_000 * 2 ** (head.refusals - 1);
    return "kept";
  }
}
