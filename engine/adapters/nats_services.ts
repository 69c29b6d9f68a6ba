/** A process as a NATS micro service: `$SRV.PING`, `INFO` and `STATS`, and an endpoint per verb. */
import { headers, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { type Service, Svcm } from "@nats-io/services";
import { OperationDesk } from "../operation_desk.ts";
import type { Clock } from "../ports/clock.ts";
import type { OperationAudit, Operations, ProcessStatus } from "../ports/operations.ts";
import type { Telemetry } from "../telemetry.ts";
import type { NatsLink } from "./nats_connection.ts";

export const SEAL_HEADER = "Statewatt-Seal";
/** The endpoint that carries the `data` of the statistics. */
export const STATUS = "status";

/** Whoever floods `$SRV.STATS` gets one look of this age. */
const STATUS_GOOD_MS = 250;
const RESTART_MS = 1_000;

export interface ServiceParts {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** `gateway`: the service is `statewatt-gateway`. */
  readonly role: string;
  readonly id: string;
  /** Of the code, as semantic versioning has it. */
  readonly version: string;
  /** Seals requests; undefined: none is let in. */
  readonly key: string | undefined;
  readonly status: () => Promise<ProcessStatus>;
  readonly operations: Operations;
  readonly audit: OperationAudit;
}

export interface RunningService {
  close(): Promise<void>;
}

/** Where a process takes an operation. */
export function operationSubject(id: string, verb: string): string {
  return `ops.${id}.${verb}`;
}

/** Resolves when the service answers. It comes back by itself when its subscriptions break. */
export async function serveOperations(parts: ServiceParts): Promise<RunningService> {
  const server = new ServiceServer(parts);
  await server.start();
  return server;
}

class ServiceServer implements RunningService {
  readonly #parts: ServiceParts;
  readonly #desk: OperationDesk;
  #service: Service | undefined;
  #status: { readonly takenAt: number; readonly look: Promise<ProcessStatus> } | undefined;
  #isClosed = false;
  #cancelRestart = (): void => {};

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#desk = new OperationDesk(parts);
  }

  async start(): Promise<void> {
    const { link, role, id, version, operations } = this.#parts;
    const service = await serviceMaker(link.connection).add({
      name: `statewatt-${role}`,
      version,
      description: `Statewatt ${role}`,
      metadata: { role, id },
      statsHandler: (endpoint) =>
        endpoint.subject === operationSubject(id, STATUS)
          ? this.#look()
          : Promise.resolve(undefined),
    });
    this.#service = service;
    service.addEndpoint(STATUS, {
      subject: operationSubject(id, STATUS),
      metadata: { help: "What this process tells of itself" },
      handler: (_error, message) =>
        void this.#look().then((status) => message.respond(JSON.stringify(status))),
    });
    for (const [verb, { help, args }] of Object.entries(operations)) {
      service.addEndpoint(verb, {
        subject: operationSubject(id, verb),
        metadata: { help, args: args.join(" ") },
        handler: (_error, message) => void this.#take(message as unknown as Msg, verb),
      });
    }
    void service.stopped.then((error) => this.#noteStopped(service, error));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRestart();
    await this.#service?.stop();
  }

  #noteStopped(service: Service, error: Error | null): void {
    const { clock, telemetry, link } = this.#parts;
    if (this.#isClosed || this.#service !== service || link.connection.isClosed()) return;
    telemetry.log("warn", "the service of operations has ended and starts again", { error });
    this.#cancelRestart = clock.schedule(RESTART_MS, () => {
      this.start().catch((thrown) => this.#noteStopped(service, thrown));
    });
  }

  #look(): Promise<ProcessStatus> {
    const now = this.#parts.clock.monotonic();
    if (this.#status === undefined || now - this.#status.takenAt > STATUS_GOOD_MS) {
      this.#status = { takenAt: now, look: this.#parts.status() };
    }
    return this.#status.look;
  }

  async #take(message: Msg, verb: string): Promise<void> {
    const sealed = { text: message.string(), seal: sealOf(message) };
    const answer = await this.#desk.take(sealed, verb);
    const head = headers();
    head.set(SEAL_HEADER, answer.seal);
    message.respond(answer.text, { headers: head });
  }
}

/**
 * The services library brings an older nats-core with it, of which it uses the types and ids; our
 * connection does what it asks of one.
 */
export function serviceMaker(connection: NatsConnection): Svcm {
  return new Svcm(connection as unknown as ConstructorParameters<typeof Svcm>[0]);
}

export function sealOf(message: Pick<Msg, "headers">): string {
  return message.headers?.get(SEAL_HEADER) ?? "";
}
