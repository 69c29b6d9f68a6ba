import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { CLOSE, maskedFrame, PONG } from "./frame_template.ts";

/** Longest head of an HTTP answer that we wait for. */
const HEAD_BYTES_MAX = 16_384;

export interface RawSocketOptions {
  /** `ws://host:port/path`; the identity is already part of it. */
  readonly url: string;
  readonly protocol: string;
  /** HTTP Basic password; the user is the last part of the path. */
  readonly password?: string | undefined;
  /** One whole text message. The bytes are only valid during the call. */
  readonly onText: (message: Buffer) => void;
  /** The socket has ended, whoever ended it. */
  readonly onClose: () => void;
}

/**
 * The leanest honest WebSocket client: it shares its machine with the server that it measures, so
 * it builds frames once, parses only headers and keeps no queue. Plain `ws://` only, no extensions.
 */
export class RawSocket {
  readonly #socket: Socket;
  readonly #onText: (message: Buffer) => void;
  #rest: Buffer | undefined;
  #fragments: Buffer[] = [];

  private constructor(socket: Socket, options: RawSocketOptions) {
    this.#socket = socket;
    this.#onText = options.onText;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => socket.destroy());
    socket.once("close", options.onClose);
  }

  /**
   * Opens a socket. Rejects with one sentence: refused, closed, or another HTTP status than 101.
   */
  static open(options: RawSocketOptions): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const url = new URL(options.url);
      const socket = connect({ host: hostOf(url), port: Number(url.port || 80), noDelay: true });
      let head: Buffer = Buffer.alloc(0);
      const fail = (reason: string): void => {
        socket.destroy();
        reject(new Error(`Cannot open ${options.url}: ${reason}`));
      };
      const onError = (error: Error): void => fail(error.message);
      const onClose = (): void => fail("the connection was closed");
      const onData = (chunk: Buffer): void => {
        head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
        const end = head.indexOf("\r\n\r\n");
        if (end === -1) return head.length > HEAD_BYTES_MAX ? fail("no HTTP answer") : undefined;
        socket.off("data", onData).off("error", onError).off("close", onClose);
        const status = head.toString("latin1", 0, end).split("\r\n")[0] ?? "";
        if (!status.startsWith("HTTP/1.1 101")) return fail(status);
        const opened = new RawSocket(socket, options);
        resolve(opened);
        if (head.length > end + 4) opened.#read(head.subarray(end + 4));
      };
      socket.on("data", onData).on("error", onError).on("close", onClose);
      socket.once("connect", () => socket.write(upgradeRequest(url, options)));
    });
  }

  /** Sends a frame built before. */
  write(frame: Uint8Array): void {
    this.#socket.write(frame);
  }

  /** Bytes that the system has not taken yet. */
  get backlog(): number {
    return this.#socket.writableLength;
  }

  /** Says goodbye and ends the socket. */
  close(): void {
    if (this.#socket.destroyed) return;
    this.#socket.end(maskedFrame(Buffer.from([0x03, 0xe8]), CLOSE));
  }

  /** Ends the socket without a word, as a power cut would. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    while (bytes.length >= 2) {
      const frame = frameOf(bytes);
      if (frame === undefined) break;
      this.#take(bytes[0] ?? 0, bytes.subarray(frame.start, frame.end));
      bytes = bytes.subarray(frame.end);
    }
    if (bytes.length > 0) this.#rest = Buffer.from(bytes);
  }

  #take(firstByte: number, payload: Buffer): void {
    const isLast = (firstByte & 0x80) !== 0;
    switch (firstByte & 0x0f) {
      case 0x0:
      case 0x1:
        if (isLast && this.#fragments.length === 0) return this.#onText(payload);
        this.#fragments.push(Buffer.from(payload));
        if (!isLast) return;
        payload = Buffer.concat(this.#fragments);
        this.#fragments = [];
        return this.#onText(payload);
      case 0x8:
        return this.close();
      case 0x9:
        return this.write(maskedFrame(payload, PONG));
    }
  }
}

/** Where the payload of the first frame lies, or undefined while it is incomplete. */
function frameOf(bytes: Buffer): { readonly start: number; readonly end: number } | undefined {
  const short = (bytes[1] ?? 0) & 0x7f;
  if (short < 126) return 2 + short <= bytes.length ? { start: 2, end: 2 + short } : undefined;
  const start = short === 126 ? 4 : 10;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return start + length <= bytes.length ? { start, end: start + length } : undefined;
}

/** `URL` keeps the brackets of an IPv6 address; sockets want none. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function upgradeRequest(url: URL, options: RawSocketOptions): string {
  const user = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf("/") + 1));
  const basic = options.password === undefined
    ? ""
    : `Authorization: Basic ${Buffer.from(`${user}:${options.password}`).toString("base64")}\r\n`;
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n` +
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
    `Sec-WebSocket-Protocol: ${options.protocol}\r\n${basic}\r\n`;
}
