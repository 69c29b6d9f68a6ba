/** The gateway: OCPP-J over WebSocket. It knows frames and identities, and no rules of charging. */
import type { AddressInfo } from "node:net";
import { defaultTenant } from "#schemas/address.ts";
import { ocppProtocols } from "#schemas/events/gateway.ts";
import { hotActions, warm } from "#schemas/ocpp_schemas.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type { Tracer } from "#engine/tracing.ts";
import { Authenticator } from "./authenticate.ts";
import type { GatewayContext } from "./context.ts";
import { type Bound, Counts } from "./counts.ts";
import { FrameLog } from "./frame_log.ts";
import { LateCalls } from "./late_calls.ts";
import { type GatewayLimits, gatewayLimits } from "./limits.ts";
import { listenForOrders } from "./orders.ts";
import { partFromAll } from "./parting.ts";
import { closeCodes, Presence } from "./presence.ts";
import { Reports } from "./reports.ts";
import { RivalWaits } from "./rival_waits.ts";
import { UpgradeServer } from "./server.ts";
import { StoreState } from "./store_state.ts";

export interface GatewayOptions {
  /** Unique among gateways; orders arrive on the bus subject `gateway.<id>`. */
  readonly id: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Undefined = all interfaces, IPv4 and IPv6. */
  readonly host?: string;
  /** Several gateway processes share one port. */
  readonly reusePort?: boolean;
  /** Offers permessage-deflate to 2.x stations, which OCPP 2.x asks of a CSMS. Default true. */
  readonly compression?: boolean;
  /**
   * Behind a proxy of ours that appends to `X-Forwarded-For` where stations come from. Default
   * false.
   */
  readonly isForwarded?: boolean;
  readonly tenant?: string;
  /** The sealed key under which station passwords are hashed, and secrets for stations sealed. */
  readonly serverKey: Uint8Array;
  readonly actors: Actors;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly tracer?: Tracer | undefined;
  /** Those that differ from `gatewayLimits`. */
  readonly limits?: Partial<GatewayLimits>;
}

export interface RunningGateway {
  readonly id: string;
  readonly port: number;
  /** Sockets that are open now. */
  sockets(): number;
  /** Whether a station that may connect would be let in now. */
  isAccepting(): boolean;
  /** What a station has run into since the start. */
  boundsOf(identity: string): Readonly<Partial<Record<Bound, number>>>;
  /**
   * Stops listening, closes the sockets in slices (1012), each when what it had under way is
   * answered, and hands on what is to be told to actors.
   */
  close(): Promise<void>;
  /** A `close` that is under way, or comes, takes no more time than it must. */
  hurry(): void;
}

/** How long `close` waits for sockets and reports beyond the time over which it closes them. */
const CLOSE_PATIENCE_MS = 6_000;
/** The same in a hurry. */
const HURRY_PATIENCE_MS = 1_000;
const CLOSE_POLL_MS = 20;

/** Starts a gateway; resolves when it listens. Rejects when the port cannot be had. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const context = contextOf(options);
  const presence = new Presence(context);
  const { limits, clock } = context;
  const authenticator = new Authenticator(options.serverKey, clock, limits);
  const compression = options.compression ?? true;
  const isForwarded = options.isForwarded ?? false;
  const server = new UpgradeServer({ context, presence, authenticator, compression, isForwarded });
  options.telemetry.watch("statewatt_gateway_sockets", "Open sockets", () => presence.size);
  const stopListening = listenForOrders(options.bus, context, presence);
  const stopSweeping = sweepEvery(context, presence);
  warmSchemas(clock);
  try {
    await listen(server, options);
  } catch (thrown) {
    stopListening();
    stopSweeping();
    throw thrown;
  }
  const port = (server.http.address() as AddressInfo).port;
  const departure = new Departure(context, presence, server);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await departure.run();
    stopSweeping();
    stopListening();
    context.frameLog.flush();
  };
  return {
    id: options.id,
    port,
    sockets: () => presence.size,
    isAccepting: () => server.isAccepting,
    boundsOf: (identity) => context.counts.boundsOf(identity),
    close: () => closing ??= close(),
    hurry: () => departure.hurry(),
  };
}

/** The end of a gateway, as orderly as there is time for. */
class Departure {
  readonly #context: GatewayContext;
  readonly #presence: Presence;
  readonly #server: UpgradeServer;
  #closeRest = (): void => {};
  #deadline = Infinity;
  #isHurried = false;

