import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { ActorAnswer } from "#engine/ports/actors.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import {
  connect,
  currentTime,
  eventually,
  json,
  testGateway,
  type TestStation,
} from "./testing.ts";

/** A heartbeat round trip: the socket is healthy, and what was sent before has been dealt with. */
async function healthy(station: TestStation, id: string | number = "probe"): Promise<void> {
  assert.deepEqual(await station.call("Heartbeat", {}, id), [3, id, { currentTime }]);
}

test("frames that are not JSON are answered by -1 in 2.x and dropped in 1.6, and close nothing", async () => {
  await using bench = await testGateway();
  for (const protocols of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]) {
    // deno-lint-ignore no-await-in-loop -- one after another
    const station = await connect(bench.gateway, protocols, { protocols });

    for (const text of ["hello", "", "{}", '[2,"x","Heartbeat",{']) station.send(text);
    // deno-lint-ignore no-await-in-loop -- one after another
    await healthy(station);

    const codes = station.received.slice(0, -1).map((frame) => (frame as unknown[]).slice(0, 3));
    const unread = [4, "-1", "RpcFrameworkError"];
    assert.deepEqual(
      codes,
      protocols === "ocpp1.6" ? [[4, "x", "FormationViolation"]] : [unread, unread, unread, unread],
    );
  }
});

test("unknown message types are ignored in 1.6 and named in 2.x", async () => {
  await using bench = await testGateway();
  const old = await connect(bench.gateway, "CP1");
  const middle = await connect(bench.gateway, "CP2", { protocols: "ocpp2.0.1" });

  for (const station of [old, middle]) {
    station.send([9, "x", "Heartbeat", {}]);
    station.send([6, "y", "NotifyPeriodicEventStream", {}]);
  }
  await Promise.all([healthy(old), healthy(middle)]);

  assert.equal(old.received.length, 1);
  assert.deepEqual(middle.received.slice(0, 2).map((frame) => (frame as unknown[]).slice(0, 3)), [
    [4, "x", "MessageTypeNotSupported"],
    [4, "y", "MessageTypeNotSupported"],
  ]);
});

test("binary frames are refused, and close nothing", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1", { protocols: "ocpp2.0.1" });

  station.socket.send(Buffer.from('[2,"b","Heartbeat",{}]'));
  await healthy(station);

  assert.deepEqual((station.received[0] as unknown[]).slice(0, 3), [4, "-1", "RpcFrameworkError"]);
  assert.equal(bench.gateway.boundsOf("CP1")["binary-frame"], 1);
});

test("text that is not UTF-8 is read with replacement characters", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");
  const latin1 = Buffer.from(
    '[2,"l","BootNotification",{"chargePointVendor":"Str\xf6mer","chargePointModel":"M"}]',
    "latin1",
  );
  bench.actors.reply("BootNotification", { status: "Accepted", currentTime, interval: 60 });

  station.socket.send(latin1, { binary: false });
  const frame = await station.frameOf("l");

  assert.equal(frame[0], 3);
  assert.match(bench.actors.of("ocpp.call")[0]?.body ?? "", /Str\uFFFDmer/);
});

test("an oversized frame closes that socket only, by 1009", async () => {
  await using bench = await testGateway({ limits: { frameBytesMax: 10_000 } });
  const large = await connect(bench.gateway, "large");
  const other = await connect(bench.gateway, "other");
  bench.actors.reply("DataTransfer", { status: "Accepted" });

  const fits = await large.call("DataTransfer", { vendorId: "V", data: "x".repeat(9_900) }, "1");
  large.send([2, "2", "DataTransfer", { vendorId: "V", data: "x".repeat(10_000) }]);
  const { code } = await large.closed();
  await healthy(other);

  assert.deepEqual([fits[0], code], [3, 1009]);
  assert.equal(bench.gateway.boundsOf("large")["frame-size"], 1);
});

test("a result that nobody asked for is borne, and told to the actor as a late one", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");

  station.send([3, "unknown", { status: "Accepted" }]);
  station.send([4, 77, "GenericError"]);
  await healthy(station);

  assert.equal(station.received.length, 1);
  assert.deepEqual(bench.actors.bodies("ocpp.answer"), [
    { outcome: "answered", response: { status: "Accepted" }, late: true },
    {
      outcome: "failed",
      error: { code: "GenericError", description: "", details: {} },
      late: true,
    },
  ]);
});

test("a flood of bad frames is no longer answered and not read for a while", async () => {
  await using bench = await testGateway({
    limits: { badFrames: { burst: 10, perSecond: 10, debtMax: 0 } },
  });
  const flooding = await connect(bench.gateway, "flood", { protocols: "ocpp2.0.1" });
  const other = await connect(bench.gateway, "other");

  for (let count = 0; count < 500; count++) flooding.send("garbage");
  await healthy(other);
  await healthy(flooding);

  const bounds = bench.gateway.boundsOf("flood");
  const answers = flooding.received.length - 1;
  assert.equal(bounds["bad-frame"], 500);
  assert.equal(bounds["bad-frame-budget"], 500 - answers);
  assert.ok(answers >= 10 && answers < 100, `${answers} answers`);
});

