import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { shardOf } from "#schemas/address.ts";
import type { GatewayOrder } from "#schemas/events/gateway.ts";
import type { ActorAnswer } from "#engine/ports/actors.ts";
import {
  type Asked,
  connect,
  currentTime,
  eventually,
  json,
  testGateway,
  type TestStation,
  UpgradeRefused,
} from "./testing.ts";

const status = { connectorId: 1, errorCode: "NoError", status: "Available" };

function callOrder(change: Partial<Extract<GatewayOrder, { order: "call" }>> = {}): GatewayOrder {
  return {
    order: "call",
    tenant: "default",
    identity: "CP1",
    epoch: "1.1",
    messageId: "ours",
    action: "ClearCache",
    priority: 1,
    queueMs: 10_000,
    timeoutMs: 10_000,
    payload: {},
    ...change,
  };
}

/** A heartbeat round trip: the socket is healthy, and what was sent before has been dealt with. */
async function healthy(station: TestStation, id: string | number = "probe"): Promise<void> {
  assert.deepEqual(await station.call("Heartbeat", {}, id), [3, id, { currentTime }]);
}

test("no frame passes before its epoch is granted", async () => {
  await using bench = await testGateway();
  let grant = (): void => {};
  bench.actors.answers.set(
    "socket.opened",
    () => new Promise<ActorAnswer>((resolve) => (grant = () => resolve(json({ epoch: "7.2" })))),
  );
  bench.actors.reply("StatusNotification", {});
  const station = await connect(bench.gateway, "CP1");

  station.send([2, "1", "StatusNotification", status]);
  station.send([2, "2", "Heartbeat", {}]);
  await eventually(() => bench.actors.of("socket.opened").length === 1, "the question");
  const early = bench.actors.of("ocpp.call").length;
  grant();
  await station.frameOf("2");

  assert.equal(early, 0);
  const [opened] = bench.actors.bodies("socket.opened") as { socket?: string }[];
  assert.match(opened?.socket ?? "", /^[0-9a-f-]+\/0$/);
  assert.deepEqual({ ...opened, socket: "" }, {
    gateway: "g1",
    protocol: "ocpp1.6",
    remoteAddress: "127.0.0.1",
    socket: "",
    again: false,
  });
  assert.deepEqual(bench.actors.of("ocpp.call").map(({ header }) => header["epoch"]), [
    "7.2",
    "7.2",
  ]);
});

test("a socket that is not granted is closed", async () => {
  await using bench = await testGateway();
  bench.actors.reply("socket.opened", { epoch: "nonsense" });

  const station = await connect(bench.gateway, "CP1");
  const { code } = await station.closed();

  assert.equal(code, 1013);
  assert.equal(bench.gateway.sockets(), 0);
});

test("of two sockets of one identity the newest wins; the old one's end carries its own epoch", async () => {
  await using bench = await testGateway();
  const old = await connect(bench.gateway, "CP1");
  await healthy(old);

  const young = await connect(bench.gateway, "CP1");
  await healthy(young);
  const { code } = await old.closed();
  await eventually(() => bench.actors.of("socket.closed").length === 1, "the report of the close");

  assert.equal(code, 1008);
  assert.equal(bench.gateway.sockets(), 1);
  const [closed] = bench.actors.of("socket.closed");
  assert.equal(closed?.header["epoch"], "1.1");
  bench.order(callOrder({ epoch: "1.2", messageId: "to the new" }));
  assert.deepEqual(await young.frameOf("to the new"), [2, "to the new", "ClearCache", {}]);
});

test("two lanes: their CALLs are answered while ours is open, and the other way round", async () => {
  await using bench = await testGateway();
  const open: (() => void)[] = [];
  bench.actors.answers.set(
    "Authorize",
    () =>
      new Promise<ActorAnswer>((resolve) =>
        open.push(() => resolve(json({ idTagInfo: { status: "Accepted" } })))
      ),
  );
  const station = await connect(bench.gateway, "CP1");

  bench.order(callOrder());
  await station.frameOf("ours");
  await healthy(station);
  for (const id of ["t1", "t2"]) station.send([2, id, "Authorize", { idTag: "T" }]);
  await eventually(() => open.length === 2, "both of theirs with the actor");
  station.send([3, "ours", { status: "Accepted" }]);
  await eventually(() => bench.actors.of("ocpp.answer").length === 1, "our answer");
  for (const answer of open) answer();
  await station.frameOf("t2");

  assert.deepEqual(bench.actors.bodies("ocpp.answer"), [
    { outcome: "answered", response: { status: "Accepted" } },
  ]);
});

