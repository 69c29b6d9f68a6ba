import { type PlatformError, toPlatformError } from "#schemas/errors.ts";
import { assertFits } from "../bus_limits.ts";
import { BusListeners, runListener } from "../bus_listeners.ts";
import { PendingAsks, unavailable } from "../pending_asks.ts";
import type { Bus, BusHandler } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Telemetry } from "../telemetry.ts";
import type { SimRandom } from "./sim_random.ts";

/** What goes wrong on the way, each message and each answer by itself. Probabilities in [0, 1]. */
export interface BusFaults {
  /** It never arrives. */
  readonly dropped: number;
  /**
   * It arrives twice, the second time by itself. Asks and answers only: who asks may ask again, and
   * a bus never tells twice.
   */
  readonly doubled: number;
  /** It takes up to `lateMsMax` longer, and what was sent after it may overtake it. */
  readonly late: number;
  readonly lateMsMax: number;
}

export const noFaults: BusFaults = { dropped: 0, doubled: 0, late: 0, lateMsMax: 0 };

export interface SimBusOptions {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly random: SimRandom;
  /** Of every way, in ms. */
  readonly latencyMs?: number;
}

/** The wire of a simulated cluster: every process has an end of it. */
export class SimBusWire {
  faults: BusFaults = noFaults;
  readonly options: SimBusOptions;
  readonly #ends = new Set<SimBus>();
  readonly #latencyMs: number;

  constructor(options: SimBusOptions) {
    this.options = options;
    this.#latencyMs = options.latencyMs ?? 1;
  }

  /** The end of one process. */
  end(outstandingMax?: number): SimBus {
    const end = new SimBus(this, outstandingMax);
    this.#ends.add(end);
    return end;
  }

  /** A crash: nothing leaves or reaches this end any more, and nobody is told. */
  cut(end: SimBus): void {
    this.#ends.delete(end);
  }

  /** Listeners of a subject at all ends that are connected now. */
  listeners(subject: string): readonly { readonly end: SimBus; readonly handler: BusHandler }[] {
    return [...this.#ends].filter((end) => end.isConnected())
      .flatMap((end) => end.listenersOf(subject).map((handler) => ({ end, handler })));
  }

  /**
   * Carries something from one end, with what the faults make of it; `arrive` may run later or
   * never, and twice unless it is `isOnce`.
   */
  carry(arrive: () => void, isOnce = false): void {
    const { clock, random } = this.options;
    const { dropped, doubled, late, lateMsMax } = this.faults;
    const copies = !isOnce && random.chance(doubled) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (random.chance(dropped)) continue;
      const extraMs = copy > 0 || random.chance(late) ? random.fraction() * lateMsMax : 0;
      clock.schedule(this.#latencyMs + extraMs, arrive);
    }
  }
}

/** One process's end of the simulated wire; without faults it keeps the contract of a bus. */
export class SimBus implements Bus {
  readonly #wire: SimBusWire;
  readonly #asks: PendingAsks;
  readonly #listeners = new BusListeners();
  #nextId = 0;
  #isClosed = false;
  /** False while this process cannot reach the others. */
  isReachable = true;

  constructor(wire: SimBusWire, outstandingMax?: number) {
    this.#wire = wire;
    this.#asks = new PendingAsks(wire.options.clock, outstandingMax);
  }

  // deno-lint-ignore require-await -- what is thrown here is the asker's error, too.
  async ask(subject: string, text: string, timeoutMs: number): Promise<string> {
    if (!this.isConnected()) throw unavailable(subject, "the bus is not connected");
    assertFits(subject, text);
    this.#asks.assertRoom(subject);
    const id = this.#nextId++;
    const { deadline, answer } = this.#asks.open(id, subject, timeoutMs);
    this.#wire.carry(() => {
      const listeners = this.#wire.listeners(subject);
      if (listeners.length === 0) this.#wire.carry(() => void this.#asks.rejectUndelivered(id));
      const remainingMs = deadline - this.#wire.options.clock.monotonic();
      if (remainingMs <= 0) return;
      for (const { end, handler } of listeners) {
        end.#run(handler, { text, remainingMs }, (settle) => this.#settle(id, settle));
      }
    });
    return answer;
  }

  tell(subject: string, text: string): void {
    assertFits(subject, text);
    if (!this.isConnected()) return;
    this.#wire.carry(() => {
      for (const { end, handler } of this.#wire.listeners(subject)) {
        end.#run(handler, { text, remainingMs: undefined }, () => {});
      }
    }, true);
  }

  listen(subject: string, handler: BusHandler): () => void {
    return this.#listeners.add(subject, handler);
  }

  listenersOf(subject: string): readonly BusHandler[] {
    return this.#listeners.of(subject);
  }

  isConnected(): boolean {
    return this.isReachable && !this.#isClosed;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#asks.close();
    return Promise.resolve();
  }

  #run(
    handler: BusHandler,
    message: { readonly text: string; readonly remainingMs: number | undefined },
    answer: (settle: string | PlatformError) => void,
  ): void {
    const send = (settle: string | PlatformError): void => {
      if (this.isConnected()) this.#wire.carry(() => answer(settle));
    };
    runListener(handler, message, {
      answered: (text) => send(fitting(text)),
      failed: send,
    }, this.#wire.options.telemetry);
  }

  #settle(id: number, settle: string | PlatformError): void {
    if (!this.isConnected()) return;
    if (typeof settle === "string") this.#asks.resolve(id, settle);
    else this.#asks.reject(id, settle);
  }
}

function fitting(answer: string): string | PlatformError {
  try {
    assertFits("the asker", answer);
    return answer;
  } catch (error) {
    return toPlatformError(error);
  }
}
