/**
 * The REST application: mounts routes, and does what is the same for all of them: key, limits,
 * idempotency, errors, headers. A function of `Request` to `Response`, so that tests need no
 * socket.
 */
import { type Context, Hono } from "hono";
import { errorKinds, PlatformError, toPlatformError } from "#schemas/errors.ts";
import { Authenticator, type Principal } from "./authenticate.ts";
import { consolePages } from "./console_pages.ts";
import { idMaker, once } from "./idempotency.ts";
import { limitedText } from "./limited_body.ts";
import { listFormat, listResponse, type PlainPage } from "./list_format.ts";
import { openApiDocument } from "./openapi.ts";
import type { Platform } from "./platform.ts";
import { HttpRefusal, problemReply } from "./problem.ts";
import { type Reply, toResponse } from "./reply.ts";
import type { RawRequest, Route } from "./route.ts";
import { securityHeaders } from "./security_headers.ts";

const ROOT = "/api/v1";
/** Requests at work at once; each holds at most one body and one database connection. */
const IN_FLIGHT_MAX = 1_000;

export interface AppOptions {
  readonly operatorKey: string;
  /** Folder of the built console; undefined = none. */
  readonly consoleRoot?: string;
}

/** What the HTTP server knows of a connection. */
export interface Connection {
  readonly remoteAddress?: string;
}

type App = Hono<{ Bindings: Connection }>;
type AppContext = Context<{ Bindings: Connection }>;

export function createApp(
  platform: Platform,
  routes: readonly Route[],
  options: AppOptions,
): App {
  const app: App = new Hono();
  const door = new Door(platform, options.operatorKey);
  app.use(securityHeaders);
  app.onError((thrown, context) => failure(platform, context, thrown));
  for (const entry of routes) {
    app.on(entry.method.toUpperCase(), mountedPath(entry.path), (context) => {
      return door.answer(entry, context);
    });
  }
  const document = openApiDocument(routes);
  app.get(`${ROOT}/openapi.json`, (context) => context.json(document));
  app.all(`${ROOT}/*`, (context) => door.refuseUnknown(routes, context));
  app.get("*", consolePages(options.consoleRoot));
  app.notFound((context) => failure(platform, context, notFound(context)));
  return app;
}

/** `/stations/{id}` as Hono spells it. Paths that begin with `//` are not below /api/v1. */
function mountedPath(path: string): string {
  const spelled = path.replace(/\{(\w+)\}/g, ":$1");
  return path.startsWith("//") ? spelled.slice(1) : `${ROOT}${spelled}`;
}

class Door {
  readonly #platform: Platform;
  readonly #authenticator: Authenticator;
  #inFlight = 0;

  constructor(platform: Platform, operatorKey: string) {
    this.#platform = platform;
    this.#authenticator = new Authenticator(operatorKey, platform.clock);
    platform.telemetry.watch(
      "statewatt_api_in_flight",
      "REST requests at work",
      () => this.#inFlight,
    );
  }

  async answer(route: Route, context: AppContext): Promise<Response> {
    const startedAt = this.#platform.clock.monotonic();
    let response: Response;
    if (!route.isOpen && this.#inFlight >= IN_FLIGHT_MAX) {
      throw new PlatformError("overloaded", "Cannot take the request: too many are at work");
    }
    this.#inFlight++;
    try {
      response = await this.#admitted(route, context);
    } finally {
      this.#inFlight--;
    }
    const seconds = (this.#platform.clock.monotonic() - startedAt) / 1_000;
    this.#platform.telemetry.histogram(
      "statewatt_api_request_seconds",
      "Time from request to answer",
      undefined,
      ["method", "path", "status"],
    ).with(route.method, route.path, String(response.status)).observe(seconds);
    return response;
  }

  /** Deny by default: without a key nobody learns which resources there are. */
  refuseUnknown(routes: readonly Route[], context: AppContext): Response {
    this.#principal(context);
    const methods = routes.filter(({ path }) => matches(path, context.req.path))
      .map(({ method }) => method.toUpperCase());
    if (methods.length === 0) throw notFound(context);
    throw new HttpRefusal(
      "method-not-allowed",
      `Cannot ${context.req.method} ${context.req.path}: it takes ${methods.join(", ")}`,
      { allow: methods.join(", ") },
    );
  }

