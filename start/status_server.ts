/** `/healthz`, `/readyz` and `/metrics` of a process, on a port of its own. */
import { type HttpServer, startHttpServer } from "#api/adapters/http_server.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { errorCode } from "./start_error.ts";

export interface StatusServerOptions {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** 0 = the system chooses. */
  readonly port: number;
  /** Another free port will do when this one is taken. */
  readonly mayMove: boolean;
  readonly host?: string | undefined;
  readonly missing: () => Promise<readonly string[]>;
}

/** Scrapers and probes are few; a flood of them may not take the process's sockets. */
const CONNECTIONS_MAX = 64;

/** Rejects when the port cannot be had. */
export async function startStatusServer(options: StatusServerOptions): Promise<HttpServer> {
  const { port, mayMove, telemetry } = options;
  try {
    return await listen(options, port);
  } catch (thrown) {
    if (!mayMove || errorCode(thrown) !== "EADDRINUSE") throw thrown;
    const server = await listen(options, 0);
    telemetry.log("warn", "METRICS_PORT is taken by another process: another is used", {
      wanted: port,
      port: server.port,
    });
    return server;
  }
}

function listen(options: StatusServerOptions, port: number): Promise<HttpServer> {
  const { clock, host } = options;
  return startHttpServer((request) => answer(request, options), {
    ...{ clock, port, connectionsMax: CONNECTIONS_MAX },
    ...(host === undefined ? {} : { host }),
  });
}

async function answer(request: Request, options: StatusServerOptions): Promise<Response> {
  const { telemetry, missing } = options;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("GET only\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  switch (new URL(request.url).pathname) {
    case "/healthz":
      return Response.json({ status: "ok" });
    case "/readyz":
      return readiness(await missing());
    case "/metrics":
      return new Response(await telemetry.metricsText(), {
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      });
    default:
      return new Response("There are /healthz, /readyz and /metrics\n", { status: 404 });
  }
}

function readiness(missing: readonly string[]): Response {
  const ready = missing.length === 0;
  return Response.json(
    { ready, missing },
    ready ? {} : { status: 503, headers: { "retry-after": "1" } },
  );
}
