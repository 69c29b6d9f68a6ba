import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayOrder } from "#schemas/events/gateway.ts";
import type { ActorAnswer } from "#engine/ports/actors.ts";
import { connect, eventually, json, testGateway, type TestStation } from "./testing.ts";

function callOrder(messageId: string, epoch: string): GatewayOrder {
  return {
    order: "call",
    tenant: "default",
    identity: "CP1",
    epoch,
    messageId,
    action: "ClearCache",
    priority: 1,
    queueMs: 10_000,
    timeoutMs: 10_000,
    payload: {},
  };
}

const authorize = { idTag: "T" };
const accepted = { idTagInfo: { status: "Accepted" } };

interface Held {
  readonly answered: () => void;
}

/** An actor that answers Authorize only when it is let. */
function holdAuthorize(bench: Awaited<ReturnType<typeof testGateway>>): Held[] {
  const held: Held[] = [];
  bench.actors.answers.set(
    "Authorize",
    () =>
      new Promise<ActorAnswer>((resolve) => held.push({ answered: () => resolve(json(accepted)) })),
  );
  return held;
}

test("what a station has sent is answered before its socket is closed by 1012", async () => {
  await using bench = await testGateway();
  const held = holdAuthorize(bench);
  const station = await connect(bench.gateway, "CP1");
  for (const id of ["a", "b", "c"]) station.send([2, id, "Authorize", authorize]);
  await eventually(() => held.length === 2, "two under way, one that waits");

  const closing = bench.gateway.close();
  held[0]?.answered();
  await eventually(() => held.length === 3, "the third");
  const isOpenStill = station.closedWith === undefined;
  for (const one of held) one.answered();
  await closing;

  assert.ok(isOpenStill);
  assert.deepEqual(await station.closed(), { code: 1012, reason: "the gateway restarts" });
  assert.deepEqual(station.received.map((frame) => (frame as unknown[])[1]).toSorted(), [
    "a",
    "b",
    "c",
  ]);
});

test("a CALL that comes when its socket is to close is left to the next one", async () => {
  await using bench = await testGateway();
  const held = holdAuthorize(bench);
  const station = await connect(bench.gateway, "CP1");
  station.send([2, "a", "Authorize", authorize]);
  await eventually(() => held.length === 1, "one under way");

  const closing = bench.gateway.close();
  bench.order(callOrder("too late", "1.1"));
  await eventually(() => bench.actors.of("ocpp.answer").length === 1, "the refusal of ours");
  station.send([2, "b", "Authorize", authorize]);
  held[0]?.answered();
  await closing;
  await station.closed();

  assert.equal(held.length, 1);
  assert.deepEqual(bench.actors.bodies("ocpp.answer"), [{ outcome: "expired" }]);
  assert.deepEqual(station.received, [[3, "a", accepted]]);
});

test("our CALL that is under way gets its answer first, one that waits never leaves", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");
  await station.call("Heartbeat", {});
  bench.order(callOrder("ours", "1.1"));
  bench.order(callOrder("waiting", "1.1"));
  await station.frameOf("ours");

  const closing = bench.gateway.close();
  await eventually(() => bench.actors.of("ocpp.answer").length === 1, "the one that waited");
  station.send([3, "ours", { status: "Accepted" }]);
  await closing;

  assert.deepEqual(
    bench.actors.of("ocpp.answer").map(({ header, body }) => [
      header["messageId"],
      JSON.parse(body).outcome,
    ]),
    [["waiting", "expired"], ["ours", "answered"]],
  );
  assert.equal((await station.closed()).code, 1012);
});

test("an answer that does not come keeps a socket no longer than the grace", async () => {
  await using bench = await testGateway({ limits: { leaveGraceMs: 100 } });
  holdAuthorize(bench);
  const station = await connect(bench.gateway, "CP1");
  station.send([2, "a", "Authorize", authorize]);
  bench.order(callOrder("ours", "1.1"));
  await station.frameOf("ours");

  await bench.gateway.close();

  assert.equal((await station.closed()).code, 1012);
  assert.deepEqual(bench.actors.bodies("ocpp.answer"), [{ outcome: "unknown" }]);
});

test("every socket closes within the time, spread over it, and its end is reported first", async () => {
  const spreadMs = 1_000;
  await using bench = await testGateway({ limits: { closeSpreadMs: spreadMs } });
  const stations = await Promise.all(
    Array.from({ length: 60 }, (_, n) => connect(bench.gateway, `CP${n}`)),
  );
  await Promise.all(stations.map((station) => station.call("Heartbeat", {})));
  const open = (): number => stations.filter(({ closedWith }) => closedWith === undefined).length;

  const closing = bench.gateway.close();
  const seen = new Set<number>();
  await eventually(() => {
    seen.add(open());
    return open() === 0;
  }, "the end of all");
  await closing;

  assert.ok(seen.size >= 8, `closed in ${seen.size} steps`);
  assert.equal(bench.actors.of("socket.closed").length, 60);
  assert.ok(stations.every(({ closedWith }) => closedWith?.code === 1012));
});

test("in a hurry all sockets close at once", async () => {
  await using bench = await testGateway({ limits: { closeSpreadMs: 3_600_000 } });
  const held = holdAuthorize(bench);
  const stations: TestStation[] = [];
  for (let n = 0; n < 20; n++) {
    // deno-lint-ignore no-await-in-loop -- one after another
    stations.push(await connect(bench.gateway, `CP${n}`));
  }
  for (const station of stations) station.send([2, "a", "Authorize", authorize]);
  await eventually(() => held.length === 20, "all under way");

  const closing = bench.gateway.close();
  bench.gateway.hurry();
  await closing;

  const closed = await Promise.all(stations.map((station) => station.closed()));
  assert.deepEqual(new Set(closed.map(({ code }) => code)), new Set([1012]));
  assert.equal(bench.actors.of("socket.closed").length, 20);
});
