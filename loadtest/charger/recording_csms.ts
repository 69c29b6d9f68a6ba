import type { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { judgeRequest } from "#schemas/ocpp_schemas.ts";
import { inTime } from "../conformance/in_time.ts";

const WAIT_MS_MAX = 5_000;

/** A CALL as it came, and what the official schema says of it. */
export interface RecordedCall {
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly verdict: unknown;
}

/** The smallest CSMS that answers everything, for tests of the virtual charger. */
export class RecordingCsms {
  readonly url: string;
  readonly calls: RecordedCall[] = [];
  /** Overrides answers; undefined withholds one, null refuses with a CALLERROR. */
  answer: (call: RecordedCall) => Readonly<Record<string, unknown>> | null | undefined = accepting;
  readonly #protocol: OcppProtocol;
  readonly #server: WebSocketServer;
  #socket: WebSocket | undefined;
  readonly #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];
  readonly #replies = new Map<string, (frame: readonly unknown[]) => void>();
  #lastId = 0;

  private constructor(protocol: OcppProtocol, server: WebSocketServer, port: number) {
    this.#protocol = protocol;
    this.#server = server;
    this.url = `ws://127.0.0.1:${port}/ocpp`;
    server.on("connection", (socket) => {
      this.#socket = socket;
      socket.on("message", (message: Buffer) => this.#receive(socket, message.toString()));
    });
  }

  static async start(protocol: OcppProtocol): Promise<RecordingCsms> {
    const http = createServer();
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const { port } = http.address() as AddressInfo;
    return new RecordingCsms(protocol, new WebSocketServer({ server: http }), port);
  }

  /** Resolves when `isMet` holds after some message; rejects when that takes too long. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    const met = new Promise<void>((resolve) => this.#waiting.push({ isMet, resolve }));
    return inTime(met, WAIT_MS_MAX, `${isMet} after ${this.calls.at(-1)?.action}`);
  }

  /** Resolves when the n-th CALL of an action has come. */
  async nth(action: string, count: number): Promise<RecordedCall> {
    const found = (): RecordedCall | undefined =>
      this.calls.filter((call) => call.action === action)[count - 1];
    await this.until(() => found() !== undefined);
    const call = found();
    if (call === undefined) throw new Error(`Cannot find ${action} number ${count}`);
    return call;
  }

  /** Sends a CALL and resolves with the whole answering frame. */
  call(action: string, payload: unknown): Promise<readonly unknown[]> {
    const messageId = `csms-${++this.#lastId}`;
    return new Promise((resolve) => {
      this.#replies.set(messageId, resolve);
      this.#socket?.send(JSON.stringify([2, messageId, action, payload]));
    });
  }

  /** Cuts the line. */
  hangUp(): void {
    this.#socket?.terminate();
  }

  close(): void {
    this.#server.clients.forEach((socket) => socket.terminate());
    this.#server.options.server?.close();
    this.#server.close();
  }

  #receive(socket: WebSocket, text: string): void {
    const frame = JSON.parse(text);
    const [type, messageId, action, payload] = frame;
    if (type !== 2) return this.#replies.get(messageId)?.(frame);
    const verdict = judgeRequest(this.#protocol, action, payload, "received");
    const call = { action, payload, verdict };
    const answer = this.answer(call);
    if (answer === null) socket.send(JSON.stringify([4, messageId, "InternalError", "", {}]));
    else if (answer !== undefined) socket.send(JSON.stringify([3, messageId, answer]));
    this.calls.push(call);
    for (const waiter of this.#waiting.filter(({ isMet }) => isMet())) {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}

/** The answers of a friendly CSMS. */
export function accepting(call: RecordedCall): Readonly<Record<string, unknown>> {
  const accepted = { status: "Accepted" };
  switch (call.action) {
    case "BootNotification":
      return { ...accepted, currentTime: "2026-01-01T00:00:00Z", interval: 300 };
    case "Heartbeat":
      return { currentTime: "2026-01-01T00:00:00Z" };
    case "Authorize":
      return { idTagInfo: accepted, idTokenInfo: accepted };
    case "StartTransaction":
      return { transactionId: 77, idTagInfo: accepted };
    case "TransactionEvent":
      return call.payload["idToken"] === undefined ? {} : { idTokenInfo: accepted };
    default:
      return {};
  }
}
