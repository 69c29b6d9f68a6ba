/** A gateway on a free port with recorded actors, and stations on real sockets: for tests. */
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { type ClientOptions, WebSocket } from "ws";
import type { Address } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { AuthenticateReply, GatewayOrder, LoggedFrame } from "#schemas/events/gateway.ts";
import { LocalBus } from "#engine/adapters/local_bus.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import type { ActorAnswer, Actors, MessageHeader } from "#engine/ports/actors.ts";
import type { Clock } from "#engine/ports/clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { silentTelemetry, type Telemetry } from "#engine/telemetry.ts";
import type { Tracer } from "#engine/tracing.ts";
import { frameLogSubject } from "./frame_log.ts";
import type { GatewayLimits } from "./limits.ts";
import { type RunningGateway, startGateway } from "./main.ts";
import { gatewaySubject } from "./orders.ts";

export const testKey = Buffer.from("a server key that only tests use");

/** 2026-01-01: what recorded actors answer to a heartbeat. */
export const currentTime = "2026-01-01T00:00:00.000Z";

export interface Asked {
  readonly to: Address;
  readonly header: MessageHeader;
  readonly body: string;
}

type Answer = (asked: Asked) => ActorAnswer | Promise<ActorAnswer>;

/**
 * Actors that answer from a table by header type, or by action for `ocpp.call`, and record every
 * ask.
 */
export class RecordedActors implements Actors {
  readonly asked: Asked[] = [];
  readonly answers = new Map<string, Answer>();
  #epochs = 0;

  constructor() {
    this.reply("socket.authenticate", { known: true, securityProfile: 0, passwords: [] });
    this.answers.set("socket.opened", () => json({ epoch: `1.${++this.#epochs}` }));
    this.reply("socket.closed", {});
    this.reply("ocpp.answer", {});
    this.answers.set(
      "Heartbeat",
      () => ({ text: JSON.stringify({ currentTime }), journalled: false }),
    );
  }

  reply(name: string, value: unknown): void {
    this.answers.set(name, () => json(value));
  }

  authenticate(reply: AuthenticateReply): void {
    this.reply("socket.authenticate", reply);
  }

  refuse(name: string, error: PlatformError): void {
    this.answers.set(name, () => Promise.reject(error));
  }

  of(type: string): readonly Asked[] {
    return this.asked.filter(({ header }) => header.type === type);
  }

  bodies(type: string): readonly unknown[] {
    return this.of(type).map(({ body }) => JSON.parse(body));
  }

  async ask(to: Address, header: MessageHeader, body: string): Promise<ActorAnswer> {
    const asked = { to, header, body };
    this.asked.push(asked);
    const answer = this.answers.get(String(header["action"] ?? header.type));
    if (answer === undefined) {
      throw new PlatformError("forbidden", "Cannot answer: not in the table");
    }
    return await answer(asked);
  }
}

export function json(value: unknown): ActorAnswer {
  return { text: JSON.stringify(value), journalled: true };
}

export interface TestGateway extends AsyncDisposable {
  readonly gateway: RunningGateway;
  readonly actors: RecordedActors;
  readonly telemetry: Telemetry;
  readonly logged: LoggedFrame[];
  order(order: GatewayOrder): void;
}

export interface TestGatewayOptions {
  readonly limits?: Partial<GatewayLimits>;
  readonly clock?: Clock;
  /** Default 127.0.0.1; undefined = all interfaces. */
  readonly host?: string | undefined;
  readonly tracer?: Tracer;
}

export async function testGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const clock = options.clock ?? systemClock();
  const actors = new RecordedActors();
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const logged: LoggedFrame[] = [];
  bus.listen(frameLogSubject, (text) => {
    logged.push(...JSON.parse(text));
    return undefined;
  });
  const host = "host" in options ? options.host : "127.0.0.1";
  const gateway = await startGateway({
    id: "g1",
    port: 0,
    ...(host === undefined ? {} : { host }),
    serverKey: testKey,
    actors,
    bus,
    clock,
    random: new SimRandom(1),
    telemetry,
    tracer: options.tracer,
    limits: {
      closeSpreadMs: 0,
      storeCloseSpreadMs: 100,
      sweepMs: 20,
      frameLogFlushMs: 20,
      ...options.limits,
    },
  });
  return {
    gateway,
    actors,
    telemetry,
    logged,
    order: (order) => bus.tell(gatewaySubject("g1"), JSON.stringify(order)),
    [Symbol.asyncDispose]: async () => {
      await gateway.close();
      await bus.close();
    },
  };
}

