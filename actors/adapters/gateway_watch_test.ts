// deno-lint-ignore-file no-await-in-loop -- time passes step by step.
/** Watches of two workers over a real Postgres, in time that the test moves. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import postgres, { type Sql } from "postgres";
import { LocalBus } from "#engine/adapters/local_bus.ts";
import { Membership } from "#engine/leases.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { SimLeaseMap, SimLeases } from "#engine/sim/sim_leases.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { type Address, shardOf } from "#schemas/address.ts";
import type { GatewayOrder } from "#schemas/events/gateway.ts";
import { freePort } from "#start/free_port.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { watchGateways } from "./gateway_watch.ts";

/** Of an installation by default. */
const SHARDS = 256;
const STEP_MS = 250;

let database: TestPostgres;
let sql: Sql;

before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 2 });
});
after(async () => {
  await sql.end({ timeout: 1 });
  await database.close();
});
beforeEach(async () => {
  await sql`DELETE FROM stations`;
});

async function addStations(gateway: string, ids: readonly string[], epoch = "1.1"): Promise<void> {
  for (const id of ids) {
    await sql`INSERT INTO stations (tenant, id, security_profile, quiet, registration,
        heartbeat_interval_seconds, authorisation_required, connected, gateway, connection_epoch,
        created_at)
      VALUES ('default', ${id}, 0, false, 'Accepted', 300, true, true, ${gateway}, ${epoch},
        now())`;
  }
}

function names(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
}

interface Told {
  readonly by: string;
  readonly station: string;
  readonly type: string;
}

interface Member {
  readonly leases: SimLeases;
  readonly membership: Membership;
}

class World {
  readonly clock = new SimClock();
  readonly map = new SimLeaseMap();
  readonly telemetry = silentTelemetry(this.clock);
  readonly bus = new LocalBus({ clock: this.clock, telemetry: this.telemetry });
  readonly told: Told[] = [];
  readonly orders: (GatewayOrder & { readonly to: string })[] = [];
  /** Actors that cannot be asked. */
  isDeaf = false;
  /** How long gateways take for an order to announce. */
  announceMs = 0;
  readonly #stops: (() => void)[] = [];

  async join(kind: string, id: string): Promise<Member> {
    const leases = new SimLeases(this.map);
    const { clock, telemetry } = this;
    const identity = { kind, id, incarnation: "1" };
    const membership = new Membership({ store: leases, clock, telemetry, ...identity });
    await membership.start();
    return { leases, membership };
  }

  /** A gateway that takes orders. */
  async gateway(id: string): Promise<Member> {
    this.bus.listen(`gateway.${id}`, async (text) => {
      const order = JSON.parse(text) as GatewayOrder;
      this.orders.push({ ...order, to: id });
      const delayMs = order.order === "announce" ? this.announceMs : 0;
      if (delayMs === 0) return "{}";
      await new Promise<void>((resolve) => void this.clock.schedule(delayMs, resolve));
      return "{}";
    });
    return await this.join("gateway", id);
  }

  /** A worker's watch; `take` tells it of shards that it has from now on. */
  async worker(
    id: string,
    holds: (address: Address) => boolean = () => true,
    from: Sql = sql,
  ): Promise<Member & { readonly take: (shards: readonly number[]) => void }> {
    const member = await this.join("worker", id);
    let take: (shards: readonly number[]) => void = () => {};
    this.#stops.push(watchGateways({
      ...{ id, sql: from, bus: this.bus, actors: this.#actors(id), holds },
      ...{ membership: member.membership, clock: this.clock, telemetry: this.telemetry },
      onShardsTaken: (taken) => {
        take = taken;
        return () => {};
      },
    }));
    return { ...member, take: (shards) => take(shards) };
  }

  /** Until it is so, or the time is over; returns whether. */
  async pass(ms: number, isEnough: () => boolean = () => false): Promise<boolean> {
    for (let left = ms; left > 0 && !isEnough(); left -= STEP_MS) {
      this.clock.advance(STEP_MS);
      // What is asked of Postgres gets its time.
      await pause(4);
    }
    return isEnough();
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  of(order: GatewayOrder["order"]): readonly GatewayOrder[] {
    return this.orders.filter((one) => one.order === order);
  }

  #actors(by: string): Actors {
    return {
      ask: (to, { type }) => {
        if (this.isDeaf) return Promise.reject(new Error("nobody answers"));
        this.told.push({ by, station: to.key, type });
        void sql`UPDATE stations SET connected = false WHERE id = ${to.key}`.execute();
        return Promise.resolve({ text: "{}", journalled: true });
      },
    };
  }
}

const isEven = (address: Address): boolean => shardOf(address, SHARDS) % 2 === 0;

test("each station of a dead gateway is told once, by the worker that has its shard", async () => {
  const world = new World();
  const ids = names("CP", 40);
  await addStations("g1", ids);
  await addStations("g2", ["other"]);
  const gateway = await world.gateway("g1");
  await world.gateway("g2");
  await world.worker("even", isEven);
  await world.worker("odd", (address) => !isEven(address));
  await world.pass(5_000);
  assert.deepEqual(world.told, []);

  gateway.leases.isCut = true;
  assert.ok(await world.pass(60_000, () => world.told.length >= ids.length));
  await world.pass(15_000);

  assert.deepEqual(world.told.map(({ station }) => station).toSorted(), [...ids].toSorted());
  for (const { by, station, type } of world.told) {
    const address = { tenant: "default", kind: "charger", key: station };
    assert.deepEqual([by, type], [isEven(address) ? "even" : "odd", "gateway.lost"]);
  }
  world.close();
});

