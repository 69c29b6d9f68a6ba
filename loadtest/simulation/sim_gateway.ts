/**
 * One gateway process: everything from the socket inwards is the production code, composed as in
 * `gateway/main.ts`; in place of the HTTP server stands `accept`.
 */
import { toPlatformError } from "#schemas/errors.ts";
import type { AuthenticateReply, OcppProtocol } from "#schemas/events/gateway.ts";
import { Membership } from "#engine/leases.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { BoundedWork } from "#gateway/bounded_work.ts";
import { Connection } from "#gateway/connection.ts";
import type { GatewayContext } from "#gateway/context.ts";
import { Counts } from "#gateway/counts.ts";
import { FrameLog } from "#gateway/frame_log.ts";
import { addressOf } from "#gateway/identity.ts";
import { LateCalls } from "#gateway/late_calls.ts";
import { type GatewayLimits, gatewayLimits } from "#gateway/limits.ts";
import { listenForOrders } from "#gateway/orders.ts";
import { partFromAll } from "#gateway/parting.ts";
import { closeCodes, Presence } from "#gateway/presence.ts";
import { Reports } from "#gateway/reports.ts";
import { RivalWaits } from "#gateway/rival_waits.ts";
import { StoreState } from "#gateway/store_state.ts";
import type { ProcessPorts } from "./process_ports.ts";
import { SimSocket } from "./sim_socket.ts";

/** Of the production limits all but these: few things happen in a virtual second. */
const limits: GatewayLimits = {
  ...gatewayLimits,
  sweepMs: 500,
  pingAfterMs: 20_000,
  pongMs: 10_000,
};

export interface Caller {
  readonly identity: string;
  readonly protocol: OcppProtocol;
}

/** Undefined: the upgrade was refused. */
export type Accepted = (socket: SimSocket | undefined) => void;

export interface GatewayParts {
  readonly ports: ProcessPorts;
  readonly id: string;
  readonly actors: Actors;
  readonly limits?: Partial<GatewayLimits>;
}

export class SimGateway {
  readonly id: string;
  readonly ports: ProcessPorts;
  readonly #context: GatewayContext;
  readonly #presence: Presence;
  readonly #membership: Membership;
  readonly #handshakes: BoundedWork;
  #isClosing = false;
  #asked = 0;

  constructor(parts: GatewayParts) {
    const { ports, id, actors } = parts;
    const { clock, telemetry, random, bus, leases } = ports;
    this.id = id;
    this.ports = ports;
    const bounds = { ...limits, ...parts.limits };
    const counts = new Counts(telemetry, clock);
    this.#context = {
      // No secrets are sent here.
      serverKey: new Uint8Array(32),
      ...{ id, tenant: "default", actors, clock, random, counts, limits: bounds },
      frameLog: new FrameLog(bus, bounds, counts),
      reports: new Reports(actors, bounds, counts),
      lateCalls: new LateCalls(clock, bounds),
      store: new StoreState(clock, bounds),
      rivals: new RivalWaits(clock, bounds),
    };
    this.#presence = new Presence(this.#context);
    this.#handshakes = new BoundedWork("take another station", bounds.handshakes);
    const identity = { kind: "gateway", id, incarnation: id };
    this.#membership = new Membership({ store: leases, clock, telemetry, ...identity });
  }

  async start(): Promise<void> {
    await this.#membership.start();
    listenForOrders(this.ports.bus, this.#context, this.#presence);
    this.#sweep();
  }

  get isOpen(): boolean {
    return this.ports.process.isRunning && !this.#isClosing;
  }

  /** SIGTERM: sockets are closed in slices, what is on its way is handed on. */
  async close(): Promise<void> {
    const { clock } = this.ports;
    this.#isClosing = true;
    partFromAll(this.#context, this.#presence, {
      ...{ code: closeCodes.restart, reason: "the gateway restarts" },
      ...{ spreadMs: 1_000, graceMs: 1_000 },
    });
    const deadline = clock.monotonic() + 7_000;
    while (this.#presence.size + this.#context.reports.pending > 0) {
      if (clock.monotonic() > deadline) break;
      // deno-lint-ignore no-await-in-loop -- looks again only after a pause
      await new Promise<void>((resolve) => void clock.schedule(100, resolve));
    }
    this.#presence.terminateAll();
    await this.#membership.stop();
    this.ports.process.kill();
  }

  /** A station upgrades: it gets a socket, or none. */
  async accept(caller: Caller, answer: Accepted): Promise<void> {
    if (!await this.#mayEnter(caller) || this.#isClosing) return answer(undefined);
    const { process } = this.ports;
    if (!process.mayLeave()) return;
    const socket = new SimSocket(process, this.ports.realClock);
    const station = {
      ...caller,
      address: addressOf("default", caller.identity),
      remoteAddress: "sim",
    };
    answer(socket);
    const webSocket = socket.gatewayEnd.asWebSocket();
    const connection = new Connection(this.#context, this.#presence, station, webSocket);
    void this.#presence.open(connection);
  }

  async #mayEnter({ identity }: Caller): Promise<boolean> {
    const { store, actors, limits: { askMs } } = this.#context;
    if (this.#isClosing || store.isLost) return false;
    const address = addressOf("default", identity);
    const header = {
      type: "socket.authenticate",
      cause: `authenticate/${this.id}/${this.#asked++}`,
    };
    try {
      const { text } = await this.#handshakes.run(() =>
        actors.ask(address, header, JSON.stringify({ identity }), askMs)
      );
      return (JSON.parse(text) as AuthenticateReply).known;
    } catch (thrown) {
      this.ports.telemetry.log("debug", "an upgrade failed", { error: toPlatformError(thrown) });
      return false;
    }
  }

  #sweep(): void {
    const { clock, limits: { sweepMs }, reports, frameLog } = this.#context;
    clock.schedule(sweepMs, () => {
      const now = clock.monotonic();
      this.#presence.sweep(now);
      reports.sweep(now);
      frameLog.flush();
      this.#sweep();
    });
  }
}
