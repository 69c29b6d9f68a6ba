/**
 * What a worker does about gateways: notices their death, compares what is believed of their
 * sockets with what they have, tells of the store. Every worker does so for the stations of its own
 * shards; what two of them do twice changes nothing the second time.
 */
import type { Sql } from "postgres";
import { inTime } from "#engine/in_time.ts";
import { LEASE_MS, type Membership } from "#engine/leases.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { type Address, shardOf, stationKey } from "#schemas/address.ts";
import type { GatewayOrder } from "#schemas/events/gateway.ts";

/** Messages of a dead gateway's stations that are under way at once: a bulk, not a flood. */
const AT_ONCE = 500;
/** Sockets that one order names: some 100 kB. */
const VERIFIED_AT_ONCE = 2_000;
/** How often gateways are looked for that died while nobody saw it. */
const LOOK_MS = 3_000;
/** A gateway that nobody has seen for so long is dead: its lease would have come to us. */
const UNSEEN_MS = 3 * LEASE_MS;
/** Our own lease was renewed within this: the map of members can be reached. */
const FRESH_MS = 2_000;
/**
 * How often all is compared although nothing has happened. A worker of many does so as often as
 * there are workers less.
 */
const AUDIT_MS = 5 * 60_000;
const ORDER_MS = 5_000;
const ORDER_TRIES = 3;
const STORE_LOOK_MS = 1_000;
/** A question on a connection that died is asked again on another. */
const STORE_SILENCE_MS = 2_500;
/** Below this a pause of Postgres is nobody's business: commits wait and go on. */
const STORE_AWAY_MS = 3_000;

export interface GatewayWatchParts {
  /** Of this worker: what it says of the store is its own. */
  readonly id: string;
  readonly sql: Sql;
  readonly bus: Bus;
  readonly actors: Actors;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Whether the actor's shard is owned here now. Absent: all are. */
  readonly holds?: (address: Address) => boolean;
  /** Tells of shards that are owned here from now on; the returned function ends it. */
  readonly onShardsTaken?: (take: (shards: readonly number[]) => void) => () => void;
}

/** Watches until the returned function is called. */
export function watchGateways(parts: GatewayWatchParts): () => void {
  const watch = new GatewayWatch(parts);
  const { membership, clock } = parts;
  const stops = [
    membership.onLost("gateway", ({ id }) => watch.noteLost(id)),
    // One that was thought dead may have kept its sockets; those of a new one are its own affair.
    membership.onJoined("gateway", ({ id }) => watch.noteJoined(id)),
    parts.onShardsTaken?.((shards) => watch.noteTaken(shards)) ?? (() => {}),
    every(clock, () => LOOK_MS, () => watch.look()),
    every(clock, () => AUDIT_MS * (1 + membership.members("worker").length), () => watch.audit()),
    watchStore(parts),
  ];
  return () => {
    watch.stop();
    for (const stop of stops) stop();
  };
}

interface StationRow {
  readonly tenant: string;
  readonly id: string;
  readonly epoch: string | null;
}

class GatewayWatch {
  readonly #parts: GatewayWatchParts;
  /** What is done about one gateway is done one after the other: it may die and come back. */
  readonly #chains = new Map<string, Promise<void>>();
  /** Those that we saw dying. */
  readonly #lost = new Set<string>();
  /** Those that stations name and that are no members, since when. */
  readonly #unseen = new Map<string, number>();
  /** Those whose comparison has failed. */
  readonly #owed = new Set<string>();
  #shardCount: number | undefined;
  #rounds = 0;
  #isStopped = false;

  constructor(parts: GatewayWatchParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#isStopped = true;
  }

  noteLost(gateway: string): void {
    this.#lost.add(gateway);
    this.#chain(gateway, () => this.#lose(gateway));
  }

  noteJoined(gateway: string): void {
    this.#lost.delete(gateway);
    this.#unseen.delete(gateway);
    this.#compareLater(gateway);
  }

