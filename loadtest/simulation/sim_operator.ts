/**
 * Operators at work, each request under an idempotency key, repeated until it is answered. The
 * routes, what they ask of actors and how they wait are the api's own code. Not simulated: HTTP
 * itself, the table of idempotency keys (ids are derived from the key as it would do) and lists,
 * which are statements for Postgres.
 */
import { CallOutcomes } from "#api/call_outcomes.ts";
import { idMaker } from "#api/idempotency.ts";
import type { Platform } from "#api/platform.ts";
import type { Reply } from "#api/reply.ts";
import type { Route } from "#api/route.ts";
import { callRoutes } from "#api/routes/calls.ts";
import { commandRoutes } from "#api/routes/commands.ts";
import { stationRoutes } from "#api/routes/stations.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { errorKinds, toPlatformError } from "#schemas/errors.ts";
import type { ProcessPorts } from "./process_ports.ts";
import { type SimTables, simTenants } from "./sim_sql.ts";

export interface OperatorRequest {
  /** As the OpenAPI document has it. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: object;
  /** The idempotency key. */
  readonly key: string;
}

export type OperatorAnswer =
  | { readonly status: number; readonly body: unknown }
  | { readonly refused: string; readonly isFinal: boolean };

export class SimApi {
  readonly ports: ProcessPorts;
  readonly #platform: Platform;

  constructor(ports: ProcessPorts, actors: Actors, tables: SimTables) {
    const { bus, clock, random, telemetry, sqlLink } = ports;
    this.ports = ports;
    this.#platform = {
      ...{ bus, clock, random, telemetry, actors },
      tenants: simTenants(tables, sqlLink),
      outcomes: new CallOutcomes(bus, clock, random),
      events: undefined as never,
      webhooks: undefined as never,
      passwordRecord: () => Promise.reject(new Error("Cannot keep passwords: not simulated")),
      sealText: notSimulated,
      drawPassword: notSimulated,
      readiness: () => [],
    };
  }

  async answer(request: OperatorRequest): Promise<OperatorAnswer> {
    const { path, params, body, key } = request;
    try {
      const reply = await routeOf(path).answer({
        tenant: "default",
        principal: "operator",
        platform: this.#platform,
        url: new URL("http://simulation/"),
        signal: new AbortController().signal,
        method: "POST",
        header: (name) => name === "idempotency-key" ? key : undefined,
        id: idMaker(this.#platform, key),
        params,
        text: JSON.stringify(body),
      }) as Reply;
      return { status: reply.status, body: reply.body };
    } catch (thrown) {
      const { kind, message } = toPlatformError(thrown);
      return { refused: `${kind}: ${message}`, isFinal: errorKinds[kind].retry === "never" };
    }
  }
}

function notSimulated(): never {
  throw new Error("Cannot keep passwords: not simulated");
}

function routeOf(path: string): Route {
  const found = [...commandRoutes, ...callRoutes, ...stationRoutes]
    .find((route) => route.method === "post" && route.path === path);
  if (found === undefined) throw new TypeError(`Cannot ask the api: no POST ${path}`);
  return found;
}
