import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "./sim/sim_clock.ts";
import { SimRandom } from "./sim/sim_random.ts";
import { SpanList } from "./sim/span_list.ts";
import { plugInOf, Tracer } from "./tracing.ts";

const session = "default:session/CP1~1";

function tracerWith(ratio = 1): { tracer: Tracer; list: SpanList; clock: SimClock } {
  const clock = new SimClock();
  const list = new SpanList();
  return {
    tracer: new Tracer({ clock, random: new SimRandom(1), sink: list, ratio }),
    list,
    clock,
  };
}

test("a message's stages hang below it, one after the other", () => {
  const { tracer, list, clock } = tracerWith();
  const trace = tracer.begin("Heartbeat", clock.monotonic(), { "ocpp.station": "CP1" });

  trace.stage("receive");
  clock.advance(2);
  trace.stage("bus", "client");
  clock.advance(5);
  trace.end();
  trace.end();

  assert.deepEqual(list.tree(trace.traceId), ["Heartbeat", "  receive", "  bus"]);
  const [own, receive, bus] = list.spans;
  assert.equal(list.spans.length, 3);
  assert.deepEqual([receive?.endAt, bus?.endAt], [bus?.startAt, own?.endAt]);
  assert.equal((own?.endAt ?? 0) - (own?.startAt ?? 0), 7);
  assert.equal(bus?.kind, "client");
});

test("both sides of a message end in the trace of its plug-in", () => {
  const { tracer, list, clock } = tracerWith();
  const gateway = tracer.begin("StartTransaction", clock.monotonic(), {});
  gateway.stage("bus", "client");
  const first = gateway.traceId;
  const worker = tracer.join(gateway.traceparent, "default:charger/CP1", {});
  assert.ok(worker !== undefined);
  worker.stage("mailbox");
  worker.stage("step");
  worker.belongsTo(session, true);
  worker.end();
  gateway.adopt(worker.plugIn);
  gateway.end();

  const { traceId } = plugInOf(session);
  assert.notEqual(first, traceId);
  assert.equal(gateway.traceId, traceId);
  assert.deepEqual(list.tree(traceId), [
    "plug-in",
    "  StartTransaction",
    "    bus",
    "      default:charger/CP1",
    "        mailbox",
    "        step",
  ]);
  assert.equal(list.spans.filter((span) => span.traceId !== traceId).length, 0);
});

test("a later message of the session joins its trace and makes no second root", () => {
  const { tracer, list, clock } = tracerWith();
  for (const isNew of [true, false]) {
    const trace = tracer.begin("MeterValues", clock.monotonic(), {});
    trace.belongsTo(session, isNew);
    trace.adopt(trace.plugIn);
    trace.end();
    clock.advance(60_000);
  }

  assert.deepEqual(list.tree(plugInOf(session).traceId), [
    "plug-in",
    "  MeterValues",
    "  MeterValues",
  ]);
});

test("what is no traceparent of ours is not joined", () => {
  const { tracer } = tracerWith();
  const digits = "0123456789abcdef";
  for (const text of ["", "00-1-2-01", `00-${digits}${digits}-${digits}-00`, `${digits}\n`]) {
    assert.equal(tracer.join(text, "x", {}), undefined);
  }
});

test("draws() takes about the share of stations that it was told, and stays with a station", () => {
  const { tracer, clock } = tracerWith(0.1);
  const keys = Array.from({ length: 5_000 }, (_, index) => `CP${index}`);
  const drawn = (): readonly string[] => keys.filter((key) => tracer.draws(key));

  const before = drawn();
  assert.ok(before.length > 400 && before.length < 600, `${before.length} of 5000`);
  clock.advance(60_000);
  const stayed = new Set(drawn());
  assert.ok(before.filter((key) => !stayed.has(key)).length <= 1);
  clock.advance(14 * 24 * 60 * 60 * 1_000);
  const later = new Set(drawn());
  assert.ok(before.filter((key) => later.has(key)).length < before.length / 2);
  assert.equal(keys.filter((key) => tracerWith(0).tracer.draws(key)).length, 0);
  assert.equal(keys.filter((key) => tracerWith(1).tracer.draws(key)).length, keys.length);
});