  /** Whoever had the shards before may have died before telling what it knew of gateways. */
  noteTaken(shards: readonly number[]): void {
    if (shards.length === 0) return;
    for (const gateway of this.#lost) this.#chain(gateway, () => this.#lose(gateway));
    for (const { id } of this.#parts.membership.members("gateway")) {
      this.#compareLater(id, shards);
    }
  }

  /** Also what could not be told before. Never while the map of members is out of reach. */
  async look(): Promise<void> {
    const { membership, clock, telemetry } = this.#parts;
    if (clock.monotonic() - membership.renewedAt > FRESH_MS) {
      this.#unseen.clear();
      return;
    }
    try {
      const named = await this.#namedGateways();
      const alive = this.#alive();
      for (const gateway of this.#owed) {
        this.#owed.delete(gateway);
        if (alive.has(gateway)) this.#compareLater(gateway);
      }
      const dead = named.filter((gateway) => !alive.has(gateway));
      for (const known of this.#unseen.keys()) {
        if (!dead.includes(known)) this.#unseen.delete(known);
      }
      for (const known of this.#lost) if (!named.includes(known)) this.#lost.delete(known);
      for (const gateway of dead) {
        const since = this.#unseen.get(gateway) ?? clock.monotonic();
        this.#unseen.set(gateway, since);
        const isSure = this.#lost.has(gateway) || clock.monotonic() - since >= UNSEEN_MS;
        if (isSure && !this.#chains.has(gateway)) this.#chain(gateway, () => this.#lose(gateway));
      }
    } catch (error) {
      telemetry.log("debug", "lost gateways could not be read", { error });
    }
  }

  audit(): Promise<void> {
    for (const gateway of this.#alive()) this.#compareLater(gateway);
    return Promise.resolve();
  }

  #alive(): ReadonlySet<string> {
    return new Set(this.#parts.membership.members("gateway").map(({ id }) => id));
  }

  #compareLater(gateway: string, shards?: readonly number[]): void {
    this.#chain(gateway, async () => {
      try {
        await this.#compare(gateway, shards);
      } catch (error) {
        this.#owed.add(gateway);
        throw error;
      }
    });
  }

  #chain(gateway: string, run: () => Promise<void>): void {
    const before = this.#chains.get(gateway) ?? Promise.resolve();
    const after = before.then(() => this.#isStopped ? undefined : run()).catch((error) => {
      const { telemetry } = this.#parts;
      telemetry.log("warn", "a gateway's stations have to wait", { gateway, error });
    }).finally(() => {
      if (this.#chains.get(gateway) === after) this.#chains.delete(gateway);
    });
    this.#chains.set(gateway, after);
  }

  /** Its stations are unreachable; their sessions go on. */
  async #lose(gateway: string): Promise<void> {
    const { holds, actors, telemetry } = this.#parts;
    const bodyOf = ({ epoch }: StationRow): string =>
      JSON.stringify({ gateway, ...(epoch === null ? {} : { epoch }) });
    const header = { type: "gateway.lost", cause: `gateway ${gateway} lost` };
    let told = 0;
    for await (const rows of this.#stationsOf(gateway, AT_ONCE)) {
      // It has come back: what is left is compared with what it has.
      if (this.#isStopped || this.#alive().has(gateway)) break;
      const own = rows.filter((row) => holds?.(addressOf(row)) ?? true);
      const asked = await Promise.allSettled(
        own.map((row) => actors.ask(addressOf(row), header, bodyOf(row))),
      );
      told += asked.filter(({ status }) => status === "fulfilled").length;
    }
    if (told > 0) telemetry.log("info", "a gateway is gone", { gateway, stations: told });
  }

