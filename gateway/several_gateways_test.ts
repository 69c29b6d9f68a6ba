// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
/** Two workers and several gateways as processes: sockets move, gateways freeze and die. */
import assert from "node:assert/strict";
import process from "node:process";
import { after, before, test } from "node:test";
import { shardOf, stationKey } from "#schemas/address.ts";
import { addressOf } from "./identity.ts";
import {
  commandStatus,
  type GatewayRun,
  join,
  journalled,
  presenceOf,
  request,
  type Stage,
  startStage,
  until,
} from "./several_gateways_testing.ts";
import type { TestStation } from "./testing.ts";

/** A lease, the look of the others, and the bulk; on a busy machine. */
const NOTICED_MS_MAX = 20_000;

let stage: Stage;
let one: GatewayRun;
let two: GatewayRun;

before(async () => {
  stage = await startStage();
  await stage.worker("second");
  [one, two] = await Promise.all([stage.gateway(), stage.gateway()]);
});
after(() => stage.close());

const ended = ["socket.closed", "socket.absent", "gateway.lost"];

function startCharging(station: TestStation): Promise<unknown> {
  return station.call("StartTransaction", {
    connectorId: 1,
    idTag: "T",
    meterStart: 0,
    timestamp: "2026-11-22T12:00:00Z",
  });
}

test("shards are on two workers, and a command reaches its station through either gateway", async () => {
  const owners = async (): Promise<number> =>
    (await stage.sql`SELECT DISTINCT owner FROM shards`).length;
  await until("the second worker has shards", async () => await owners() === 2);
  const stations = await Promise.all(
    Array.from({ length: 12 }, (_, n) => join(n % 2 === 0 ? one : two, `C-${n}`)),
  );

  for (const [n, station] of stations.entries()) {
    const sent = await request(stage, `C-${n}`, `command-${n}`);
    assert.equal(sent.status, "sent");
    assert.deepEqual(await station.frameOf(`command-${n}`), [2, `command-${n}`, "Reset", {
      type: "Soft",
    }]);
    station.send([3, `command-${n}`, { status: "Accepted" }]);
  }

  for (const n of stations.keys()) {
    await until(
      `command-${n}`,
      async () => await commandStatus(stage, `command-${n}`) === "answered",
    );
  }
  for (const station of stations) station.socket.close();
});

test("a socket that moves keeps one order of epochs; a command under way is in doubt, once sent", async () => {
  const old = await join(one, "M-1");
  await request(stage, "M-1", "moving");
  await old.frameOf("moving");
  const before = await presenceOf(stage, "M-1");

  const young = await join(two, "M-1");
  const { code } = await old.closed();
  await until("the doubt", async () => await commandStatus(stage, "moving") === "unknown");
  const after = await presenceOf(stage, "M-1");
  young.send([3, "moving", { status: "Accepted" }]);
  await until("the late answer", async () => await commandStatus(stage, "moving") === "answered");

  assert.ok(code === 4001 || code === 1008, `closed by ${code}`);
  assert.notEqual(after.gateway, before.gateway);
  assert.deepEqual(after.sockets.map(({ gateway }) => gateway), [after.gateway, before.gateway]);
  const again = young.received.filter((frame) => (frame as unknown[])[1] === "moving");
  assert.deepEqual(again, []);
  // The end of the old socket was told by its gateway, and has changed nothing.
  await request(stage, "M-1", "afterwards");
  await young.frameOf("afterwards");
  assert.equal(journalledOf(await journalled(stage, ended), "M-1"), 0);
  young.socket.close();
});

test("a gateway frozen beyond its lease: unreachable once, and reachable when it wakes", async () => {
  const stations = await Promise.all(
    Array.from({ length: 16 }, (_, n) => join(one, `F-${n}`)),
  );
  const moved = "F-3";

  process.kill(one.pid, "SIGSTOP");
  const frozenAt = performance.now();
  await until("all are unreachable", async () => await connected("F-%") === 0);
  assert.ok(performance.now() - frozenAt < NOTICED_MS_MAX);
  const elsewhere = await join(two, moved);
  process.kill(one.pid, "SIGCONT");

  await until("all are reachable", async () => await connected("F-%") === stations.length);
  for (const [n, station] of stations.entries()) {
    const wanted = `F-${n}` === moved ? elsewhere : station;
    await request(stage, `F-${n}`, `woken-${n}`);
    await wanted.frameOf(`woken-${n}`);
  }
  assert.equal((await stations[3]?.closed())?.code, 1008);
  const unreachable = await journalled(stage, ended);
  for (const n of stations.keys()) assert.equal(journalledOf(unreachable, `F-${n}`), 1, `F-${n}`);
  for (const station of [...stations, elsewhere]) station.socket.close();
});

