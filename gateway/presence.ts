/**
 * The sockets of this gateway and what their actors know of them. No frame passes before the actor
 * has granted an epoch; of two sockets of one identity the newer epoch wins (design rule 1.7).
 */
import { shardOf } from "#schemas/address.ts";
import { PlatformError, toPlatformError } from "#schemas/errors.ts";
import type {
  GatewayOrder,
  SocketAbsent,
  SocketClosed,
  SocketGranted,
  SocketOpened,
} from "#schemas/events/gateway.ts";
import { isNewer, socketName } from "#schemas/socket_names.ts";
import { addressOf } from "./identity.ts";
import { BoundedWork } from "./bounded_work.ts";
import type { Connection, ConnectionKeeper } from "./connection.ts";
import type { GatewayContext } from "./context.ts";
import { grantedQuirks } from "./station_quirks.ts";
import { Settling } from "./settling.ts";

/** How often silent stations are looked for. */
const WATCH_MS = 1_000;

/** RFC 6455, 7.4.1. */
export const closeCodes = { policy: 1008, restart: 1012, tryAgainLater: 1013 } as const;

const REPLACED = "replaced by a newer connection";

type VerifyOrder = Extract<GatewayOrder, { readonly order: "verify" }>;
type AnnounceOrder = Extract<GatewayOrder, { readonly order: "announce" }>;

export class Presence implements ConnectionKeeper {
  readonly #context: GatewayContext;
  /** Every socket that has not closed, also those that lost to a newer one. */
  readonly #all = new Set<Connection>();
  /** The newest granted of each identity. */
  readonly #newest = new Map<string, Connection>();
  readonly #busy = new Set<Connection>();
  readonly #announcing: BoundedWork;
  /** Those that wait for their turn to be announced again. */
  readonly #toAnnounce = new Set<Connection>();
  /** Those whose actor could not be told that they are still here. */
  readonly #unannounced = new Set<Connection>();
  readonly #settling: Settling;
  #opened = 0;
  #announcements = 0;
  #watchedAt = 0;
  readonly #run: string;