  constructor(context: GatewayContext, presence: Presence, server: UpgradeServer) {
    this.#context = context;
    this.#presence = presence;
    this.#server = server;
  }

  /** Resolves when every socket is closed and every report told, or when the time is over. */
  async run(): Promise<void> {
    const { clock, limits, reports } = this.#context;
    const { closeSpreadMs: spreadMs, leaveGraceMs: graceMs } = limits;
    this.#server.refuse();
    this.#server.http.close();
    this.#closeRest = partFromAll(this.#context, this.#presence, {
      code: closeCodes.restart,
      reason: "the gateway restarts",
      spreadMs,
      graceMs,
    });
    this.#deadline = clock.monotonic() + spreadMs + graceMs + CLOSE_PATIENCE_MS;
    if (this.#isHurried) this.hurry();
    const isQuiet = (): boolean => this.#presence.size + reports.pending === 0;
    while (!isQuiet() && clock.monotonic() < this.#deadline) {
      // deno-lint-ignore no-await-in-loop -- looks again only after a pause
      await new Promise<void>((resolve) => void clock.schedule(CLOSE_POLL_MS, resolve));
    }
    this.#presence.terminateAll();
    this.#server.http.closeAllConnections();
  }

  hurry(): void {
    this.#isHurried = true;
    if (this.#deadline === Infinity) return;
    this.#closeRest();
    const soon = this.#context.clock.monotonic() + HURRY_PATIENCE_MS;
    this.#deadline = Math.min(this.#deadline, soon);
  }
}

function contextOf(options: GatewayOptions): GatewayContext {
  const { actors, bus, clock, random } = options;
  const limits = { ...gatewayLimits, ...options.limits };
  const counts = new Counts(options.telemetry, clock);
  return {
    id: options.id,
    tenant: options.tenant ?? defaultTenant,
    serverKey: options.serverKey,
    actors,
    clock,
    random,
    limits,
    counts,
    frameLog: new FrameLog(bus, limits, counts),
    reports: new Reports(actors, limits, counts),
    lateCalls: new LateCalls(clock, limits),
    store: new StoreState(clock, limits),
    rivals: new RivalWaits(clock, limits),
    tracer: options.tracer,
  };
}

/**
 * The one timer of a gateway: time-outs, budgets, pings, reports and the log of all its sockets.
 */
function sweepEvery(context: GatewayContext, presence: Presence): () => void {
  const { clock, limits, frameLog, reports } = context;
  let flushedAt = 0;
  let cancel = (): void => {};
  const arm = (): void => {
    cancel = clock.schedule(limits.sweepMs, () => {
      const now = clock.monotonic();
      presence.sweep(now);
      reports.sweep(now);
      if (now - flushedAt >= limits.frameLogFlushMs) {
        flushedAt = now;
        frameLog.flush();
      }
      arm();
    });
  };
  arm();
  return () => cancel();
}

/** One schema per turn, so that stations are not kept waiting meanwhile. */
function warmSchemas(clock: Clock): void {
  const todo = ocppProtocols.flatMap((protocol) =>
    hotActions(protocol).map((action) => ({ protocol, action }))
  );
  const next = (): void => {
    const one = todo.shift();
    if (one === undefined) return;
    warm(one.protocol, one.action);
    clock.schedule(0, next);
  };
  next();
}

/** Without a host: both families where the machine has both, else IPv4. */
async function listen(server: UpgradeServer, options: GatewayOptions): Promise<void> {
  const { port, host } = options;
  const reusePort = options.reusePort ?? false;
  if (host !== undefined) return await listenOn(server, { port, host, reusePort });
  try {
    await listenOn(server, { port, host: "::", reusePort });
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code !== "EAFNOSUPPORT" && code !== "EADDRNOTAVAIL") throw thrown;
    await listenOn(server, { port, host: "0.0.0.0", reusePort });
  }
}

function listenOn(
  server: UpgradeServer,
  where: { readonly port: number; readonly host: string; readonly reusePort: boolean },
): Promise<void> {
  const { http } = server;
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(where, () => {
      http.off("error", reject);
      resolve();
    });
  });
}
