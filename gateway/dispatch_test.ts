import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
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
const start = { connectorId: 1, idTag: "T1", meterStart: 0, timestamp: currentTime };

/** Whatever was sent before has been dealt with when this is answered. */
async function settled(station: TestStation): Promise<void> {
  const id = `probe${station.received.length}`;
  await station.call("Heartbeat", {}, id);
}

test("a CALL reaches its actor with its text unchanged, and the answer leaves as it is", async () => {
  await using bench = await testGateway();
  bench.actors.answers.set("StatusNotification", () => ({ text: "{ }", journalled: true }));
  const station = await connect(bench.gateway, "CP1");

  const text = '{"connectorId": 1, "errorCode": "NoError", "status": "Available"}';
  station.send(`[2, "m-1", "StatusNotification", ${text}]`);
  const answer = await station.frameOf("m-1");

  const [asked] = bench.actors.of("ocpp.call");
  assert.deepEqual(answer, [3, "m-1", {}]);
  assert.equal(asked?.body, text);
  const { cause, ...header } = asked?.header ?? { cause: "" };
  assert.match(String(cause), /^CP1\/1\.1\/m-1\/[0-9a-z]+$/);
  assert.deepEqual(header, {
    type: "ocpp.call",
    protocol: "ocpp1.6",
    action: "StatusNotification",
    messageId: "m-1",
    epoch: "1.1",
  });
});

test("a second message under the same id has another cause, a repetition the same", async () => {
  await using bench = await testGateway();
  bench.actors.reply("StatusNotification", {});
  const station = await connect(bench.gateway, "CP1");

  for (const payload of [status, { ...status, connectorId: 2 }, status]) {
    station.send([2, "1", "StatusNotification", payload]);
  }
  await station.until(() => station.received.length === 3, "three answers");

  const causes = bench.actors.of("ocpp.call").map(({ header }) => header.cause);
  assert.notEqual(causes[0], causes[1]);
  assert.equal(causes[0], causes[2]);
});

test("numeric message ids are echoed as numbers", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1");

  const frame = await station.call("Heartbeat", {}, 42);
  const refused = await station.call("Nonsense", {}, 43);

  assert.deepEqual(frame, [3, 42, { currentTime }]);
  assert.deepEqual(refused.slice(0, 3), [4, 43, "NotImplemented"]);
});

test("two of their CALLs are with the actor at once, further ones wait in order", async () => {
  await using bench = await testGateway();
  const open: (() => void)[] = [];
  bench.actors.answers.set("Authorize", ({ body }) =>
    new Promise<ActorAnswer>((resolve) => {
      const { idTag } = JSON.parse(body);
      open.push(() =>
        resolve(json({ idTagInfo: { status: idTag === "x" ? "Invalid" : "Accepted" } }))
      );
    }));
  const station = await connect(bench.gateway, "CP1");

  for (const id of ["a", "b", "c", "d"]) station.send([2, id, "Authorize", { idTag: id }]);
  await eventually(() => open.length === 2, "two CALLs with the actor");
  const asked = (): string[] =>
    bench.actors.of("ocpp.call").map(({ header }) => String(header["messageId"]));
  const atFirst = asked();
  open[1]?.();
  await station.frameOf("b");
  await eventually(() => open.length === 3, "the third CALL");
  for (const answer of open) answer();
  await eventually(() => open.length === 4, "the fourth CALL");
  open[3]?.();
  await station.frameOf("d");

  assert.deepEqual(atFirst, ["a", "b"]);
  assert.deepEqual(asked(), ["a", "b", "c", "d"]);
});

