import assert from "node:assert/strict";
import { test } from "node:test";
import type { OcppAnswer } from "#schemas/events/gateway.ts";
import { stationSecretPurpose } from "#schemas/sealed_secret.ts";
import { LocalBus } from "#engine/adapters/local_bus.ts";
import { sealText } from "#engine/sealed_text.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { type CallOrder, Calls, tellLateAnswer } from "./calls.ts";
import type { GatewayContext, Line } from "./context.ts";
import { Counts } from "./counts.ts";
import { FrameLog } from "./frame_log.ts";
import { CALLERROR, CALLRESULT } from "./frame.ts";
import { LateCalls } from "./late_calls.ts";
import { type GatewayLimits, gatewayLimits } from "./limits.ts";
import { Reports } from "./reports.ts";
import { RivalWaits } from "./rival_waits.ts";
import { StoreState } from "./store_state.ts";
import { RecordedActors, testKey } from "./testing.ts";

class Bench {
  readonly clock = new SimClock();
  readonly actors = new RecordedActors();
  readonly written: string[] = [];
  readonly context: GatewayContext;
  readonly calls: Calls;
  readonly line: Line;
  isOpen = true;

  constructor(changed: Partial<GatewayLimits> = {}) {
    const { clock, actors } = this;
    const limits = { ...gatewayLimits, ...changed };
    const telemetry = silentTelemetry(clock);
    const counts = new Counts(telemetry, clock);
    this.context = {
      id: "g1",
      tenant: "default",
      serverKey: testKey,
      actors,
      clock,
      random: new SimRandom(1),
      limits,
      counts,
      frameLog: new FrameLog(new LocalBus({ clock, telemetry }), limits, counts),
      reports: new Reports(actors, limits, counts),
      lateCalls: new LateCalls(clock, limits),
      rivals: new RivalWaits(this.clock, limits),
      store: new StoreState(clock, limits),
    };
    this.line = {
      identity: "CP1",
      address: { tenant: "default", kind: "charger", key: "CP1" },
      protocol: "ocpp1.6",
      epoch: "1.1",
      write: (text) => {
        if (this.isOpen) this.written.push(text);
        return this.isOpen;
      },
    };
    this.calls = new Calls(this.context, this.line);
  }

  offer(messageId: string, change: Partial<CallOrder> = {}): void {
    this.calls.offer({
      order: "call",
      tenant: "default",
      identity: "CP1",
      epoch: "1.1",
      messageId,
      action: "ClearCache",
      priority: 1,
      queueMs: 60_000,
      timeoutMs: 30_000,
      payload: {},
      ...change,
    });
  }

  answer(messageId: string): boolean {
    return this.calls.settle({ type: CALLRESULT, messageId, payload: { status: "Accepted" } });
  }

  advance(ms: number): void {
    this.clock.advance(ms);
    this.calls.sweep(this.clock.monotonic());
  }

  get sent(): readonly string[] {
    return this.written.map((text) => JSON.parse(text)[1]);
  }

  get told(): readonly string[] {
    return this.actors.of("ocpp.answer").map(({ header, body }) => {
      const answer: OcppAnswer = JSON.parse(body);
      return `${header["messageId"]} ${answer.outcome}${"late" in answer ? " late" : ""}`;
    });
  }
}

test("one CALL is in flight; the next leaves when it is answered, and `sent` is told of what waited", () => {
  const bench = new Bench();

  bench.offer("a");
  bench.offer("b");
  const before = [...bench.sent];
  bench.answer("a");
  bench.answer("b");

  assert.deepEqual(before, ["a"]);
  assert.deepEqual(bench.sent, ["a", "b"]);
  assert.deepEqual(bench.told, ["a answered", "b sent", "b answered"]);
});

test("a CALL leaves as the standard spells it, keys in the order given", () => {
  const bench = new Bench();

  bench.offer("m", {
    action: "ChangeAvailability",
    payload: { type: "Inoperative", connectorId: 99 },
  });

  assert.deepEqual(bench.written, [
    '[2,"m","ChangeAvailability",{"type":"Inoperative","connectorId":99}]',
  ]);
});

test("the answer tells the response, or the station's error", () => {
  const bench = new Bench();
  bench.offer("a");
  bench.offer("b");

  bench.answer("a");
  bench.calls.settle({
    type: CALLERROR,
    messageId: "b",
    code: "NotSupported",
    description: "never",
    details: { why: 1 },
  });

  const [answered, , failed] = bench.actors.of("ocpp.answer");
  assert.equal(answered?.body, '{"outcome":"answered","response":{"status":"Accepted"}}');
  assert.deepEqual(answered?.header, {
    type: "ocpp.answer",
    cause: "answer/a/answered",
    messageId: "a",
    epoch: "1.1",
  });
  assert.deepEqual(JSON.parse(failed?.body ?? ""), {
    outcome: "failed",
    error: { code: "NotSupported", description: "never", details: { why: 1 } },
  });
});

test("priority decides the order, arrival among equals", () => {
  const bench = new Bench();
  bench.offer("first");

  bench.offer("report", { priority: 2 });
  bench.offer("normal 1");
  bench.offer("start 1", { priority: 0 });
  bench.offer("normal 2");
  bench.offer("start 2", { priority: 0 });
  for (const id of ["first", "start 1", "start 2", "normal 1", "normal 2", "report"]) {
    assert.ok(bench.answer(id), id);
  }

  assert.deepEqual(bench.sent, ["first", "start 1", "start 2", "normal 1", "normal 2", "report"]);
});