test("an order that overtakes the grant of its epoch waits for it", async () => {
  await using bench = await testGateway();
  let grant = (): void => {};
  bench.actors.answers.set(
    "socket.opened",
    () => new Promise<ActorAnswer>((resolve) => (grant = () => resolve(json({ epoch: "7.2" })))),
  );
  const station = await connect(bench.gateway, "CP1");
  await eventually(() => bench.actors.of("socket.opened").length === 1, "the question");

  bench.order(callOrder({ epoch: "7.2", messageId: "early" }));
  bench.order(callOrder({ epoch: "7.1", messageId: "of another" }));
  bench.order(callOrder({ identity: "CP2", messageId: "after" }));
  await eventually(() => bench.actors.of("ocpp.answer").length === 1, "the last order");
  grant();

  assert.deepEqual(await station.frameOf("early"), [2, "early", "ClearCache", {}]);
  await eventually(() => bench.actors.of("ocpp.answer").length === 2, "the other's end");
  const told = bench.actors.of("ocpp.answer").map(({ header }) => header["messageId"]);
  assert.deepEqual(told, ["after", "of another"]);
});

test("an order of another epoch never leaves and expires", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");
  await healthy(station);

  bench.order(callOrder({ epoch: "0.9" }));
  bench.order(callOrder({ identity: "CP2" }));
  bench.order({
    order: "close",
    tenant: "default",
    identity: "CP1",
    epoch: "0.9",
    code: 1000,
    reason: "",
  });
  await eventually(() => bench.actors.of("ocpp.answer").length === 2, "two answers");
  await healthy(station, "still open");

  assert.deepEqual(bench.actors.bodies("ocpp.answer"), [
    { outcome: "expired" },
    { outcome: "expired" },
  ]);
  assert.deepEqual(bench.actors.of("ocpp.answer").map(({ to }) => to.key), ["CP1", "CP2"]);
});

test("an order to close closes, with its code and reason", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");
  await healthy(station);

  bench.order({
    order: "close",
    tenant: "default",
    identity: "CP1",
    epoch: "1.1",
    code: 1000,
    reason: "removed",
  });

  assert.deepEqual(await station.closed(), { code: 1000, reason: "removed" });
});

test("a new owner hears of all sockets again, and its epochs count from then on", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");
  await healthy(station);

  bench.order({ order: "announce" });
  await eventually(() => bench.actors.of("socket.opened").length === 2, "the announcement");
  await healthy(station, "after");

  const [first, again] = bench.actors.of("socket.opened");
  assert.notEqual(first?.header.cause, again?.header.cause);
  assert.equal(JSON.parse(again?.body ?? "").again, true);
  assert.equal(bench.actors.of("ocpp.call")[1]?.header["epoch"], "1.2");
  station.socket.close();
  await eventually(() => bench.actors.of("socket.closed").length === 1, "the report of the close");
  assert.equal(bench.actors.of("socket.closed")[0]?.header["epoch"], "1.2");
});

test("a socket whose new owner could not be told is announced until it is", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");
  await healthy(station);
  bench.actors.refuse("socket.opened", new PlatformError("unavailable", "Cannot reach it: gone"));
  bench.order({ order: "announce" });
  await eventually(() => bench.actors.of("socket.opened").length === 2, "the first try");

  bench.actors.reply("socket.opened", { epoch: "2.5" });
  await eventually(() => bench.actors.of("socket.opened").length === 3, "the second try");
  await healthy(station, "after");

  assert.equal(bench.actors.of("ocpp.call")[1]?.header["epoch"], "2.5");
});

test("a socket that its new owner refuses is closed", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");
  await healthy(station);
  bench.actors.refuse("socket.opened", new PlatformError("not-found", "Cannot open: no station"));

  bench.order({ order: "announce" });

  assert.equal((await station.closed()).code, 1008);
});

test("orders that cannot be read are ignored", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");

  bench.order({ order: "dance" } as unknown as GatewayOrder);
  bench.order(null as unknown as GatewayOrder);
  await healthy(station);
});

test("a socket whose newer sibling is known elsewhere is closed when it is announced again", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");
  await healthy(station);
  bench.actors.refuse("socket.opened", new PlatformError("conflict", "Cannot open: a newer one"));

  bench.order({ order: "announce" });

  assert.deepEqual(await station.closed(), {
    code: 1008,
    reason: "replaced by a newer connection",
  });
});