test("nobody is lost while the map of members is out of reach", async () => {
  const world = new World();
  await addStations("g1", names("CP", 4));
  await addStations("never seen", names("OLD", 4));
  await world.gateway("g1");
  const worker = await world.worker("w1");
  await world.pass(1_000);
  worker.leases.isCut = true;
  await world.pass(30_000);
  assert.deepEqual(world.told, []);

  worker.leases.isCut = false;
  assert.ok(await world.pass(60_000, () => world.told.length === 4));
  await world.pass(5_000);
  assert.deepEqual(world.told.map(({ station }) => station).toSorted(), names("OLD", 4));
  world.close();
});

test("what could not be told is told later, also by a worker that takes the shards over", async () => {
  const world = new World();
  await addStations("g1", names("CP", 6));
  const gateway = await world.gateway("g1");
  let holdsAll = false;
  const worker = await world.worker("w1", () => holdsAll);
  await world.pass(2_000);
  gateway.leases.isCut = true;
  await world.pass(10_000);
  assert.deepEqual(world.told, []);

  world.isDeaf = true;
  holdsAll = true;
  worker.take([...Array(SHARDS).keys()]);
  await world.pass(2_000);
  world.isDeaf = false;
  assert.ok(await world.pass(60_000, () => world.told.length === 6));
  world.close();
});

test("a gateway that comes back is compared after its loss, not before", async () => {
  const world = new World();
  await addStations("g1", names("CP", 3));
  const gateway = await world.gateway("g1");
  await world.worker("w1");
  assert.ok(await world.pass(60_000, () => world.of("announce").length > 0));

  gateway.leases.isCut = true;
  assert.ok(await world.pass(60_000, () => world.told.length === 3));
  const before = world.orders.length;
  gateway.leases.isCut = false;
  const isCompared = (): boolean =>
    world.orders.slice(before).some(({ order }) => order === "announce");
  assert.ok(await world.pass(60_000, isCompared), "it is not compared");

  // Nothing is believed of it any more: all that it has is announced.
  const after = world.orders.slice(before).filter(({ order }) => order !== "store");
  assert.deepEqual(after.map(({ order }) => order), ["announce"]);
  world.close();
});

test("for shards that are taken, the gateway is told what is believed of it, in bites", async () => {
  const world = new World();
  const ids = names("CP", 60);
  await addStations("g1", ids, "3.14");
  await world.gateway("g1");
  const worker = await world.worker("w1");
  assert.ok(await world.pass(60_000, () => world.of("announce").length > 0));
  world.orders.length = 0;

  const shards = [...Array(128).keys()];
  worker.take(shards);
  assert.ok(await world.pass(60_000, () => world.of("announce").length === 1));

  const expected = ids.filter((key) =>
    shardOf({ tenant: "default", kind: "charger", key }, SHARDS) < 128
  );
  const verified = world.orders.flatMap((one) => one.order === "verify" ? one.sockets : []);
  assert.deepEqual(
    verified.toSorted(),
    expected.map((id) => [id, "3.14"] as const).toSorted(),
  );
  const [announce] = world.orders.filter((one) => one.order === "announce");
  const [verify] = world.orders.filter((one) => one.order === "verify");
  assert.deepEqual([announce?.shards, announce?.shardCount], [shards, SHARDS]);
  assert.equal(announce?.round, verify?.round);
  world.close();
});

test("a slow gateway is compared once, not again and again while it is slow", async () => {
  const world = new World();
  await addStations("g1", ["CP"]);
  world.announceMs = 4_000;
  await world.gateway("g1");
  await world.worker("w1");

  await world.pass(60_000);
  assert.equal(world.of("announce").length, 1);
  world.close();
});

test("what could not be compared is compared later, also when another part could be", async () => {
  const world = new World();
  await world.gateway("g1");
  const worker = await world.worker("w1");
  assert.ok(await world.pass(60_000, () => world.of("announce").length > 0));
  world.announceMs = 60_000;
  worker.take([1]);
  assert.ok(await world.pass(60_000, () => world.of("announce").length === 4));
  world.announceMs = 0;
  worker.take([2]);
  const before = world.of("announce").length;
  const isWhole = (order: GatewayOrder): boolean =>
    order.order === "announce" && order.shards === undefined;

  const isCompared = (): boolean => world.orders.slice(before).some(isWhole);
  assert.ok(await world.pass(30_000, isCompared), "shard 1 is forgotten");
  world.close();
});

test("all is compared now and then although nothing has happened", async () => {
  const world = new World();
  await addStations("g1", ["CP"]);
  await world.gateway("g1");
  await world.worker("w1");
  assert.ok(await world.pass(60_000, () => world.of("announce").length > 0));
  const before = world.of("announce").length;
  assert.ok(await world.pass(6 * 60_000, () => world.of("announce").length > before));
  world.close();
});

test("each worker speaks for itself of the store, again and again", async () => {
  const world = new World();
  await world.gateway("g1");
  const broken = postgres(`postgres://nobody@127.0.0.1:${await freePort()}/nothing`, { max: 1 });
  await world.worker("good");
  await world.worker("broken", () => true, broken);
  await world.pass(12_000);

  const said = (worker: string): readonly (number | null)[] =>
    world.orders.flatMap((one) =>
      one.order === "store" && one.worker === worker ? [one.awayMs] : []
    );
  assert.ok(said("good").length >= 10);
  assert.deepEqual(new Set(said("good")), new Set([null]));
  const away = said("broken").filter((awayMs) => awayMs !== null);
  assert.ok(away.length >= 5, `${said("broken")}`);
  assert.ok((away.at(-1) ?? 0) > 8_000);
  world.close();
  await broken.end({ timeout: 1 });
});