  /**
   * What stations believe of the gateway, against its sockets: it reports those that it does not
   * have, and announces those that are not believed. Restricted to some shards if they are given.
   */
  async #compare(gateway: string, shards?: readonly number[]): Promise<void> {
    const shardCount = shards === undefined ? 1 : await this.#readShardCount();
    const wanted = shards === undefined ? undefined : new Set(shards);
    const round = `${this.#parts.id}/${this.#rounds++}`;
    for await (const rows of this.#stationsOf(gateway, VERIFIED_AT_ONCE)) {
      const own = rows.filter((row) => wanted?.has(shardOf(addressOf(row), shardCount)) ?? true);
      for (const [tenant, stations] of Map.groupBy(own, (row) => row.tenant)) {
        const sockets = stations.map(({ id, epoch }) => [id, epoch ?? ""] as const);
        // deno-lint-ignore no-await-in-loop -- a gateway is given one bite at a time
        await this.#order(gateway, { order: "verify", round, tenant, sockets });
      }
    }
    const where = shards === undefined ? {} : { shards, shardCount };
    await this.#order(gateway, { order: "announce", round, ...where });
  }

  /** Until the gateway has taken it. Throws when it does not, which another comparison makes good. */
  async #order(gateway: string, order: GatewayOrder): Promise<void> {
    const { bus } = this.#parts;
    const text = JSON.stringify(order);
    for (let tries = 1; !this.#isStopped; tries++) {
      try {
        // deno-lint-ignore no-await-in-loop -- one try after the other
        return void await bus.ask(`gateway.${gateway}`, text, ORDER_MS);
      } catch (error) {
        if (tries === ORDER_TRIES || !this.#alive().has(gateway)) throw error;
        // deno-lint-ignore no-await-in-loop -- as above
        await this.#pause(LEASE_MS / ORDER_TRIES);
      }
    }
  }

  /** Connected stations of a gateway, in bites. */
  async *#stationsOf(gateway: string, bite: number): AsyncGenerator<readonly StationRow[]> {
    const { sql } = this.#parts;
    let last = { tenant: "", id: "" };
    for (;;) {
      // deno-lint-ignore no-await-in-loop -- the next bite begins where this one ends
      const rows = await sql<StationRow[]>`
        SELECT tenant, id, connection_epoch AS epoch FROM stations
        WHERE connected AND gateway = ${gateway} AND (tenant, id) > (${last.tenant}, ${last.id})
        ORDER BY tenant, id LIMIT ${bite}`;
      if (rows.length > 0) yield rows;
      const end = rows.at(-1);
      if (end === undefined || rows.length < bite) return;
      last = end;
    }
  }

  /** The gateways that connected stations name, by one look into the index for each. */
  async #namedGateways(): Promise<readonly string[]> {
    const rows = await this.#parts.sql<{ gateway: string }[]>`
      WITH RECURSIVE named AS (
        SELECT min(gateway) AS gateway FROM stations WHERE connected
        UNION ALL
        SELECT (SELECT min(s.gateway) FROM stations s WHERE s.connected AND s.gateway > n.gateway)
        FROM named n WHERE n.gateway IS NOT NULL
      ) SELECT gateway FROM named WHERE gateway IS NOT NULL`;
    return rows.map(({ gateway }) => gateway);
  }

  async #readShardCount(): Promise<number> {
    if (this.#shardCount !== undefined) return this.#shardCount;
    const [row] = await this.#parts.sql<{ count: number }[]>`
      SELECT shard_count AS count FROM installation`;
    if (row === undefined) throw new TypeError("Cannot compare sockets: no count of shards");
    this.#shardCount = row.count;
    return row.count;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.clock.schedule(delayMs, resolve));
  }
}

function addressOf({ tenant, id }: Pick<StationRow, "tenant" | "id">): Address {
  return { tenant, kind: "charger", key: stationKey(id) };
}

/** Again and again, each time after the run before has ended. */
function every(clock: Clock, intervalMs: () => number, run: () => Promise<void>): () => void {
  let isStopped = false;
  let cancel = (): void => {};
  const arm = (): void => {
    if (isStopped) return;
    cancel = clock.schedule(intervalMs(), () => void run().finally(arm));
  };
  arm();
  return () => {
    isStopped = true;
    cancel();
  };
}

/** Tells gateways each second whether Postgres answers, else for how long not (design rule 1.8). */
function watchStore(parts: GatewayWatchParts): () => void {
  const { sql, bus, membership, clock, telemetry, id: worker } = parts;
  let answeredAt = clock.monotonic();
  let isAway = false;
  let isAsking = false;
  let cancel = (): void => {};
  const tellAll = (awayMs: number | null): void => {
    const order: GatewayOrder = { order: "store", worker, awayMs };
    for (const { id } of membership.members("gateway")) {
      bus.tell(`gateway.${id}`, JSON.stringify(order));
    }
  };
  const look = (): void => {
    cancel = clock.schedule(STORE_LOOK_MS, look);
    if (!isAsking) {
      isAsking = true;
      const askedAt = clock.monotonic();
      inTime(clock, STORE_SILENCE_MS, sql`SELECT 1`)
        .then(() => answeredAt = Math.max(answeredAt, askedAt), () => undefined)
        .finally(() => isAsking = false);
    }
    const awayMs = clock.monotonic() - answeredAt;
    const wasAway = isAway;
    isAway = awayMs > STORE_AWAY_MS;
    if (isAway && !wasAway) telemetry.log("warn", "Postgres is away", { awayMs });
    if (!isAway && wasAway) telemetry.log("info", "Postgres is back");
    tellAll(isAway ? awayMs : null);
  };
  look();
  return () => cancel();
}
