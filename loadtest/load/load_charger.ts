import type { Buffer } from "node:buffer";
import { textFrame } from "./frame_template.ts";
import { RawSocket } from "./raw_socket.ts";

/** First bytes of the three message types (OCPP-J, 4.2). */
const CALL = 0x32;
const CALLRESULT = 0x33;

/** What a charger sends, frame by frame, each when the one before was answered. */
export interface Script {
  next(): Uint8Array;
  /** Reads the CALLRESULT of the last frame; false = it is not the answer that was hoped for. */
  accept(answer: Buffer): boolean;
}

/** Told about every answer of a charger in a measured run. */
export interface AnswerSink {
  answered(charger: LoadCharger, waitedMs: number, isGood: boolean): void;
  lost(charger: LoadCharger): void;
}

export interface LoadChargerOptions {
  /** `ws://host:port/ocpp`, without the identity. */
  readonly url: string;
  readonly identity: string;
}

/**
 * One charger of a load run: a raw socket, one frame in flight, no timers. The honest one with a
 * battery and a queue is `VirtualCharger`; this one only has to be cheap.
 */
export class LoadCharger {
  readonly identity: string;
  readonly #url: string;
  #socket: RawSocket | undefined;
  #script: Script | undefined;
  #sink: AnswerSink | undefined;
  #sentAtMs = 0;
  #isWaiting = false;
  #reply: { resolve(text: string): void; reject(reason: Error): void } | undefined;
  #lastId = 0;

  constructor(options: LoadChargerOptions) {
    this.identity = options.identity;
    this.#url = `${options.url}/${encodeURIComponent(options.identity)}`;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** A frame of the script waits for its answer. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  async open(): Promise<void> {
    const socket = await RawSocket.open({
      url: this.#url,
      protocol: "ocpp1.6",
      onText: (message) => this.#receive(message),
      onClose: () => this.#closed(socket),
    });
    this.#socket = socket;
  }

  close(): void {
    this.#sink = undefined;
    this.#socket?.close();
    this.#socket = undefined;
  }

  /**
   * Sends one CALL outside a run and resolves with the payload of its answer.
   * Rejects when it is refused or the socket ends.
   */
  async call(action: string, payload: unknown): Promise<Readonly<Record<string, unknown>>> {
    const text = await new Promise<string>((resolve, reject) => {
      if (this.#socket === undefined) throw new Error(`Cannot send ${action}: not connected`);
      this.#reply = { resolve, reject };
      this.#socket.write(
        textFrame(JSON.stringify([2, `s${++this.#lastId}-${action}`, action, payload])),
      );
    });
    const [type, , answer, description] = JSON.parse(text);
    if (type === 3) return answer;
    throw new Error(`Cannot send ${action}: refused with ${answer} ${description}`);
  }

  /** From now on frames come from `script` and their answers go to `sink`. */
  follow(script: Script, sink: AnswerSink): void {
    this.#script = script;
    this.#sink = sink;
  }

  /** Sends the next frame; `dueAtMs` (monotonic) when it should have left already. */
  send(dueAtMs = performance.now()): void {
    if (this.#socket === undefined || this.#script === undefined) return;
    this.#isWaiting = true;
    this.#sentAtMs = dueAtMs;
    this.#socket.write(this.#script.next());
  }

  #receive(message: Buffer): void {
    const type = message[1];
    if (type === CALL) return this.#decline(message);
    if (this.#reply !== undefined) {
      const { resolve } = this.#reply;
      this.#reply = undefined;
      return resolve(message.toString());
    }
    if (!this.#isWaiting || this.#script === undefined) return;
    this.#isWaiting = false;
    const isGood = type === CALLRESULT && this.#script.accept(message);
    this.#sink?.answered(this, performance.now() - this.#sentAtMs, isGood);
  }

  /** This charger cannot do anything: it says so (OCPP-J, 4.2.3). */
  #decline(message: Buffer): void {
    const [, messageId] = JSON.parse(message.toString());
    this.#socket?.write(textFrame(JSON.stringify([4, messageId, "NotSupported", "", {}])));
  }

  #closed(socket: RawSocket): void {
    if (this.#socket === socket) this.#socket = undefined;
    this.#isWaiting = false;
    this.#reply?.reject(new Error("Cannot wait for the answer: the socket was closed"));
    this.#reply = undefined;
    this.#sink?.lost(this);
  }
}
