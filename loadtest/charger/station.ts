import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import type { VirtualCharger } from "../virtual_charger.ts";
import type { Dialect, Nameplate, Wire } from "./dialect.ts";
import type { StationLink } from "./station_link.ts";
import { CallRefused, SocketLost } from "./station_socket.ts";

export interface StationParts {
  readonly charger: VirtualCharger;
  readonly link: StationLink;
  readonly dialect: Dialect;
  readonly nameplate: Nameplate;
  readonly clock: Clock;
  readonly random: Random;
}

/** What is told later when it cannot be told now; beyond it the oldest goes. */
const BACKLOG_MAX = 200;

/** The charger as its functional blocks see it. */
export class Station {
  readonly charger: VirtualCharger;
  readonly link: StationLink;
  readonly nameplate: Nameplate;
  readonly random: Random;
  readonly is16: boolean;
  readonly #dialect: Dialect;
  readonly #clock: Clock;
  #backlog: Wire[] | undefined;
  #timers: Set<() => void> | undefined;

  constructor(parts: StationParts) {
    this.charger = parts.charger;
    this.link = parts.link;
    this.nameplate = parts.nameplate;
    this.random = parts.random;
    this.#dialect = parts.dialect;
    this.#clock = parts.clock;
    this.is16 = parts.dialect.protocol === "ocpp1.6";
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  /** The charger's clock. */
  now(): number {
    return this.link.now();
  }

  /** Once the answer to the CALL has left. */
  afterwards(action: () => void): void {
    queueMicrotask(() => queueMicrotask(action));
  }

  /** After some of the charger's time; not any more when it was switched off. */
  after(ms: number, action: () => void): () => void {
    this.#timers ??= new Set();
    const timers = this.#timers;
    const cancel = this.#clock.schedule(ms, () => {
      timers.delete(cancel);
      action();
    });
    timers.add(cancel);
    return () => {
      timers.delete(cancel);
      cancel();
    };
  }

  /** Resolves after some of the charger's time. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Tells it after the answer to the CALL, now or when the charger is online again. */
  tell(wire: Wire): void {
    this.afterwards(() => this.report(wire));
  }

  /** Tells it at once, or when the charger is online again. */
  report(wire: Wire): Promise<unknown> {
    return this.link.say(wire).catch((thrown) => {
      if (thrown instanceof SocketLost) return this.#keep(wire);
      if (!(thrown instanceof CallRefused)) throw thrown;
    });
  }

  /** After the answer: what the CSMS has asked for, which it may also before it accepts the boot. */
  reply(wire: Wire): void {
    this.afterwards(() => this.link.reply(wire));
  }

  /** The charger is online: tells what it could not. */
  flush(): void {
    const backlog = this.#backlog?.splice(0) ?? [];
    for (const wire of backlog) this.report(wire);
  }

  /** Switched off. */
  halt(): void {
    for (const cancel of this.#timers ?? []) cancel();
    this.#timers?.clear();
  }

  #keep(wire: Wire): void {
    this.#backlog ??= [];
    this.#backlog.push(wire);
    if (this.#backlog.length > BACKLOG_MAX) this.#backlog.shift();
  }
}