const refusals: readonly (readonly [string, string, unknown, string])[] = [
  ["ocpp1.6", "TransactionEvent", {}, "NotImplemented"],
  ["ocpp1.6", "Reset", { type: "Soft" }, "NotSupported"],
  ["ocpp1.6", "StatusNotification", { ...status, connectorId: "1" }, "TypeConstraintViolation"],
  ["ocpp1.6", "StatusNotification", { connectorId: 1 }, "OccurenceConstraintViolation"],
  ["ocpp1.6", "StatusNotification", { ...status, status: "Fine" }, "PropertyConstraintViolation"],
  ["ocpp1.6", "StatusNotification", { ...status, timestamp: "now" }, "FormationViolation"],
  ["ocpp1.6", "Heartbeat", null, "FormationViolation"],
  ["ocpp2.0.1", "StartTransaction", {}, "NotImplemented"],
  ["ocpp2.0.1", "GetVariables", {}, "NotSupported"],
  ["ocpp2.0.1", "NotifyEvent", { generatedAt: 5 }, "OccurrenceConstraintViolation"],
  ["ocpp2.0.1", "Heartbeat", { mood: 1 }, "OccurrenceConstraintViolation"],
  ["ocpp2.0.1", "Heartbeat", [], "FormatViolation"],
  ["ocpp2.1", "BatterySwap", {}, "OccurrenceConstraintViolation"],
  ["ocpp2.1", "AFRRSignal", {}, "NotSupported"],
];

test("bad CALLs get the code of their version, and reach no actor", async () => {
  await using bench = await testGateway({ limits: { badFrames: { burst: 100, perSecond: 1 } } });
  for (const [protocols, action, payload, code] of refusals) {
    // deno-lint-ignore no-await-in-loop -- one after another
    const station = await connect(bench.gateway, "CP1", { protocols });

    // deno-lint-ignore no-await-in-loop -- one after another
    const frame = await station.call(action, payload, "id");

    assert.deepEqual(frame.slice(0, 3), [4, "id", code], `${protocols} ${action}`);
    assert.equal(typeof frame[3], "string");
    assert.ok(typeof frame[4] === "object" && !Array.isArray(frame[4]));
  }
  assert.deepEqual(bench.actors.of("ocpp.call"), []);
});

test("a refusal of the actor is told by its code, and logged", async () => {
  await using bench = await testGateway();
  const forbidden = new PlatformError("forbidden", "Cannot start: the station is Pending");
  bench.actors.refuse("StartTransaction", forbidden);
  const station = await connect(bench.gateway, "CP1");

  const frame = await station.call("StartTransaction", start, "s");

  assert.deepEqual(frame, [4, "s", "SecurityError", forbidden.message, {}]);
  await eventually(() => bench.logged.length === 2, "two logged frames");
  assert.deepEqual(
    bench.logged.map(({ direction, messageType, action, messageId }) => ({
      direction,
      messageType,
      action,
      messageId,
    })),
    [
      { direction: "in", messageType: "CALL", action: "StartTransaction", messageId: "s" },
      { direction: "out", messageType: "CALLERROR", action: "StartTransaction", messageId: "s" },
    ],
  );
});

const troubles = ["timed-out", "unavailable", "overloaded", "bug"] as const;

for (const kind of troubles) {
  test(`${kind}: transaction messages get no answer, others InternalError`, async () => {
    await using bench = await testGateway();
    for (const action of ["StartTransaction", "Authorize", "StatusNotification"]) {
      bench.actors.refuse(action, new PlatformError(kind, "Cannot do it: we are in trouble"));
    }
    const station = await connect(bench.gateway, "CP1");

    station.send([2, "1", "StartTransaction", start]);
    station.send([2, "2", "Authorize", { idTag: "T1" }]);
    const frame = await station.call("StatusNotification", status, "3");
    await settled(station);

    assert.deepEqual(frame.slice(0, 3), [4, "3", "InternalError"]);
    assert.deepEqual(station.received.map((one) => (one as unknown[])[1]).includes("1"), false);
    assert.equal(station.received.length, 2);
    assert.equal(bench.gateway.boundsOf("CP1").withheld, 2);
    assert.equal(bench.telemetry.value("statewatt_gateway_withheld_total"), 2);
  });
}

test("TransactionEvent and MeterValues of 2.x are withheld as well", async () => {
  await using bench = await testGateway();
  const station = await connect(bench.gateway, "CP1", { protocols: "ocpp2.0.1" });
  const event = {
    eventType: "Ended",
    timestamp: currentTime,
    triggerReason: "EVDeparted",
    seqNo: 3,
    transactionInfo: { transactionId: "t" },
  };
  const meterValue = [{ timestamp: currentTime, sampledValue: [{ value: 1 }] }];
  for (const action of ["TransactionEvent", "MeterValues"]) {
    bench.actors.refuse(action, new PlatformError("unavailable", "Cannot: gone"));
  }

  station.send([2, "1", "TransactionEvent", event]);
  station.send([2, "2", "MeterValues", { evseId: 1, meterValue }]);
  await settled(station);

  assert.equal(station.received.length, 1);
  assert.equal(bench.gateway.boundsOf("CP1").withheld, 2);
});