test("what waited too long expires and never leaves", () => {
  const bench = new Bench();
  bench.offer("first");
  bench.offer("patient", { queueMs: 40_000 });
  bench.offer("hasty", { queueMs: 5_000 });

  bench.advance(5_000);
  bench.answer("first");

  assert.deepEqual(bench.sent, ["first", "patient"]);
  assert.deepEqual(bench.told, ["hasty expired", "first answered", "patient sent"]);
});

test("a full queue drops its last: a report gives way to a remote start", () => {
  const bench = new Bench({ ourCallsWaitingMax: 2 });
  bench.offer("first");
  bench.offer("report 1", { priority: 2 });
  bench.offer("report 2", { priority: 2 });

  bench.offer("start", { priority: 0 });
  bench.offer("report 3", { priority: 2 });

  assert.deepEqual(bench.told, ["report 2 expired", "report 3 expired"]);
  assert.equal(bench.context.counts.boundsOf("CP1")["our-calls-waiting"], 2);
});

test("without an answer in time the next CALL leaves, and a late result is still told", () => {
  const bench = new Bench();
  bench.offer("slow", { timeoutMs: 10_000 });
  bench.offer("next");

  bench.advance(9_999);
  const early = [...bench.told];
  bench.advance(1);
  bench.clock.advance(599_000);
  const isOpen = bench.answer("slow");
  const epoch = bench.context.lateCalls.take("CP1", "slow");
  const frame = { type: CALLRESULT, messageId: "slow", payload: {} } as const;
  tellLateAnswer(bench.context, bench.line, frame, epoch ?? "");

  assert.deepEqual([early, isOpen, epoch], [[], false, "1.1"]);
  assert.deepEqual(bench.sent, ["slow", "next"]);
  assert.deepEqual(bench.told, ["slow timedOut", "next sent", "slow answered late"]);
});

test("a late result is matched once, for ten minutes, among a bounded number", () => {
  const { context, clock } = new Bench({ lateResultsMax: 2 });
  for (const id of ["1", "2", "3"]) context.lateCalls.add("CP1", id, "1.1");

  const dropped = context.lateCalls.take("CP1", "1");
  const once = context.lateCalls.take("CP1", "2");
  const twice = context.lateCalls.take("CP1", "2");
  clock.advance(600_001);
  const tooLate = context.lateCalls.take("CP1", "3");

  assert.deepEqual([dropped, once, twice, tooLate], [undefined, "1.1", undefined, undefined]);
});

test("when the socket closes, what was written is unknown and what waited has expired", () => {
  const bench = new Bench();
  bench.offer("written");
  bench.offer("waiting");

  bench.calls.close();

  assert.deepEqual(bench.told, ["written unknown", "waiting expired"]);
  assert.equal(bench.calls.isBusy, false);
  assert.equal(bench.context.lateCalls.take("CP1", "written"), "1.1");
});

test("what the socket does not take has expired", () => {
  const bench = new Bench();
  bench.isOpen = false;

  bench.offer("a");

  assert.deepEqual(bench.told, ["a expired"]);
});

test("a CALL of ours that breaks the official schema does not leave", () => {
  const bench = new Bench();

  bench.offer("a", {
    action: "ChangeAvailability",
    payload: { connectorId: "1", type: "Operative" },
  });
  bench.offer("b", { action: "Heartbeat" });

  assert.deepEqual(bench.written, []);
  assert.deepEqual(
    bench.actors.bodies("ocpp.answer").map((body) =>
      (body as { error: { code: string } }).error.code
    ),
    ["TypeConstraintViolation", "NotSupported"],
  );
});

test("a response that is no object is a failure, an odd one is passed on", () => {
  const bench = new Bench();
  bench.offer("a");
  bench.offer("b");

  bench.calls.settle({ type: CALLRESULT, messageId: "a", payload: null });
  bench.calls.settle({ type: CALLRESULT, messageId: "b", payload: { status: "Perhaps" } });

  assert.deepEqual(bench.told, ["a failed", "b sent", "b answered"]);
  assert.equal(bench.context.counts.boundsOf("CP1").borne, 2);
});

test("while a BootNotification has no answer nothing of ours leaves", () => {
  const bench = new Bench();

  bench.calls.hold(true);
  bench.offer("a");
  bench.offer("b");
  const before = [...bench.sent];
  bench.calls.hold(false);

  assert.deepEqual(before, []);
  assert.deepEqual(bench.sent, ["a"]);
  assert.deepEqual(bench.told, ["a sent"]);
});

test("a sealed secret is opened just before it leaves; one that does not open never leaves", () => {
  const bench = new Bench();
  const owner = [stationSecretPurpose, "default", "CP1"] as const;
  const value = { $sealed: sealText('"4A4B"', owner, testKey, new SimRandom(2)) };
  const action = "ChangeConfiguration";
  bench.offer("c1", { action, payload: { key: "AuthorizationKey", value } });
  assert.deepEqual(bench.written, [
    '[2,"c1","ChangeConfiguration",{"key":"AuthorizationKey","value":"4A4B"}]',
  ]);
  bench.answer("c1");

  const foreign = { $sealed: sealText('"4A4B"', ["other"], testKey, new SimRandom(2)) };
  bench.offer("c2", { action, payload: { key: "AuthorizationKey", value: foreign } });
  // Opened, it must still be what the schema takes.
  const long = {
    $sealed: sealText(JSON.stringify("x".repeat(501)), owner, testKey, new SimRandom(2)),
  };
  bench.offer("c3", { action, payload: { key: "AuthorizationKey", value: long } });
  assert.equal(bench.written.length, 1);
  const outcomes = bench.actors.bodies("ocpp.answer") as readonly { readonly outcome: string }[];
  assert.deepEqual(outcomes.map(({ outcome }) => outcome), ["answered", "failed", "failed"]);
  assert.doesNotMatch(JSON.stringify(outcomes), /xxx/);
});
