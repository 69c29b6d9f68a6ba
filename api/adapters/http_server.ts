/**
 * Serves a `fetch` function over `node:http`, the same on Deno and Node: streams both ways with
 * back-pressure, tells the function when the client has gone, keeps connections alive.
 */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "#engine/ports/clock.ts";

export interface HttpServerOptions {
  readonly clock: Clock;
  /** 0 = the system chooses. */
  readonly port: number;
  /** Undefined = all interfaces, IPv4 and IPv6. */
  readonly host?: string;
  readonly connectionsMax?: number;
}

export interface HttpServer {
  readonly port: number;
  /**
   * Takes no new connections, ends those that rest, and resolves when all answers under way have
   * been given, or after that time.
   */
  drain(patienceMs: number): Promise<void>;
  /** Lets answers under way finish for a moment, then closes what is left. */
  close(): Promise<void>;
}

export type FetchFunction = (
  request: Request,
  connection: { readonly remoteAddress: string },
) => Promise<Response> | Response;

const HEADERS_TIMEOUT_MS = 20_000;
/** A body of an import over a slow line. */
const REQUEST_TIMEOUT_MS = 300_000;
/**
 * Longer than the idle time of usual proxies, so that they close first and never meet a closing
 * socket.
 */
const KEEP_ALIVE_MS = 75_000;
const CLOSE_GRACE_MS = 1_000;
const IDLE_LOOK_MS = 100;

export async function startHttpServer(
  fetch: FetchFunction,
  options: HttpServerOptions,
): Promise<HttpServer> {
  const server = createServer({
    keepAlive: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  }, (incoming, outgoing) => void serve(fetch, incoming, outgoing));
  if (options.connectionsMax !== undefined) server.maxConnections = options.connectionsMax;
  await listenAnywhere(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    drain: (patienceMs) => closed(server, options.clock, patienceMs),
    close: () => closed(server, options.clock, CLOSE_GRACE_MS),
  };
}

/** Both families where the system has them; a host without IPv6 gets IPv4. */
async function listenAnywhere(server: Server, { port, host }: HttpServerOptions): Promise<void> {
  if (host !== undefined) return await listening(server, port, host);
  try {
    await listening(server, port, "::");
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
    if (code !== "EAFNOSUPPORT" && code !== "EADDRNOTAVAIL") throw thrown;
    await listening(server, port, "0.0.0.0");
  }
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, ipv6Only: false }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Repeatable. */
function closed(server: Server, clock: Clock, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    let stopLooking = (): void => {};
    // A connection whose answer has just been given would rest until its client ends it.
    const look = (): void => {
      server.closeIdleConnections();
      stopLooking = clock.schedule(IDLE_LOOK_MS, look);
    };
    const stopHurrying = clock.schedule(patienceMs, () => server.closeAllConnections());
    server.close(() => {
      stopHurrying();
      stopLooking();
      resolve();
    });
    look();
  });
}

async function serve(
  fetch: FetchFunction,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  // Without a listener a reset connection would end the process.
  outgoing.on("error", () => gone.abort());
  incoming.on("error", () => gone.abort());
  try {
    const request = requestOf(incoming, gone.signal);
    if (request === undefined) return plain(outgoing, 400, "Cannot read the request line");
    const remoteAddress = incoming.socket.remoteAddress ?? "";
    await send(await fetch(request, { remoteAddress }), outgoing, gone.signal);
  } catch {
    // The application renders its own errors: what comes here is a connection that broke, or a bug
    // in rendering. Nothing of it is for the client.
    if (outgoing.headersSent) outgoing.destroy();
    else plain(outgoing, 500, "Internal error");
  }
}

function plain(outgoing: ServerResponse, status: number, text: string): void {
  outgoing.writeHead(status, { "content-type": "text/plain", connection: "close" });
  outgoing.end(text);
}

/** Undefined when the request line or the host is no URL. */
function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const path = incoming.url ?? "/";
  const host = incoming.headers.host ?? "localhost";
  const url = path.startsWith("/") ? `http://${host}${path}` : path;
  if (!URL.canParse(url)) return undefined;
  const headers = new Headers();
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? "", incoming.rawHeaders[index + 1] ?? "");
  }
  const method = incoming.method ?? "GET";
  const hasBody = method !== "GET" && method !== "HEAD" &&
    (incoming.headers["content-length"] !== undefined ||
      incoming.headers["transfer-encoding"] !== undefined);
  const init = { method, headers, signal, ...(hasBody ? { body: bodyOf(incoming) } : {}) };
  return new Request(url, { ...init, duplex: "half" } as RequestInit);
}

/** Reads from the socket only as fast as the application takes it. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = incoming[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    cancel(): void {
      incoming.resume();
    },
  });
}

async function send(
  response: Response,
  outgoing: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of response.headers) headers[name] = value;
  const { body } = response;
  if (body === null || !isStreamed(response)) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    const isBare = outgoing.req.method === "HEAD" || [204, 304].includes(response.status);
    if (!isBare) headers["content-length"] = bytes.byteLength;
    outgoing.writeHead(response.status, headers);
    outgoing.end(bytes);
    return;
  }
  outgoing.writeHead(response.status, headers);
  // Event streams may be silent for long: the client shall see at once that it is connected.
  outgoing.flushHeaders();
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  if (gone.aborted) return stop();
  gone.addEventListener("abort", stop, { once: true });
  for (;;) {
    // deno-lint-ignore no-await-in-loop -- a stream is sent in order
    const { done, value } = await reader.read();
    if (done || gone.aborted) break;
    // deno-lint-ignore no-await-in-loop -- back-pressure
    if (!outgoing.write(value)) await drained(outgoing, gone);
  }
  outgoing.end();
}

/** Event streams, and files that name their length; all else is small and goes out in one write. */
function isStreamed({ headers }: Response): boolean {
  return headers.has("content-length") ||
    (headers.get("content-type") ?? "").startsWith("text/event-stream");
}

function drained(outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) return resolve();
    outgoing.once("drain", resolve);
    gone.addEventListener("abort", () => resolve(), { once: true });
  });
}