/** A station's end of a socket: its frames in the order they came. */
export class TestStation {
  readonly socket: WebSocket;
  readonly received: unknown[] = [];
  closedWith: { readonly code: number; readonly reason: string } | undefined;
  readonly #watchers = new Set<() => void>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (bytes: Buffer) => {
      this.received.push(JSON.parse(bytes.toString()));
      this.#stir();
    });
    socket.on("close", (code: number, reason: Buffer) => {
      this.closedWith = { code, reason: reason.toString() };
      this.#stir();
    });
    socket.on("error", () => this.#stir());
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** Sends a CALL and resolves with the frame that answers its id. */
  async call(action: string, payload: unknown, id: string | number = action): Promise<unknown[]> {
    this.send([2, id, action, payload]);
    return await this.frameOf(id);
  }

  /** The frame with this message id. */
  async frameOf(id: string | number): Promise<unknown[]> {
    const find = (): unknown => this.received.find((frame) => (frame as unknown[])[1] === id);
    await this.until(() => find() !== undefined, `a frame with the id ${id}`);
    return find() as unknown[];
  }

  async closed(): Promise<{ readonly code: number; readonly reason: string }> {
    await this.until(() => this.closedWith !== undefined, "the socket's close");
    return this.closedWith ?? { code: 0, reason: "" };
  }

  /** Resolves when `isTrue`, looked at whenever something has arrived. */
  until(isTrue: () => boolean, what: string): Promise<void> {
    return eventually(isTrue, what, (look) => {
      this.#watchers.add(look);
      return () => this.#watchers.delete(look);
    });
  }

  #stir(): void {
    for (const look of [...this.#watchers]) look();
  }
}

/** Longer than anything here takes on a busy machine. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 5;

/** Resolves when `isTrue`; says what did not come when it never is. */
export function eventually(
  isTrue: () => boolean,
  what: string,
  watch: (look: () => void) => () => void = () => () => {},
): Promise<void> {
  const clock = systemClock();
  const deadline = clock.monotonic() + PATIENCE_MS;
  return new Promise((resolve, reject) => {
    let cancel = (): void => {};
    const look = (): void => {
      cancel();
      if (isTrue()) {
        unwatch();
        resolve();
      } else if (clock.monotonic() > deadline) {
        unwatch();
        reject(new Error(`Cannot see ${what}: it did not come in ${PATIENCE_MS} ms`));
      } else {
        cancel = clock.schedule(LOOK_MS, look);
      }
    };
    const unwatch = watch(look);
    look();
  });
}

export interface ConnectOptions extends ClientOptions {
  readonly protocols?: string | readonly string[];
  readonly password?: string | Uint8Array;
  readonly user?: string;
}

/** Connects and waits for the handshake; rejects with the HTTP status when it fails. */
export function connect(
  gateway: { readonly port: number },
  identity: string,
  options: ConnectOptions = {},
): Promise<TestStation> {
  const { protocols = "ocpp1.6", password, user, ...rest } = options;
  const headers: Record<string, string> = { ...(rest.headers as Record<string, string>) };
  if (password !== undefined) {
    const name = Buffer.from(`${user ?? identity}:`);
    const credentials = Buffer.concat([name, Buffer.from(password)]).toString("base64");
    headers["authorization"] = `Basic ${credentials}`;
  }
  const url = `ws://127.0.0.1:${gateway.port}/ocpp/${encodeURIComponent(identity)}`;
  return open(new WebSocket(url, [...[protocols].flat()], { ...rest, headers }));
}

/** Waits for the handshake of a socket. */
export function open(socket: WebSocket): Promise<TestStation> {
  const station = new TestStation(socket);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(station));
    socket.once("unexpected-response", (request, response) => {
      request.destroy();
      reject(new UpgradeRefused(response.statusCode ?? 0, response.headers["retry-after"]));
    });
    socket.once("error", reject);
  });
}

export class UpgradeRefused extends Error {
  readonly status: number;
  readonly retryAfter: string | undefined;

  constructor(status: number, retryAfter: string | undefined) {
    super(`Cannot connect: HTTP ${status}`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Lets everything run that can run now. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    // deno-lint-ignore no-await-in-loop -- one turn after another
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
