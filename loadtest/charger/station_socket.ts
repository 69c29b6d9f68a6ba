import { Buffer } from "node:buffer";
import { WebSocket } from "ws";
import type { Clock } from "#engine/ports/clock.ts";

/** Longer than a busy CSMS needs; OCPP leaves it free. */
const CALL_MS_MAX = 30_000;
const HANDSHAKE_MS_MAX = 15_000;

/** The CSMS answered with a CALLERROR. */
export class CallRefused extends Error {
  readonly code: string;

  constructor(action: string, code: string, description: string) {
    super(`Cannot send ${action}: refused with ${code} ${description}`);
    this.name = "CallRefused";
    this.code = code;
  }
}

/** The socket ended, or its silence made us end it. */
export class SocketLost extends Error {
  constructor(reason: string) {
    super(`Cannot reach the CSMS: ${reason}`);
    this.name = "SocketLost";
  }
}

/** An answer to a CALL of the CSMS: a payload, or the code of a CALLERROR. */
export type Answer = { readonly payload: unknown } | { readonly code: string };

/** As text, or the bytes that a key spells in hex. */
export type Password = string | Uint8Array;

export interface StationSocketOptions {
  readonly url: string;
  readonly identity: string;
  readonly protocol: string;
  readonly password?: Password | undefined;
  readonly clock: Clock;
  readonly onCall: (action: string, payload: unknown) => Answer | Promise<Answer>;
}

interface Waiting {
  readonly messageId: string;
  readonly action: string;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: Error) => void;
  readonly cancelTimeout: () => void;
}

/**
 * OCPP-J over one WebSocket, the charger's side: one CALL of ours at a time (Part 4, 4.1.1), theirs
 * are answered at once meanwhile.
 */
export class StationSocket {
  readonly #socket: WebSocket;
  readonly #options: StationSocketOptions;
  #waiting: Waiting | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** Resolves when the socket has ended, whoever ended it. */
  readonly closed: Promise<void>;

  private constructor(socket: WebSocket, options: StationSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("message", (message: Buffer) => this.#receive(message.toString()));
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#fail("the socket was closed");
        resolve();
      });
    });
  }

  /** Rejects with `SocketLost` when the CSMS cannot be reached or refuses the charger. */
  static open(options: StationSocketOptions): Promise<StationSocket> {
    const { url, identity, protocol, password } = options;
    const credentials = Buffer.concat([Buffer.from(`${identity}:`), Buffer.from(password ?? "")])
      .toString("base64");
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url}/${encodeURIComponent(identity)}`, [protocol], {
        handshakeTimeout: HANDSHAKE_MS_MAX,
        perMessageDeflate: false,
        ...(password === undefined ? {} : { headers: { authorization: `Basic ${credentials}` } }),
      });
      const opened = new StationSocket(socket, options);
      socket.on("error", (error: Error) => reject(new SocketLost(error.message)));
      socket.once("open", () => resolve(opened));
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /**
   * Sends a CALL when its turn comes and resolves with the payload of its answer.
   * Rejects with `CallRefused` or `SocketLost`; a CSMS that stays silent loses its socket.
   */
  call(messageId: string, action: string, payload: unknown): Promise<unknown> {
    const answer = this.#turn.then(() => this.#send(messageId, action, payload));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  /** Ends the socket as a power cut would. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Closes the socket with a goodbye. */
  close(): void {
    this.#socket.close(1000);
  }

  #send(messageId: string, action: string, payload: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(new SocketLost("the socket was closed"));
      const cancelTimeout = this.#options.clock.schedule(CALL_MS_MAX, () => this.terminate());
      this.#waiting = { messageId, action, resolve, reject, cancelTimeout };
      this.#socket.send(JSON.stringify([2, messageId, action, payload]));
    });
  }

  #receive(text: string): void {
    const [type, messageId, third, fourth, fifth] = parsed(text);
    if (type === 2) return this.#answer(String(messageId), String(third), fourth);
    const waiting = this.#waiting;
    if (waiting === undefined || waiting.messageId !== messageId) return;
    this.#waiting = undefined;
    waiting.cancelTimeout();
    if (type === 3) waiting.resolve(third);
    else waiting.reject(new CallRefused(waiting.action, String(third), `${fourth} ${fifth ?? ""}`));
  }

  #answer(messageId: string, action: string, payload: unknown): void {
    const answer = this.#options.onCall(action, payload);
    const send = (known: Answer): void => {
      const frame = "code" in known
        ? [4, messageId, known.code, "", {}]
        : [3, messageId, known.payload];
      if (this.isOpen) this.#socket.send(JSON.stringify(frame));
    };
    if (answer instanceof Promise) answer.then(send);
    else send(answer);
  }

  #fail(reason: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.cancelTimeout();
    waiting?.reject(new SocketLost(reason));
  }
}

/** A frame of the CSMS; what is no array is ignored, as a charger would. */
function parsed(text: string): readonly unknown[] {
  try {
    const frame: unknown = JSON.parse(text);
    return Array.isArray(frame) ? frame : [];
  } catch {
    return [];
  }
}
