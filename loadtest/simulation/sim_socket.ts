/**
 * A WebSocket in virtual time: the gateway's end behaves as `ws` does, the station's end is simple.
 * Frames of one direction keep their order; the network under it may vanish without a word.
 */
import { Buffer } from "node:buffer";
import type { WebSocket } from "ws";
import type { Clock } from "#engine/ports/clock.ts";
import type { SimProcess } from "./sim_process.ts";

const LATENCY_MS = 5;
/** A close that is not answered ends like this, as the gateway sets it for `ws`. */
const CLOSE_TIMEOUT_MS = 5_000;
const ABNORMAL = 1006;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** What a station hears of its socket. */
export interface StationEars {
  message(text: string): void;
  closed(code: number, reason: string): void;
}

type Listener = (...args: never[]) => void;

export class SimSocket {
  readonly gatewayEnd: GatewayEnd;
  readonly #clock: Clock;
  readonly #process: SimProcess;
  #ears: StationEars | undefined;
  #isCut = false;
  #isStationOpen = true;

  constructor(process: SimProcess, clock: Clock) {
    this.#clock = clock;
    this.#process = process;
    this.gatewayEnd = new GatewayEnd(this, process, clock);
    // The kernel of a dead process tells its peers, as far as the network goes.
    process.onDeath(() => this.toStation(() => this.#endStation(ABNORMAL, "")));
  }

  get isOpen(): boolean {
    return this.#isStationOpen;
  }

  /** The station listens from now on. */
  hear(ears: StationEars): void {
    this.#ears = ears;
  }

  /** The network is gone and tells nobody: nothing passes in either direction any more. */
  cut(): void {
    this.#isCut = true;
  }

  /** From the station to the gateway. */
  send(text: string): void {
    if (this.#isStationOpen) this.toGateway(() => this.gatewayEnd.receive(text));
  }

  ping(): void {
    if (this.#isStationOpen) this.toGateway(() => this.gatewayEnd.receivePing());
  }

  /** The station goes: with a close frame, or (a reset, a power loss behind a proxy) abnormally. */
  close(code: number): void {
    if (!this.#isStationOpen) return;
    this.#isStationOpen = false;
    this.toGateway(() => this.gatewayEnd.end(code, ""));
  }

  /** Power loss: nobody is told. */
  vanish(): void {
    this.#isStationOpen = false;
    this.#isCut = true;
  }

  toGateway(arrive: () => void): void {
    this.#clock.schedule(LATENCY_MS, () => {
      if (!this.#isCut) this.#process.enter(arrive);
    });
  }

  toStation(arrive: () => void): void {
    this.#clock.schedule(LATENCY_MS, () => {
      if (!this.#isCut && this.#isStationOpen) arrive();
    });
  }

  deliver(text: string): void {
    this.#ears?.message(text);
  }

  /** The gateway's close frame, or the end of its connection. */
  closeStation(code: number, reason: string): void {
    this.#endStation(code, reason);
    this.toGateway(() => this.gatewayEnd.end(code, reason));
  }

  #endStation(code: number, reason: string): void {
    if (!this.#isStationOpen) return;
    this.#isStationOpen = false;
    this.#ears?.closed(code, reason);
  }
}

export class GatewayEnd {
  readyState = OPEN;
  readonly bufferedAmount = 0;
  /** Sees each text that the gateway sends. */
  onSend: (text: string) => void = () => {};
  readonly #socket: SimSocket;
  readonly #process: SimProcess;
  readonly #clock: Clock;
  readonly #listeners = new Map<string, Listener>();
  #held: (() => void)[] = [];
  #isPaused = false;

  constructor(socket: SimSocket, process: SimProcess, clock: Clock) {
    this.#socket = socket;
    this.#process = process;
    this.#clock = clock;
  }

  /** The gateway's code knows it by its real type, of which it uses these members. */
  asWebSocket(): WebSocket {
    return this as unknown as WebSocket;
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, listener);
    return this;
  }

  send(text: string): void {
    if (this.readyState !== OPEN || !this.#process.mayLeave()) return;
    this.onSend(text);
    this.#socket.toStation(() => this.#socket.deliver(text));
  }

  ping(): void {
    if (this.readyState !== OPEN || !this.#process.mayLeave()) return;
    this.#socket.toStation(() => this.#socket.toGateway(() => this.#emit("pong")));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const run of this.#held.splice(0)) {
      this.#clock.schedule(0, () => this.#process.enter(() => this.#read(run)));
    }
  }

  close(code: number, reason: string): void {
    if (this.readyState !== OPEN || !this.#process.mayLeave()) return;
    this.readyState = CLOSING;
    this.#socket.toStation(() => this.#socket.closeStation(code, reason));
    this.#clock.schedule(CLOSE_TIMEOUT_MS, () => {
      this.#process.enter(() => this.end(ABNORMAL, ""));
    });
  }

  terminate(): void {
    if (this.readyState === CLOSED || !this.#process.mayLeave()) return;
    this.#socket.toStation(() => this.#socket.closeStation(ABNORMAL, ""));
    this.end(ABNORMAL, "");
  }

  receive(text: string): void {
    this.#read(() => this.#emit("message", Buffer.from(text), false));
  }

  receivePing(): void {
    this.#read(() => this.#emit("ping"));
  }

  end(code: number, reason: string): void {
    this.#read(() => {
      if (this.readyState === CLOSED) return;
      this.readyState = CLOSED;
      this.#emit("close", code, Buffer.from(reason));
    });
  }

  #read(run: () => void): void {
    if (this.#isPaused) this.#held.push(run);
    else run();
  }

  #emit(event: string, ...args: unknown[]): void {
    if (event !== "close" && this.readyState === CLOSED) return;
    const listener = this.#listeners.get(event) as ((...args: unknown[]) => void) | undefined;
    listener?.(...args);
  }
}
