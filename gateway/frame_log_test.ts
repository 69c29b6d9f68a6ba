import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoggedFrame } from "#schemas/events/gateway.ts";
import type { Bus } from "#engine/ports/bus.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry, type Telemetry } from "#engine/telemetry.ts";
import { Counts } from "./counts.ts";
import { FrameLog } from "./frame_log.ts";
import { type GatewayLimits, gatewayLimits } from "./limits.ts";

class RecordedBus implements Bus {
  readonly told: string[] = [];
  isUp = true;
  ask(): Promise<string> {
    return Promise.reject(new Error("Cannot ask: nothing is asked here"));
  }
  tell(subject: string, text: string): void {
    assert.equal(subject, "log.frames");
    this.told.push(text);
  }
  listen(): () => void {
    return () => {};
  }
  isConnected(): boolean {
    return this.isUp;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  get frames(): readonly LoggedFrame[] {
    return this.told.flatMap((text) => JSON.parse(text));
  }
}

function bench(
  changed: Partial<GatewayLimits>,
): { readonly bus: RecordedBus; readonly telemetry: Telemetry; readonly log: FrameLog } {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const bus = new RecordedBus();
  const limits = { ...gatewayLimits, ...changed };
  return { bus, telemetry, log: new FrameLog(bus, limits, new Counts(telemetry, clock)) };
}

function frame(messageId: string, payload = "{}"): LoggedFrame {
  return {
    tenant: "default",
    stationId: "CP1",
    at: 1,
    direction: "in",
    messageType: "CALL",
    action: "Heartbeat",
    messageId,
    payload,
  };
}

test("the ring loses its oldest, and counts them", () => {
  const { bus, telemetry, log } = bench({ frameLogMax: 3 });

  for (const id of ["1", "2", "3", "4", "5"]) log.add(frame(id));
  log.flush();
  log.add(frame("6"));
  log.flush();

  assert.deepEqual(bus.frames.map(({ messageId }) => messageId), ["3", "4", "5", "6"]);
  assert.equal(telemetry.value("statewatt_gateway_log_frames_lost_total"), 2);
});

test("a flush is bounded in frames and in size", () => {
  const { bus, log } = bench({ frameLogMax: 1_000, frameLogFlushMax: 10 });
  for (let id = 0; id < 25; id++) log.add(frame(String(id)));
  for (let id = 0; id < 100; id++) log.add(frame(`large ${id}`, "\u0001".repeat(10_000)));

  for (let times = 0; times < 20; times++) log.flush();

  assert.equal(bus.frames.length, 125);
  assert.ok(bus.told.every((text) => JSON.parse(text).length <= 10));
  assert.ok(bus.told.every((text) => text.length < 1_000_000));
});

test("frames are kept while the bus is down", () => {
  const { bus, log } = bench({});
  log.add(frame("1"));

  bus.isUp = false;
  log.flush();
  const kept = log.size;
  bus.isUp = true;
  log.flush();

  assert.deepEqual([kept, bus.frames.length, log.size], [1, 1, 0]);
});

test("what Postgres refuses is replaced, and what is long is cut", () => {
  const { bus, log } = bench({});

  log.add({ ...frame("a\0\ud800", "x\0\udfff" + "y".repeat(10_000)), action: "z".repeat(500) });
  log.flush();

  const [logged] = bus.frames;
  assert.equal(logged?.messageId, "a\uFFFD\uFFFD");
  assert.equal(logged?.payload?.slice(0, 4), "x\uFFFD\uFFFDy");
  assert.deepEqual([logged?.payload?.length, logged?.action?.length], [4_000, 128]);
});