test("a gateway killed: its stations are unreachable once, their sessions go on", async () => {
  const third = await stage.gateway();
  const stations = await Promise.all(
    Array.from({ length: 24 }, (_, n) => join(third, `K-${n}`)),
  );
  await Promise.all(stations.map(startCharging));

  process.kill(third.pid, "SIGKILL");
  const killedAt = performance.now();
  await until("all are unreachable", async () => await connected("K-%") === 0);

  assert.ok(performance.now() - killedAt < NOTICED_MS_MAX);
  const unreachable = await journalled(stage, ended);
  for (const n of stations.keys()) assert.equal(journalledOf(unreachable, `K-${n}`), 1, `K-${n}`);
  const back = await join(two, "K-0");
  assert.equal((await presenceOf(stage, "K-0")).connected, true);
  back.socket.close();
});

test("a shard that moves finds what was lost in between: ghosts go, open sockets stay", async () => {
  const stations = await Promise.all(
    Array.from({ length: 24 }, (_, n) => join(two, `G-${n}`)),
  );
  const { gateway = "" } = await presenceOf(stage, "G-0");
  const third = await stage.worker("third");
  await until("the third worker has its part", async () => (await shardsOf("third")).size > 60);
  const moving = await shardsOf("third");
  // A socket whose end nobody told: its station is believed to be at a gateway that lives.
  const ghosts = Array.from({ length: 200 }, (_, n) => `H-${n}`).filter((id) =>
    moving.has(shardOf(addressOf("default", id), 256))
  ).slice(0, 12);
  for (const [n, id] of ghosts.entries()) {
    const to = addressOf("default", id);
    const body = {
      gateway,
      protocol: "ocpp1.6",
      remoteAddress: "192.0.2.1",
      socket: `gone/${n}`,
      again: false,
    };
    const header = { type: "socket.opened", cause: `ghost ${n}` };
    const { text } = await stage.actors.ask(to, header, JSON.stringify(body));
    // Whether it still stands later is not sure: a look at shards that were just taken finds it.
    assert.match(text, /"epoch"/);
  }
  const rows = (await journalled(stage, ["socket.opened"])).get("G-0");

  process.kill(third.pid, "SIGKILL");
  await until("the ghosts are gone", async () => await connected("H-%") === 0);

  assert.equal(await connected("G-%"), stations.length);
  assert.equal((await journalled(stage, ["socket.opened"])).get("G-0"), rows);
  for (const n of stations.keys()) {
    await request(stage, `G-${n}`, `stayed-${n}`);
    await stations[n]?.frameOf(`stayed-${n}`);
  }
  for (const station of stations) station.socket.close();
});

test("while NATS is away nobody is lost, and afterwards all is as it was", async () => {
  const stations = await Promise.all(
    Array.from({ length: 8 }, (_, n) => join(n % 2 === 0 ? one : two, `N-${n}`)),
  );
  await stage.nats.kill();
  const killedAt = performance.now();
  // Longer than a lease and a look.
  await until("a lease and more has passed", () => performance.now() - killedAt > 7_000);
  await stage.nats.restart();

  for (const n of stations.keys()) {
    await until(`an answer of N-${n}`, async () => (await presenceOf(stage, `N-${n}`)).connected);
    // An order is told once: the first ones may come before its gateway is connected again.
    let tries = 0;
    const isThere = (): boolean =>
      stations[n]?.received.some((frame) =>
        `${(frame as unknown[])[1]}`.startsWith(`after-${n}-`)
      ) ??
        false;
    await until(`an order at N-${n}`, async () => {
      if (!isThere()) await request(stage, `N-${n}`, `after-${n}-${tries++}`);
      return isThere();
    });
  }
  const unreachable = await journalled(stage, ended);
  for (const n of stations.keys()) assert.equal(journalledOf(unreachable, `N-${n}`), 0, `N-${n}`);
  assert.ok(stations.every(({ closedWith }) => closedWith === undefined));
});

async function shardsOf(worker: string): Promise<ReadonlySet<number>> {
  const rows = await stage.sql<{ shard: number }[]>`
    SELECT shard FROM shards WHERE owner LIKE ${`${worker}#%`}`;
  return new Set(rows.map(({ shard }) => shard));
}

async function connected(pattern: string): Promise<number> {
  const [row] = await stage.sql<{ count: number }[]>`
    SELECT count(*)::integer AS count FROM stations WHERE connected AND id LIKE ${pattern}`;
  return row?.count ?? -1;
}

function journalledOf(counts: ReadonlyMap<string, number>, identity: string): number {
  return counts.get(stationKey(identity)) ?? 0;
}