  async #admitted(route: Route, context: AppContext): Promise<Response> {
    const principal = route.isOpen ? { tenant: "", name: "" } : this.#principal(context);
    const text = route.method === "get"
      ? ""
      : await limitedText(context.req.raw, route.bodyBytesMax);
    const key = route.method === "post" ? context.req.header("idempotency-key") : undefined;
    if (key === undefined) {
      return await this.#plain(route, context, this.#raw(context, { principal, text }));
    }
    const request = [
      context.req.path,
      new URL(context.req.url).search,
      context.req.header("content-type") ?? "",
      context.req.header("prefer") ?? "",
      text,
    ];
    const reply = await once(
      this.#platform,
      { principal, key, request },
      async (seed) => {
        try {
          const raw = this.#raw(context, { principal, text, seed });
          return replyOf(await route.answer(raw));
        } catch (thrown) {
          this.#logBug(context, thrown);
          return problemReply(thrown, context.req.path);
        }
      },
    );
    return toResponse(reply);
  }

  async #plain(route: Route, context: AppContext, raw: RawRequest): Promise<Response> {
    const answer = await route.answer(raw);
    if (answer instanceof Response) return answer;
    if (route.item === undefined || answer.status !== 200) return toResponse(answer);
    const format = listFormat(context.req.header("accept"));
    return listResponse(pageBody(answer), route.item, format, raw.url);
  }

  #raw(
    context: AppContext,
    known: { readonly principal: Principal; readonly text: string; readonly seed?: string },
  ): RawRequest {
    return {
      tenant: known.principal.tenant,
      principal: known.principal.name,
      platform: this.#platform,
      url: new URL(context.req.url),
      signal: context.req.raw.signal,
      method: context.req.method,
      header: (name) => context.req.header(name),
      id: idMaker(this.#platform, known.seed),
      params: context.req.param(),
      text: known.text,
    };
  }

  #principal(context: AppContext): Principal {
    const remoteAddress = context.env?.remoteAddress ?? "";
    return this.#authenticator.principal(context.req.header("authorization"), remoteAddress);
  }

  #logBug(context: AppContext, thrown: unknown): void {
    logBug(this.#platform, context, thrown);
  }
}

function failure(platform: Platform, context: AppContext, thrown: unknown): Response {
  logBug(platform, context, thrown);
  return toResponse(problemReply(thrown, context.req.path));
}

/** What the caller is not told must be told to the operator. */
function logBug(platform: Platform, context: AppContext, thrown: unknown): void {
  if (thrown instanceof HttpRefusal) return;
  const error = toPlatformError(thrown);
  if (error.kind !== "bug" && errorKinds[error.kind].retry === "never") return;
  platform.telemetry.counter(
    "statewatt_api_errors_total",
    "REST requests that failed by our own trouble, by kind of error",
    ["kind"],
  ).with(error.kind).add();
  platform.telemetry.log(error.kind === "bug" ? "error" : "warn", "A request failed", {
    method: context.req.method,
    path: context.req.path,
    error: error.cause ?? error,
  });
}

function notFound(context: AppContext): PlatformError {
  return new PlatformError(
    "not-found",
    `Cannot ${context.req.method} ${context.req.path}: there is no such resource`,
  );
}

function matches(template: string, path: string): boolean {
  const pattern = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${ROOT}${pattern}$`).test(path);
}

function replyOf(answer: Reply | Response): Reply {
  if (answer instanceof Response) throw new TypeError("Cannot store the answer: it is a stream");
  return answer;
}

function pageBody({ body }: Reply): PlainPage {
  const isPage = typeof body === "object" && body !== null && "items" in body &&
    "nextCursor" in body;
  if (!isPage || !Array.isArray(body.items)) {
    throw new TypeError("Cannot render the list: it is no page");
  }
  const items: readonly unknown[] = body.items;
  // What a page says besides its items is said in JSON alone.
  const nextCursor = typeof body.nextCursor === "string" ? body.nextCursor : null;
  return { ...body, items, nextCursor };
}
