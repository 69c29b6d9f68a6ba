/**
 * The HTTP side: an upgrade becomes a station's socket, or is answered with what is wrong
 * (protocols A.5).
 */
import type { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Address } from "#schemas/address.ts";
import { toPlatformError } from "#schemas/errors.ts";
import type {
  AuthenticateQuestion,
  AuthenticateReply,
  OcppProtocol,
} from "#schemas/events/gateway.ts";
import { type Authenticator, throttleSeconds } from "./authenticate.ts";
import { BoundedWork } from "./bounded_work.ts";
import { Connection } from "./connection.ts";
import type { GatewayContext } from "./context.ts";
import { addressOf, identityOf, protocolOf } from "./identity.ts";
import type { Presence } from "./presence.ts";
import { remoteAddressOf } from "./remote_address.ts";

/** How an upgrade ended: as a socket, or as an HTTP status. */
type Outcome =
  | {
    readonly status: 101;
    readonly address: Address;
    readonly identity: string;
    readonly password: string | undefined;
  }
  | { readonly status: 401 | 404 }
  | { readonly status: 429 | 503; readonly retryAfterSeconds: number };

type Refusal = Exclude<Outcome, { readonly status: 101 }>;

/** Stations that were sent away come back over this time, not all at once. */
const RETRY_LEAST_S = 5;
const RETRY_SPREAD_S = 25;

/** A socket that has not finished its closing handshake by then is cut off. */
const CLOSE_TIMEOUT_MS = 5_000;

/** RFC 6455, 7.4.1: the endpoints have no protocol in common. */
const PROTOCOL_ERROR = 1002;

/** Whoever has not finished the headers of a request by then is cut off, within one look. */
const HTTP_TIMEOUT_MS = 15_000;
const HTTP_LOOK_MS = 5_000;

/** Replies of a few hundred bytes gain nothing from compression and cost twice the CPU. */
const COMPRESSED_FROM_BYTES = 1_024;

const reasons: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  404: "Not Found",
  426: "Upgrade Required",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

export interface ServerOptions {
  readonly context: GatewayContext;
  readonly presence: Presence;
  readonly authenticator: Authenticator;
  /** Offers permessage-deflate to 2.x stations that ask for it. */
  readonly compression: boolean;
  /** Behind a proxy of ours that says where stations come from. */
  readonly isForwarded: boolean;
}

export class UpgradeServer {
  readonly http: Server;
  readonly #context: GatewayContext;
  readonly #presence: Presence;
  readonly #authenticator: Authenticator;
  readonly #handshakes: BoundedWork;
  readonly #plain: WebSocketServer;
  readonly #compressing: WebSocketServer;
  readonly #isForwarded: boolean;
  #isClosing = false;
  #asked = 0;

