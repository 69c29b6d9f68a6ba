import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import type { GatewayOrder } from "#schemas/events/gateway.ts";
import type { ActorAnswer } from "#engine/ports/actors.ts";
import {
  connect,
  currentTime,
  eventually,
  json,
  testGateway,
  type TestStation,
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
  assert.deepEqual(bench.actors.bodies("socket.opened"), [
    { gateway: "g1", protocol: "ocpp1.6", remoteAddress: "127.0.0.1", again: false },
  ]);
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
  assert.deepEqual(bench.actors.of("socket.closed"), []);
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