test("only the sockets of the named shards are announced, under the epoch that they have", async () => {
  await using bench = await testGateway();
  const stations = await Promise.all(
    Array.from({ length: 12 }, (_, n) => connect(bench.gateway, `CP${n}`)),
  );
  for (const [n, station] of stations.entries()) {
    // deno-lint-ignore no-await-in-loop -- one after another
    await healthy(station, n);
  }
  const addresses = bench.actors.of("socket.opened").map(({ to }) => to);
  const shardCount = 4;
  const wanted = addresses.filter((to) => shardOf(to, shardCount) === 2).map(({ key }) => key);
  assert.ok(wanted.length > 0 && wanted.length < 12);

  bench.order({ order: "announce", shards: [2], shardCount });
  bench.order(callOrder({ identity: "nobody", messageId: "after" }));
  const again = (): readonly Asked[] =>
    bench.actors.of("socket.opened").filter(({ body }) => JSON.parse(body).again);
  await eventually(() => again().length === wanted.length, "the announcements");
  await eventually(() => bench.actors.of("ocpp.answer").length === 1, "the order after them");

  assert.deepEqual(again().map(({ to }) => to.key).toSorted(), wanted.toSorted());
  for (const { body } of again()) assert.match(JSON.parse(body).epoch, /^1\.\d+$/);
});

test("what a worker knows is not announced, what is not here is reported absent", async () => {
  await using bench = await testGateway();
  const [known, moved] = [await connect(bench.gateway, "CP1"), await connect(bench.gateway, "CP2")];
  await Promise.all([healthy(known), healthy(moved)]);
  bench.actors.reply("socket.absent", {});

  const sockets = [["CP1", "1.1"], ["CP2", "0.7"], ["CP3", "1.9"]] as const;
  bench.order({ order: "verify", round: "r1", tenant: "default", sockets });
  bench.order({ order: "verify", round: "r1", tenant: "another", sockets: [["CP4", "1.1"]] });
  bench.order({ order: "announce", round: "r1" });
  await eventually(() => bench.actors.of("socket.opened").length === 3, "an announcement");
  await eventually(() => bench.actors.of("socket.absent").length === 1, "a report");
  await healthy(known, "still");

  assert.equal(bench.actors.of("socket.opened")[2]?.to.key, "CP2");
  const [absent] = bench.actors.of("socket.absent");
  assert.equal(absent?.to.key, "CP3");
  const { before, gateway } = JSON.parse(absent?.body ?? "");
  assert.deepEqual([gateway, before.slice(before.lastIndexOf("/"))], ["g1", "/2"]);
});

test("a socket that waits for its epoch is not absent", async () => {
  await using bench = await testGateway();
  let grant = (): void => {};
  bench.actors.answers.set(
    "socket.opened",
    () => new Promise<ActorAnswer>((resolve) => (grant = () => resolve(json({ epoch: "7.2" })))),
  );
  const station = await connect(bench.gateway, "CP1");
  await eventually(() => bench.actors.of("socket.opened").length === 1, "the question");

  const sockets = [["CP1", "7.2"]] as const;
  bench.order({ order: "verify", round: "r1", tenant: "default", sockets });
  grant();
  await healthy(station);

  assert.deepEqual(bench.actors.of("socket.absent"), []);
});

test("the end of a socket whose epoch never came is told, by its name", async () => {
  await using bench = await testGateway();
  bench.actors.refuse("socket.opened", new PlatformError("timed-out", "Cannot ask: too late"));

  const station = await connect(bench.gateway, "CP1");
  assert.equal((await station.closed()).code, 1013);
  await eventually(() => bench.actors.of("socket.closed").length === 1, "the report");

  const [opened] = bench.actors.bodies("socket.opened") as { socket: string }[];
  const [closed] = bench.actors.of("socket.closed");
  assert.deepEqual([closed?.header["epoch"], closed?.header["socket"]], ["", opened?.socket]);
});

test("two devices: whoever is to wait gets 429, and then costs the actor nothing", async () => {
  await using bench = await testGateway({ limits: { rivalAskMs: 60_000 } });
  bench.actors.authenticate({
    known: true,
    securityProfile: 0,
    passwords: [],
    waitSeconds: 8,
  });
  const refused = async (): Promise<unknown> => {
    const thrown = await connect(bench.gateway, "CP1").catch((error: unknown) => error);
    assert.ok(thrown instanceof UpgradeRefused);
    return [thrown.status, thrown.retryAfter];
  };

  assert.deepEqual(await refused(), [429, "8"]);
  assert.deepEqual(await refused(), [429, "8"]);
  await connect(bench.gateway, "CP2").catch(() => {});

  const asked = bench.actors.bodies("socket.authenticate") as { remoteAddress: string }[];
  assert.deepEqual(asked.map(({ remoteAddress }) => remoteAddress), ["127.0.0.1", "127.0.0.1"]);
  assert.equal(bench.gateway.boundsOf("CP1")["rival"], 1);
});
