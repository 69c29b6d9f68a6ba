import assert from "node:assert/strict";
import { test } from "node:test";
import type { StationQuirks } from "#schemas/events/gateway.ts";
import { connect, eventually, json, type TestGateway, testGateway } from "./testing.ts";

const meterValue = { timestamp: "2026-01-01T00:00:00Z", sampledValue: [{ value: "5" }] };
const ofHuawei = { connectorId: 1, meterValue };
const boot = (vendor: string): object => ({
  chargePointVendor: vendor,
  chargePointModel: "FusionCharge",
  firmwareVersion: "1",
});

function answering(bench: TestGateway, quirks?: StationQuirks): void {
  bench.actors.reply("MeterValues", {});
  bench.actors.reply("BootNotification", {
    currentTime: "2026-01-01T00:00:00Z",
    interval: 300,
    status: "Accepted",
  });
  if (quirks === undefined) return;
  bench.actors.answers.set("socket.opened", () => json({ epoch: "1.1", quirks }));
}

/** Bodies of the meter values that reached the actor. */
function metered(bench: TestGateway): readonly unknown[] {
  return bench.actors.of("ocpp.call").filter(({ header }) => header["action"] === "MeterValues")
    .map(({ body }) => JSON.parse(body));
}

test("a station is read by the quirks of the build that it boots with; others are not", async () => {
  await using bench = await testGateway();
  answering(bench);
  const station = await connect(bench.gateway, "H1");
  const before = await station.call("MeterValues", ofHuawei, "1");
  assert.equal((before as unknown[])[2], "TypeConstraintViolation");

  await station.call("BootNotification", boot("Huawei"), "2");
  assert.deepEqual(await station.call("MeterValues", ofHuawei, "3"), [3, "3", {}]);
  assert.deepEqual(metered(bench), [{ connectorId: 1, meterValue: [meterValue] }]);

  await station.call("BootNotification", boot("Other"), "4");
  const after = await station.call("MeterValues", ofHuawei, "5");
  assert.equal((after as unknown[])[2], "TypeConstraintViolation");
});

test("the log has the frame as it came, and a repetition is the same message", async () => {
  await using bench = await testGateway();
  const quirks = { inForce: ["missing-time"], on: ["missing-time"], off: [] };
  answering(bench, quirks);
  const station = await connect(bench.gateway, "H1");
  const payload = { connectorId: 1, meterValue: [{ sampledValue: [{ value: "5" }] }] };
  await station.call("MeterValues", payload, "1");
  const firstAt = performance.now();
  await eventually(() => performance.now() > firstAt + 2, "another millisecond");
  station.send([2, "1", "MeterValues", payload]);
  await station.until(() => station.received.length === 2, "the second answer");

  const times = metered(bench).map((body) => JSON.stringify(body));
  assert.notEqual(times[0], times[1], "the time of receipt stands for the missing one");
  const causes = bench.actors.of("ocpp.call").map(({ header }) => header.cause);
  assert.equal(causes.length, 2);
  assert.equal(causes[0], causes[1]);
  await eventually(
    () =>
      bench.logged.some((frame) =>
        frame.messageType === "CALL" && frame.payload === JSON.stringify(payload)
      ),
    "the frame in the log",
  );
});

test("a station that comes without a boot is read by what its actor knows", async () => {
  await using bench = await testGateway();
  answering(bench, { inForce: ["huawei-value-object", "no longer known"], on: [], off: [] });
  const station = await connect(bench.gateway, "H1");
  assert.deepEqual(await station.call("MeterValues", ofHuawei, "1"), [3, "1", {}]);
});

test("what operators say counts at once, and for the next boot", async () => {
  await using bench = await testGateway();
  answering(bench);
  const station = await connect(bench.gateway, "H1");
  await station.call("BootNotification", boot("Huawei"), "1");
  const quirks = { inForce: [], on: [], off: ["huawei-value-object"] };
  bench.order({ order: "quirks", tenant: "default", identity: "H1", epoch: "1.1", quirks });
  const off = await station.call("MeterValues", ofHuawei, "2");
  assert.equal((off as unknown[])[2], "TypeConstraintViolation");
  await station.call("BootNotification", boot("Huawei"), "3");
  const still = await station.call("MeterValues", ofHuawei, "4");
  assert.equal((still as unknown[])[2], "TypeConstraintViolation");

  const others = { order: "quirks", tenant: "default", identity: "H1", epoch: "1.0" } as const;
  bench.order({ ...others, quirks: { ...quirks, inForce: ["huawei-value-object"] } });
  const other = await station.call("MeterValues", ofHuawei, "5");
  assert.equal((other as unknown[])[2], "TypeConstraintViolation");
});
