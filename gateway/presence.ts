/**
 * The sockets of this gateway and what their actors know of them. No frame passes before the actor
 * has granted an epoch; of two sockets of one identity the newer epoch wins (design rule 1.7).
 */
import { PlatformError, toPlatformError } from "#schemas/errors.ts";
import type { SocketClosed, SocketGranted, SocketOpened } from "#schemas/events/gateway.ts";
import { BoundedWork } from "./bounded_work.ts";
import type { Connection, ConnectionKeeper } from "./connection.ts";
import type { GatewayContext } from "./context.ts";

/** Of one second: sockets whose turn has not come keep answering. */
const SLICES = 20;

/** How often silent stations are looked for. */
const WATCH_MS = 1_000;

/** RFC 6455, 7.4.1. */
export const closeCodes = { policy: 1008, restart: 1012, tryAgainLater: 1013 } as const;

export class Presence implements ConnectionKeeper {
  readonly #context: GatewayContext;
  /** Every socket that has not closed, also those that lost to a newer one. */
  readonly #all = new Set<Connection>();
  /** The newest granted of each identity. */
  readonly #newest = new Map<string, Connection>();
  readonly #busy = new Set<Connection>();
  readonly #announcing: BoundedWork;
  /** Those whose actor could not be told that they are still here. */
  readonly #unannounced = new Set<Connection>();
  #opened = 0;
  #watchedAt = 0;
  readonly #run: string;

  constructor(context: GatewayContext) {
    this.#context = context;
    this.#run = context.random.uuid();
    const atOnceMax = context.limits.announceAtOnce;
    this.#announcing = new BoundedWork("announce a socket", {
      atOnceMax,
      waitingMax: Number.POSITIVE_INFINITY,
    });
  }

  get size(): number {
    return this.#all.size;
  }

  /** The socket to which an order of this epoch belongs. */
  find(identity: string, epoch: string): Connection | undefined {
    const connection = this.#newest.get(identity);
    return connection?.epoch === epoch ? connection : undefined;
  }

  /** Announces a new socket to its actor and lets its frames pass, or closes it. */
  async open(connection: Connection): Promise<void> {
    this.#all.add(connection);
    try {
      const epoch = await this.#announce(connection, false);
      this.#prefer(connection, epoch);
      connection.grant(epoch);
    } catch (thrown) {
      this.#all.delete(connection);
      if (isRefusal(thrown)) connection.reject(closeCodes.policy, "the station may not connect");
      else connection.reject(closeCodes.tryAgainLater, "the platform is not ready");
      const { kind } = toPlatformError(thrown);
      this.#context.counts.hit("not-granted", connection.identity, kind);
    }
  }

  /** Tells a new owner of the actors which sockets are here. */
  announceAll(): void {
    for (const connection of this.#newest.values()) this.#enqueueAnnouncement(connection);
  }

  /**
   * Closes all sockets, evenly over some time, so that the stations do not come back all at once.
   */
  closeAll(code: number, reason: string, spreadMs: number): void {
    const { clock, random } = this.#context;
    const slices: Connection[][] = Array.from({ length: SLICES }, () => []);
    for (const connection of this.#all) {
      slices[Math.floor(random.fraction() * SLICES)]?.push(connection);
    }
    slices.forEach((slice, index) => {
      if (slice.length === 0) return;
      clock.schedule(index * spreadMs / SLICES, () => {
        for (const connection of slice) connection.close(code, reason);
      });
    });
  }

  terminateAll(): void {
    for (const connection of this.#all) connection.terminate();
  }

  sweep(now: number): void {
    for (const connection of this.#busy) {
      if (!connection.tick(now)) this.#busy.delete(connection);
    }
    if (now - this.#watchedAt < WATCH_MS) return;
    this.#watchedAt = now;
    for (const connection of this.#unannounced) this.#enqueueAnnouncement(connection);
    for (const connection of this.#all) connection.watch(now);
  }

  busy(connection: Connection): void {
    this.#busy.add(connection);
  }

  closed(connection: Connection, code: number, reason: string): void {
    const { identity, address, epoch } = connection;
    this.#all.delete(connection);
    this.#busy.delete(connection);
    this.#unannounced.delete(connection);
    if (this.#newest.get(identity) === connection) this.#newest.delete(identity);
    if (epoch === "") return;
    const body: SocketClosed = { code, reason: reason.toWellFormed().replaceAll("\0", "") };
    void this.#context.reports.tell({
      to: address,
      header: { type: "socket.closed", cause: `closed/${identity}/${epoch}`, epoch },
      body: JSON.stringify(body),
    });
  }

  #enqueueAnnouncement(connection: Connection): void {
    this.#unannounced.delete(connection);
    void this.#announcing.run(() => this.#announceAgain(connection));
  }

  async #announceAgain(connection: Connection): Promise<void> {
    if (!connection.isOpen || this.#newest.get(connection.identity) !== connection) return;
    try {
      connection.epoch = await this.#announce(connection, true);
    } catch (thrown) {
      if (isRefusal(thrown)) connection.close(closeCodes.policy, "the station may not connect");
      else this.#unannounced.add(connection);
    }
  }

  async #announce(connection: Connection, again: boolean): Promise<string> {
    const { actors, id, limits } = this.#context;
    const { protocol, remoteAddress, address } = connection;
    const body: SocketOpened = { gateway: id, protocol, remoteAddress, again };
    const cause = `opened/${id}/${this.#run}/${this.#opened++}`;
    const answer = await actors.ask(
      address,
      { type: "socket.opened", cause },
      JSON.stringify(body),
      limits.askMs,
    );
    const { epoch } = JSON.parse(answer.text) as SocketGranted;
    if (!/^\d+\.\d+$/.test(epoch)) {
      throw new PlatformError("bug", `Cannot open a socket: its epoch is "${epoch}"`);
    }
    return epoch;
  }

  #prefer(connection: Connection, epoch: string): void {
    const { identity } = connection;
    const other = this.#newest.get(identity);
    if (other !== undefined && isNewer(other.epoch, epoch)) {
      connection.close(closeCodes.policy, "replaced by a newer connection");
      return;
    }
    this.#newest.set(identity, connection);
    other?.close(closeCodes.policy, "replaced by a newer connection");
  }
}

/** Whether the actor does not want this socket, rather than could not be asked. */
function isRefusal(thrown: unknown): boolean {
  const { kind } = toPlatformError(thrown);
  return kind === "not-found" || kind === "forbidden" || kind === "unauthenticated";
}

/** Compares `<shard epoch>.<counter>` number by number. */
export function isNewer(one: string, other: string): boolean {
  const [oneShard = 0, oneCount = 0] = one.split(".").map(Number);
  const [otherShard = 0, otherCount = 0] = other.split(".").map(Number);
  return oneShard === otherShard ? oneCount > otherCount : oneShard > otherShard;
}
