import { parseAddress } from "#schemas/address.ts";
import { errorKinds, toPlatformError } from "#schemas/errors.ts";
import type { Actors } from "./ports/actors.ts";
import type { Clock } from "./ports/clock.ts";
import type { OutboxRow, Store } from "./ports/store.ts";
import type { Telemetry } from "./telemetry.ts";

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;
/** A receiver that refuses sets a tell aside each time: that may not fill its table. */
const REFUSED_MAX_MS = 60 * 60_000;
const ACKNOWLEDGE_EVERY_MS = 100;

/** One time of waiting: a tell that was forgotten and comes back begins another. */
interface Waiting {
  readonly since: number;
}

/**
 * Tells that were committed and not yet acknowledged by their receiver's commit. Sent at once, then
 * with growing waits for ever; the receiver drops repeats by the id, so that each counts once.
 */
export class Outbox {
  readonly #store: Store;
  readonly #actors: Actors;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  /** In the order of sending: the first has waited longest. */
  readonly #waiting = new Map<string, Waiting>();
  #acknowledged: string[] = [];
  #flushing = false;
  #isStopped = false;

  constructor(
    parts: { store: Store; actors: Actors; clock: Clock; telemetry: Telemetry },
  ) {
    this.#store = parts.store;
    this.#actors = parts.actors;
    this.#clock = parts.clock;
    this.#telemetry = parts.telemetry;
    this.#telemetry.watch(
      "statewatt_outbox_oldest_seconds",
      "How long the oldest tell has waited for its acknowledgement, since this process knows it",
      () => {
        const [first] = this.#waiting.values();
        return first === undefined ? 0 : (this.#clock.monotonic() - first.since) / 1_000;
      },
    );
  }

  get size(): number {
    return this.#waiting.size;
  }

  send(row: OutboxRow): void {
    if (this.#waiting.has(row.id)) return;
    const waiting = { since: this.#clock.monotonic() };
    this.#waiting.set(row.id, waiting);
    void this.#attempt(row, waiting, RETRY_FIRST_MS);
  }

  /** Forgets what all other actors told: another worker sends it now. */
  keep(isOurs: (sender: string) => boolean): void {
    for (const id of this.#waiting.keys()) {
      if (!isOurs(id.slice(0, id.lastIndexOf("#")))) this.#waiting.delete(id);
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #attempt(row: OutboxRow, waiting: Waiting, retryMs: number): Promise<void> {
    if (this.#isStopped || this.#waiting.get(row.id) !== waiting) return;
    try {
      const { type } = JSON.parse(row.event) as { type: string };
      const header = { type, cause: row.id, inbox: row.id };
      await this.#actors.ask(parseAddress(row.receiver), header, row.event);
      this.#acknowledge(row.id);
    } catch (error) {
      this.#telemetry.log("debug", "a tell is sent again", { id: row.id, error: String(error) });
      const isRefused = errorKinds[toPlatformError(error).kind].retry === "never";
      const nextMs = Math.min(2 * retryMs, isRefused ? REFUSED_MAX_MS : RETRY_MAX_MS);
      this.#clock.schedule(retryMs, () => void this.#attempt(row, waiting, nextMs));
    }
  }

  #acknowledge(id: string): void {
    this.#waiting.delete(id);
    this.#acknowledged.push(id);
    this.#flushAfter(ACKNOWLEDGE_EVERY_MS);
  }

  #flushAfter(delayMs: number): void {
    if (this.#flushing || this.#isStopped) return;
    this.#flushing = true;
    this.#clock.schedule(delayMs, () => void this.#flush());
  }

  async #flush(): Promise<void> {
    this.#flushing = false;
    const ids = this.#acknowledged;
    this.#acknowledged = [];
    try {
      await this.#store.acknowledgeOutbox(ids);
    } catch (error) {
      // Rows that stayed would be sent again after a restart: later, perhaps, than receivers know
      // them.
      this.#telemetry.log("warn", "outbox rows stay", { count: ids.length, error: String(error) });
      this.#acknowledged = ids.concat(this.#acknowledged);
      this.#flushAfter(RETRY_FIRST_MS);
    }
  }
}
