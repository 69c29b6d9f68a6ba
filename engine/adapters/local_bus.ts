import { type PlatformError, toPlatformError } from "#schemas/errors.ts";
import { BusListeners, runListener } from "../bus_listeners.ts";
import { assertFits } from "../bus_limits.ts";
import { PendingAsks, unavailable } from "../pending_asks.ts";
import type { Bus, BusHandler } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Telemetry } from "../telemetry.ts";

export interface BusOptions {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Asks that may wait for their answer at once; one more is "overloaded". */
  readonly outstandingMax?: number;
}

interface Posted {
  readonly subject: string;
  readonly text: string;
  /** Undefined for a tell. */
  readonly ask: { readonly id: number; readonly deadline: number } | undefined;
}

/** The bus inside one process: what NATS would do, without the way through the kernel. */
export class LocalBus implements Bus {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #asks: PendingAsks;
  readonly #listeners = new BusListeners();
  #posted: Posted[] = [];
  #nextId = 0;
  #isClosed = false;

  constructor({ clock, telemetry, outstandingMax }: BusOptions) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#asks = new PendingAsks(clock, outstandingMax);
  }

  hasListener(subject: string): boolean {
    return this.#listeners.has(subject);
  }

  // deno-lint-ignore require-await -- what is thrown here is the asker's error, too.
  async ask(subject: string, text: string, timeoutMs: number): Promise<string> {
    if (this.#isClosed) throw unavailable(subject, "the bus was closed");
    assertFits(subject, text);
    this.#asks.assertRoom(subject);
    const id = this.#nextId++;
    const { deadline, answer } = this.#asks.open(id, subject, timeoutMs);
    this.#post({ subject, text, ask: { id, deadline } });
    return answer;
  }

  tell(subject: string, text: string): void {
    assertFits(subject, text);
    if (!this.#isClosed) this.#post({ subject, text, ask: undefined });
  }

  listen(subject: string, handler: BusHandler): () => void {
    return this.#listeners.add(subject, handler);
  }

  isConnected(): boolean {
    return !this.#isClosed;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#asks.close();
    return Promise.resolve();
  }

  /** Never within the sender's call: a listener that asks back would see the sender half done. */
  #post(posted: Posted): void {
    if (this.#posted.push(posted) === 1) queueMicrotask(() => this.#deliverAll());
  }

  #deliverAll(): void {
    const posted = this.#posted;
    this.#posted = [];
    for (const one of posted) this.#deliver(one);
  }

  #deliver({ subject, text, ask }: Posted): void {
    const handlers = this.#listeners.of(subject);
    if (ask !== undefined && handlers.length === 0) this.#asks.rejectUndelivered(ask.id);
    const remainingMs = ask === undefined ? undefined : ask.deadline - this.#clock.monotonic();
    if (remainingMs !== undefined && remainingMs <= 0) return;
    const outcome = {
      answered: (answer: string): void => this.#answer(ask?.id, subject, answer),
      failed: (error: PlatformError): void => void (ask && this.#asks.reject(ask.id, error)),
    };
    for (const handler of handlers) {
      runListener(handler, { text, remainingMs }, outcome, this.#telemetry);
    }
  }

  #answer(id: number | undefined, subject: string, answer: string): void {
    if (id === undefined) return;
    try {
      assertFits(subject, answer);
      this.#asks.resolve(id, answer);
    } catch (error) {
      this.#asks.reject(id, toPlatformError(error));
    }
  }
}

/**
 * Subjects with a listener in this process stay in it, all others go to `remote`. Listeners are
 * reachable from other processes too. A tell meant for many processes goes to `remote` directly.
 */
export function localFirst(local: LocalBus, remote: Bus): Bus {
  return {
    ask: (subject, text, timeoutMs) =>
      (local.hasListener(subject) ? local : remote).ask(subject, text, timeoutMs),
    tell: (subject, text) => (local.hasListener(subject) ? local : remote).tell(subject, text),
    listen: (subject, handler) => {
      const stops = [local.listen(subject, handler), remote.listen(subject, handler)];
      return () => stops.forEach((stop) => stop());
    },
    isConnected: () => remote.isConnected(),
    close: async () => {
      await local.close();
      await remote.close();
    },
  };
}