  constructor(options: ServerOptions) {
    const { context, presence, authenticator, compression } = options;
    this.#isForwarded = options.isForwarded;
    this.#context = context;
    this.#presence = presence;
    this.#authenticator = authenticator;
    this.#handshakes = new BoundedWork("take another station", context.limits.handshakes);
    this.#plain = webSocketServer(context.limits.frameBytesMax, false);
    this.#compressing = webSocketServer(context.limits.frameBytesMax, compression);
    this.http = createServer({
      headersTimeout: HTTP_TIMEOUT_MS,
      requestTimeout: HTTP_TIMEOUT_MS,
      connectionsCheckingInterval: HTTP_LOOK_MS,
    });
    this.http.on("request", (request, response) => {
      const isOcpp = identityOf(request.url ?? "") !== undefined;
      response.writeHead(isOcpp ? 426 : 404, isOcpp ? { upgrade: "websocket" } : {}).end();
    });
    this.http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Nobody else would hear it, and an unheard error ends the process.
      socket.on("error", () => socket.destroy());
      void this.#upgrade(request, socket, head);
    });
  }

  /** From now on every upgrade is answered 503. */
  refuse(): void {
    this.#isClosing = true;
  }

  /** Whether a station that may connect would be let in now. */
  get isAccepting(): boolean {
    const { limits, store } = this.#context;
    const isFull = this.#presence.size >= limits.socketsMax;
    return this.http.listening && !this.#isClosing && !store.isLost && !isFull;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const outcome = await this.#judge(request);
    this.#context.counts.handshakes.with(String(outcome.status)).add();
    if (socket.destroyed) return;
    if (outcome.status !== 101) return answer(socket, outcome);
    if (this.#isClosing) return answer(socket, this.#later());
    const protocol = protocolOf(request.headers["sec-websocket-protocol"]);
    // The server of sockets shall echo our choice, and not trip over lists that it would not parse.
    if (protocol === undefined) delete request.headers["sec-websocket-protocol"];
    else request.headers["sec-websocket-protocol"] = protocol;
    const isCompressing = protocol !== undefined && protocol !== "ocpp1.6";
    const server = isCompressing ? this.#compressing : this.#plain;
    server.handleUpgrade(request, socket, head, (webSocket) => {
      if (protocol === undefined) refuseProtocol(webSocket);
      else this.#open(webSocket, request, { ...outcome, protocol });
    });
  }

  async #judge(request: IncomingMessage): Promise<Outcome> {
    const identity = identityOf(request.url ?? "");
    if (identity === undefined) return { status: 404 };
    const { counts } = this.#context;
    if (!this.isAccepting) return this.#later();
    try {
      return await this.#handshakes.run(() => this.#authenticate(identity, request));
    } catch (thrown) {
      const { kind } = toPlatformError(thrown);
      if (kind === "not-found") return { status: 404 };
      if (kind === "forbidden" || kind === "unauthenticated") return { status: 401 };
      if (kind === "bug") counts.log("error", "an upgrade failed", { cause: String(thrown) });
      return this.#later();
    }
  }

  async #authenticate(identity: string, request: IncomingMessage): Promise<Outcome> {
    const { actors, id, limits, tenant, counts, rivals } = this.#context;
    const remoteAddress = remoteAddressOf(request, this.#isForwarded);
    const knownWait = rivals.secondsOf(identity, remoteAddress);
    if (knownWait > 0) return { status: 429, retryAfterSeconds: knownWait };
    const address = addressOf(tenant, identity);
    const answer = await actors.ask(
      address,
      { type: "socket.authenticate", cause: `authenticate/${id}/${this.#asked++}` },
      JSON.stringify({ identity, remoteAddress } satisfies AuthenticateQuestion),
      limits.askMs,
    );
    const reply = JSON.parse(answer.text) as AuthenticateReply;
    if (!reply.known) return { status: 404 };
    const attempt = {
      identity,
      remoteAddress,
      isHexKeyPossible: protocolOf(request.headers["sec-websocket-protocol"]) === "ocpp1.6",
      authorization: request.headers.authorization,
    };
    const admission = await this.#authenticator.admit(attempt, reply);
    if (admission === "admitted") {
      const { waitSeconds = 0, passwords } = reply;
      if (waitSeconds === 0) {
        const used = passwords.length > 1
          ? await this.#authenticator.usedPassword(attempt, reply)
          : undefined;
        return { status: 101, address, identity, password: used?.salt };
      }
      rivals.note(identity, remoteAddress, waitSeconds);
      counts.hit("rival", identity, remoteAddress);
      return { status: 429, retryAfterSeconds: waitSeconds };
    }
    counts.hit(admission === "refused" ? "password-refused" : "password-throttled", identity);
    if (admission === "refused") return { status: 401 };
    return { status: 429, retryAfterSeconds: throttleSeconds(limits) };
  }

  #open(
    webSocket: WebSocket,
    request: IncomingMessage,
    station: {
      readonly identity: string;
      readonly address: Address;
      readonly protocol: OcppProtocol;
      readonly password: string | undefined;
    },
  ): void {
    const remoteAddress = remoteAddressOf(request, this.#isForwarded);
    const { identity, address, protocol, password } = station;
    const found = { identity, address, protocol, remoteAddress, password };
    const connection = new Connection(this.#context, this.#presence, found, webSocket);
    void this.#presence.open(connection);
  }

  #later(): Refusal {
    const spread = this.#context.random.fraction() * RETRY_SPREAD_S;
    return { status: 503, retryAfterSeconds: Math.round(RETRY_LEAST_S + spread) };
  }
}

function webSocketServer(frameBytesMax: number, compression: boolean): WebSocketServer {
  const options = {
    noServer: true,
    clientTracking: false,
    maxPayload: frameBytesMax,
    // Stations that write Latin-1 are heard, with a replacement character, instead of cut off.
    skipUTF8Validation: true,
    closeTimeout: CLOSE_TIMEOUT_MS,
    perMessageDeflate: compression && {
      threshold: COMPRESSED_FROM_BYTES,
      // A window per socket would cost more memory than everything else of an idle station.
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
    },
  };
  return new WebSocketServer(options);
}

/** OCPP 1.6J and 2.0.1 Part 4, 3: no common version ends a finished handshake, not the request. */
function refuseProtocol(webSocket: WebSocket): void {
  webSocket.on("error", () => webSocket.terminate());
  webSocket.close(PROTOCOL_ERROR, "no common subprotocol");
}

function answer(socket: Duplex, outcome: Refusal): void {
  const headers = [
    `HTTP/1.1 ${outcome.status} ${reasons[outcome.status] ?? ""}`,
    "Connection: close",
    "Content-Length: 0",
  ];
  if (outcome.status === 401) headers.push('WWW-Authenticate: Basic realm="statewatt"');
  if ("retryAfterSeconds" in outcome) headers.push(`Retry-After: ${outcome.retryAfterSeconds}`);
  socket.end(`${headers.join("\r\n")}\r\n\r\n`, () => socket.destroy());
}