test("while the store is away heartbeats are withheld", async () => {
  await using bench = await testGateway();
  bench.actors.reply("StatusNotification", {});
  const station = await connect(bench.gateway, "CP1");
  bench.order({ order: "store", awayMs: 1_000 });
  await station.call("StatusNotification", status, "before");

  station.send([2, "h", "Heartbeat", {}]);
  await station.call("StatusNotification", status, "after");
  bench.order({ order: "store", awayMs: null });
  await station.call("StatusNotification", status, "later");
  const answered = await station.call("Heartbeat", {}, "h2");

  assert.equal(station.received.some((frame) => (frame as unknown[])[1] === "h"), false);
  assert.deepEqual(answered, [3, "h2", { currentTime }]);
});

test("an answer of ours that breaks the official schema does not leave", async () => {
  await using bench = await testGateway();
  bench.actors.reply("StatusNotification", { surplus: 1 });
  bench.actors.reply("StartTransaction", { transactionId: "no number" });
  const station = await connect(bench.gateway, "CP1");

  station.send([2, "1", "StartTransaction", start]);
  const frame = await station.call("StatusNotification", status, "2");
  await settled(station);

  assert.deepEqual(frame, [4, "2", "InternalError", "Internal error", {}]);
  assert.equal(station.received.length, 2);
  assert.equal(bench.telemetry.value("statewatt_gateway_faulty_own_payloads_total"), 2);
});

test("a SEND of 2.1 reaches its actor and is never answered", async () => {
  await using bench = await testGateway();
  bench.actors.reply("NotifyPeriodicEventStream", {});
  const station = await connect(bench.gateway, "CP1", { protocols: "ocpp2.1" });
  const payload = { id: 1, pending: 0, basetime: currentTime, data: [{ t: 0, v: "1" }] };

  station.send([6, "s", "NotifyPeriodicEventStream", payload]);
  station.send([6, "bad", "NotifyPeriodicEventStream", {}]);
  station.send([5, "x", "FormatViolation", "", {}]);
  await settled(station);

  assert.equal(bench.actors.of("ocpp.call").length, 2);
  assert.equal(station.received.length, 1);
});

test("frames without a journal row reach the log, journalled ones do not", async () => {
  await using bench = await testGateway();
  bench.actors.reply("StatusNotification", {});
  const station = await connect(bench.gateway, "CP1");

  await station.call("StatusNotification", status, "1");
  await station.call("Heartbeat", {}, "2");
  await eventually(() => bench.logged.length >= 2, "logged frames");

  assert.deepEqual(bench.logged.map(({ at, ...frame }) => ({ ...frame, isTimed: at > 0 })), [
    {
      tenant: "default",
      stationId: "CP1",
      direction: "in",
      messageType: "CALL",
      action: "Heartbeat",
      messageId: "2",
      payload: "{}",
      isTimed: true,
    },
    {
      tenant: "default",
      stationId: "CP1",
      direction: "out",
      messageType: "CALLRESULT",
      action: "Heartbeat",
      messageId: "2",
      payload: JSON.stringify({ currentTime }),
      isTimed: true,
    },
  ]);
});

test("a StopTransaction whose sender hangs up at once still reaches its actor", async () => {
  await using bench = await testGateway();
  bench.actors.reply("StopTransaction", {});
  bench.actors.answers.set("Authorize", () => new Promise(() => {}));
  const station = await connect(bench.gateway, "CP1");
  const stop = { transactionId: 7, meterStop: 100, timestamp: currentTime, reason: "HardReset" };

  for (const id of ["1", "2"]) station.send([2, id, "Authorize", { idTag: "T1" }]);
  station.send([2, "3", "StopTransaction", stop]);
  station.socket.close(1000);
  await eventually(() => bench.actors.of("socket.closed").length === 1, "the report of the close");

  const types = bench.actors.asked.map(({ header }) => header["action"] ?? header.type);
  assert.deepEqual(types.slice(-2), ["StopTransaction", "socket.closed"]);
});
