import { type Address, formatAddress, shardOf } from "#schemas/address.ts";
import { toPlatformError } from "#schemas/errors.ts";
import { decodeAnswer, encodeEnvelope } from "./envelope.ts";
import type { ActorAnswer, Actors, MessageHeader } from "./ports/actors.ts";
import type { Bus } from "./ports/bus.ts";
import type { Clock } from "./ports/clock.ts";

/** Longer than a worker's take-over and a commit, shorter than a station's patience (30 s). */
const ASK_TIMEOUT_MS = 20_000;
/**
 * A message that was under way when its worker died, or that went to one that was frozen, is never
 * answered: it goes again after this, so often that a try falls soon behind a take-over; then each
 * time twice as late.
 */
const HOP_MS = 1_500;
const QUICK_HOPS = 3;
/** Between two owners of a shard nobody listens, for some 10 ms or for the time of a lease. */
const RETRY_MS = 20;
const RETRY_MS_MAX = 200;
/** Longer than a lease and a take-over: if nobody listens all that time, nobody will. */
const ABSENCE_MS_MAX = 8_000;

export function actorSubject(shard: number): string {
  return `actor.${shard}`;
}

/** Asked of a shard and answered by its worker as it is: no actor is touched. */
export const SERVED_QUESTION = "?";

/** Whether a worker serves the shard now. Never rejects. */
export async function isServed(bus: Bus, shard: number, waitMs: number): Promise<boolean> {
  try {
    return await bus.ask(actorSubject(shard), SERVED_QUESTION, waitMs) === SERVED_QUESTION;
  } catch {
    return false;
  }
}

/**
 * Reaches actors by the shard of their address, whoever owns it now or next: a message is sent
 * again until it is answered. Its cause makes a repeat recognisable (design 4, "Identity of
 * repeats").
 */
export function actorsOverBus(bus: Bus, shardCount: number, clock: Clock): Actors {
  return {
    async ask(
      to: Address,
      header: MessageHeader,
      body: string,
      timeoutMs: number = ASK_TIMEOUT_MS,
    ): Promise<ActorAnswer> {
      const subject = actorSubject(shardOf(to, shardCount));
      const envelope = encodeEnvelope(formatAddress(to), header, body);
      const insistent = new InsistentAsk(clock, timeoutMs);
      for (;;) {
        try {
          // deno-lint-ignore no-await-in-loop -- one try after the other.
          return decodeAnswer(await bus.ask(subject, envelope, insistent.hopMs()));
        } catch (error) {
          // deno-lint-ignore no-await-in-loop -- as above.
          await insistent.beforeNext(error);
        }
      }
    },
  };
}

/** The tries of one ask. */
class InsistentAsk {
  readonly #clock: Clock;
  readonly #deadline: number;
  /** Until when it may be that nobody listens; undefined while somebody does. */
  #patienceEndsAt: number | undefined;
  #hopMs = HOP_MS;
  #hops = 0;
  #retryMs = RETRY_MS;
  #sentAt = 0;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#deadline = clock.monotonic() + timeoutMs;
  }

  hopMs(): number {
    this.#sentAt = this.#clock.monotonic();
    return Math.min(this.#hopMs, this.#deadline - this.#sentAt);
  }

  /** Resolves when it may be sent again; rejects with the error when it may not. */
  async beforeNext(error: unknown): Promise<void> {
    const { kind } = toPlatformError(error);
    const now = this.#clock.monotonic();
    if (kind === "timed-out") {
      const hasWaited = now - this.#sentAt >= this.#hopMs;
      if (!hasWaited || now >= this.#deadline) throw error;
      if (++this.#hops >= QUICK_HOPS) this.#hopMs *= 2;
      this.#patienceEndsAt = undefined;
      return;
    }
    this.#patienceEndsAt ??= Math.min(this.#deadline, now + ABSENCE_MS_MAX);
    if (kind !== "unavailable" || now + this.#retryMs >= this.#patienceEndsAt) throw error;
    await new Promise<void>((resolve) => void this.#clock.schedule(this.#retryMs, resolve));
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
  }
}