  constructor(context: GatewayContext) {
    this.#context = context;
    this.#run = context.random.uuid().slice(0, 13);
    this.#settling = new Settling(context.limits.ourCallsWaitingMax);
    const atOnceMax = context.limits.announceAtOnce;
    this.#announcing = new BoundedWork("announce a socket", {
      atOnceMax,
      waitingMax: Number.POSITIVE_INFINITY,
    });
  }

  get size(): number {
    return this.#all.size;
  }

  /** Every socket that has not closed. */
  get connections(): Iterable<Connection> {
    return this.#all;
  }

  /**
   * Gives the socket to which an order of this epoch belongs, at once or when the answer is there
   * that may grant the epoch; undefined when there is none.
   */
  find(identity: string, epoch: string, take: (found: Connection | undefined) => void): void {
    const find = (): Connection | undefined => {
      const connection = this.#newest.get(identity);
      return connection?.epoch === epoch ? connection : undefined;
    };
    const found = find();
    if (found !== undefined || !this.#settling.keep(identity, () => take(find()))) take(found);
  }

  /** Announces a new socket to its actor and lets its frames pass, or closes it. */
  open(connection: Connection): Promise<void> {
    this.#all.add(connection);
    connection.name = socketName(this.#run, this.#opened++);
    return this.#settling.during(connection.identity, () => this.#open(connection));
  }

  async #open(connection: Connection): Promise<void> {
    try {
      const { epoch, quirks } = await this.#announce(connection);
      connection.quirks = grantedQuirks(quirks);
      this.#prefer(connection, epoch);
      connection.grant(epoch);
    } catch (thrown) {
      this.#all.delete(connection);
      if (isRefusal(thrown)) connection.reject(closeCodes.policy, "the station may not connect");
      else {
        connection.reject(closeCodes.tryAgainLater, "the platform is not ready");
        // Its actor may have granted what we never heard of.
        this.#reportClosed(connection, closeCodes.tryAgainLater, "not granted in time");
      }
      const { kind } = toPlatformError(thrown);
      this.#context.counts.hit("not-granted", connection.identity, kind);
    }
  }

  /** Reports what a worker believes to be here and is not; the rest is known in this round. */
  verify({ round, tenant, sockets }: VerifyOrder): void {
    if (tenant !== this.#context.tenant) return;
    let here: ReadonlySet<string> | undefined;
    for (const [identity, epoch] of sockets) {
      const connection = this.#newest.get(identity);
      if (connection?.epoch === epoch) {
        connection.round = round;
        continue;
      }
      here ??= new Set(Array.from(this.#all, (open) => open.identity));
      if (!here.has(identity)) this.#reportAbsent(identity);
    }
  }

  /** Tells actors which sockets are here, except those that are known in this round. */
  announceAgain({ round, shards, shardCount }: AnnounceOrder): void {
    const wanted = shards === undefined ? undefined : new Set(shards);
    for (const connection of this.#newest.values()) {
      if (round !== undefined && connection.round === round) continue;
      const isWanted = wanted === undefined ||
        wanted.has(shardOf(connection.address, shardCount ?? 1));
      if (isWanted) this.#enqueueAnnouncement(connection);
    }
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
    const { identity, epoch } = connection;
    this.#all.delete(connection);
    this.#busy.delete(connection);
    this.#unannounced.delete(connection);
    if (this.#newest.get(identity) === connection) this.#newest.delete(identity);
    if (epoch !== "") this.#reportClosed(connection, code, reason);
  }

  #reportClosed({ address, epoch, name: socket }: Connection, code: number, reason: string): void {
    const { id, reports } = this.#context;
    const body: SocketClosed = { code, reason: reason.toWellFormed().replaceAll("\0", "") };
    void reports.tell({
      to: address,
      header: { type: "socket.closed", cause: `closed/${id}/${socket}`, epoch, socket },
      body: JSON.stringify(body),
    });
  }

  #reportAbsent(identity: string): void {
    const { id, tenant, reports } = this.#context;
    const before = socketName(this.#run, this.#opened);
    const body: SocketAbsent = { gateway: id, before };
    void reports.tell({
      to: addressOf(tenant, identity),
      header: { type: "socket.absent", cause: `absent/${id}/${before}/${identity}` },
      body: JSON.stringify(body),
    });
  }

  #enqueueAnnouncement(connection: Connection): void {
    this.#unannounced.delete(connection);
    if (this.#toAnnounce.has(connection)) return;
    this.#toAnnounce.add(connection);
    void this.#announcing.run(() => {
      this.#toAnnounce.delete(connection);
      return this.#settling.during(connection.identity, () => this.#tellAgain(connection));
    });
  }

  async #tellAgain(connection: Connection): Promise<void> {
    if (!connection.isOpen || this.#newest.get(connection.identity) !== connection) return;
    try {
      const { epoch, quirks } = await this.#announce(connection, connection.epoch);
      connection.quirks = grantedQuirks(quirks);
      // Two workers may have asked for it at once, and answers overtake each other.
      if (isNewer(epoch, connection.epoch)) connection.epoch = epoch;
    } catch (thrown) {
      const { kind } = toPlatformError(thrown);
      if (kind === "conflict") connection.close(closeCodes.policy, REPLACED);
      else if (isRefusal(thrown)) {
        connection.close(closeCodes.policy, "the station may not connect");
      } else this.#unannounced.add(connection);
    }
  }

  /** `granted`: what the socket was granted before. */
  async #announce(connection: Connection, granted?: string): Promise<SocketGranted> {
    const { actors, id, limits } = this.#context;
    const { protocol, remoteAddress, address, name, password } = connection;
    const again = granted !== undefined;
    const body: SocketOpened = {
      gateway: id,
      protocol,
      remoteAddress,
      socket: name,
      again,
      ...(again ? { epoch: granted } : {}),
      ...(again || password === undefined ? {} : { password }),
    };
    const cause = again ? `again/${id}/${name}/${this.#announcements++}` : `opened/${id}/${name}`;
    const answer = await actors.ask(
      address,
      { type: "socket.opened", cause },
      JSON.stringify(body),
      limits.askMs,
    );
    const reply = JSON.parse(answer.text) as SocketGranted;
    if (!/^\d+\.\d+$/.test(reply.epoch)) {
      throw new PlatformError("bug", `Cannot open a socket: its epoch is "${reply.epoch}"`);
    }
    return reply;
  }

  #prefer(connection: Connection, epoch: string): void {
    const { identity } = connection;
    const other = this.#newest.get(identity);
    if (other !== undefined && isNewer(other.epoch, epoch)) {
      connection.close(closeCodes.policy, REPLACED);
      return;
    }
    this.#newest.set(identity, connection);
    other?.close(closeCodes.policy, REPLACED);
  }
}

/** Whether the actor does not want this socket, rather than could not be asked. */
function isRefusal(thrown: unknown): boolean {
  const { kind } = toPlatformError(thrown);
  return kind === "not-found" || kind === "forbidden" || kind === "unauthenticated" ||
    kind === "conflict";
}