test("a flood of good messages is slowed, and all are answered", async () => {
  await using bench = await testGateway({ limits: { messages: { burst: 50, perSecond: 2_000 } } });
  const station = await connect(bench.gateway, "CP1");

  for (let count = 0; count < 500; count++) station.send([2, count, "Heartbeat", {}]);
  await station.until(() => station.received.length === 500, "500 answers");

  assert.ok((bench.gateway.boundsOf("CP1")["message-budget"] ?? 0) > 0);
});

test("their CALLs beyond the waiting room are dropped when they come in one read", async () => {
  await using bench = await testGateway({ limits: { theirCallsWaitingMax: 5 } });
  const release: (() => void)[] = [];
  bench.actors.answers.set(
    "Heartbeat",
    () => new Promise<ActorAnswer>((resolve) => release.push(() => resolve(json({ currentTime })))),
  );
  const station = await connect(bench.gateway, "CP1");
  const bounds = (): number => bench.gateway.boundsOf("CP1")["their-calls-waiting"] ?? 0;

  const socket =
    (station.socket as unknown as { _socket: { cork(): void; uncork(): void } })._socket;
  socket.cork();
  for (let count = 0; count < 20; count++) station.send([2, count, "Heartbeat", {}]);
  socket.uncork();
  await eventually(() => bounds() === 13, "13 dropped frames");
  await eventually(() => {
    for (const answer of release.splice(0)) answer();
    return station.received.length === 7;
  }, "7 answers");
});

test("a slow reader is read no further, then cut off; others notice nothing", async () => {
  await using bench = await testGateway({
    limits: { unreadBytesPause: 64 * 1024, unreadBytesMax: 8 * 1024 * 1024, slowReaderMs: 300 },
  });
  const data = "x".repeat(100_000);
  bench.actors.reply("DataTransfer", { status: "Accepted", data });
  const slow = await connect(bench.gateway, "slow");
  const other = await connect(bench.gateway, "other");

  slow.socket.pause();
  for (let count = 0; count < 300; count++) {
    slow.send([2, count, "DataTransfer", { vendorId: "V" }]);
  }
  await healthy(other);
  await eventually(() => bench.gateway.sockets() === 1, "the slow reader's end");

  assert.equal(bench.gateway.boundsOf("slow")["slow-reader"], 1);
  slow.socket.terminate();
});

test("a silent station is pinged, and cut off when no pong comes in time", async () => {
  const clock = new SimClock();
  const bench = await testGateway({ clock, limits: { sweepMs: 1_000 } });
  const alive = await connect(bench.gateway, "alive");
  const dead = await connect(bench.gateway, "dead", { autoPong: false });
  let pings = 0;
  dead.socket.on("ping", () => pings++);
  await Promise.all([healthy(alive), healthy(dead)]);

  clock.advance(31_000);
  const untilPing = [bench.gateway.sockets(), bench.gateway.boundsOf("dead").silent];
  await eventually(() => pings === 1, "a ping");
  await healthy(alive, "sign of life");
  clock.advance(29_000);
  const beforeDeadline = bench.gateway.sockets();
  clock.advance(2_000);
  await dead.closed();
  await healthy(alive, "again");

  assert.deepEqual(untilPing, [2, undefined]);
  assert.equal(beforeDeadline, 2);
  assert.equal(bench.gateway.boundsOf("dead").silent, 1);
  assert.equal(bench.gateway.boundsOf("alive").silent, undefined);
  const closing = bench[Symbol.asyncDispose]();
  await eventually(() => {
    clock.advance(100);
    return bench.gateway.sockets() === 0;
  }, "the last socket's end");
  clock.advance(10_000);
  await closing;
});

test("a CALL of ours that the boot leads to follows the answer to the boot", async () => {
  await using bench = await testGateway();
  const order = {
    order: "call",
    tenant: "default",
    identity: "CP1",
    epoch: "1.1",
    messageId: "own-1",
    action: "ClearCache",
    priority: 1,
    queueMs: 60_000,
    timeoutMs: 30_000,
    payload: {},
  } as const;
  const reply = json({ status: "Accepted", currentTime, interval: 300 });
  const { promise: answer, resolve } = Promise.withResolvers<ActorAnswer>();
  bench.actors.answers.set("BootNotification", () => {
    bench.order(order);
    return answer;
  });
  const station = await connect(bench.gateway, "CP1");

  station.send([2, "m1", "BootNotification", { chargePointVendor: "V", chargePointModel: "M" }]);
  await healthy(station);
  resolve(reply);
  await station.until(() => station.received.length === 3, "all three");

  const ids = station.received.map((frame) => (frame as unknown[])[1]);
  assert.deepEqual(ids, ["probe", "m1", "own-1"]);
});
