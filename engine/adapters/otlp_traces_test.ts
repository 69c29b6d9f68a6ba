import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "../sim/sim_clock.ts";
import type { Span } from "../ports/spans.ts";
import { silentTelemetry, type Telemetry } from "../telemetry.ts";
import { type OtlpTraces, otlpTraces, readOtlpHeaders, withoutCredentials } from "./otlp_traces.ts";
import { OtlpReceiver } from "./otlp_testing.ts";

const span: Span = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentId: undefined,
  name: "StartTransaction",
  kind: "server",
  startAt: 1_700_000_000_000.125,
  endAt: 1_700_000_000_004,
  attributes: { "ocpp.station": "CP1", "rows": 3, "share": 0.5, "isRepeat": false },
  error: undefined,
};

interface Stage {
  readonly receiver: OtlpReceiver;
  readonly clock: SimClock;
  readonly telemetry: Telemetry;
  readonly traces: OtlpTraces;
}

async function withStage(use: (stage: Stage) => Promise<void>): Promise<void> {
  const receiver = await OtlpReceiver.start();
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const traces = otlpTraces({
    ...{ clock, telemetry },
    endpoint: `${receiver.url}/`,
    headers: { "x-key": "k" },
    resource: { "service.name": "statewatt-gateway" },
  });
  try {
    await use({ receiver, clock, telemetry, traces });
  } finally {
    await traces.close();
    await receiver.close();
  }
}

test("spans of a second leave in one request, as OTLP's JSON has them", () =>
  withStage(async ({ receiver, clock, telemetry, traces }) => {
    traces.add([span, { ...span, spanId: "00f067aa0ba902b7", parentId: span.spanId }]);
    traces.add([{ ...span, error: "timed-out" }]);
    clock.advance(1_000);
    await receiver.spans(3);
    await traces.close();

    assert.equal(receiver.requests.length, 1);
    const [request] = receiver.requests;
    assert.equal(request?.path, "/v1/traces");
    assert.equal(request?.headers["x-key"], "k");
    assert.deepEqual(request?.body, {
      resourceSpans: [{
        resource: {
          attributes: [{ key: "service.name", value: { stringValue: "statewatt-gateway" } }],
        },
        scopeSpans: [{
          scope: { name: "statewatt" },
          spans: [
            own(),
            { ...own(), spanId: "00f067aa0ba902b7", parentSpanId: span.spanId },
            { ...own(), status: { code: 2, message: "timed-out" } },
          ],
        }],
      }],
    });
    assert.equal(telemetry.value("statewatt_spans_sent_total"), 3);
  }));

function own(): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    name: "StartTransaction",
    kind: 2,
    startTimeUnixNano: "1700000000000125000",
    endTimeUnixNano: "1700000000004000000",
    attributes: [
      { key: "ocpp.station", value: { stringValue: "CP1" } },
      { key: "rows", value: { intValue: "3" } },
      { key: "share", value: { doubleValue: 0.5 } },
      { key: "isRepeat", value: { boolValue: false } },
    ],
  };
}

test("what does not fit is dropped and counted, the rest still leaves", () =>
  withStage(async ({ receiver, telemetry, traces }) => {
    receiver.hold();
    traces.add(Array.from({ length: 512 }, () => span));
    await receiver.arrived(1);
    for (let block = 0; block < 9; block++) traces.add(Array.from({ length: 512 }, () => span));

    assert.equal(telemetry.value("statewatt_spans_dropped_total", "queue"), 512);
    receiver.release();
    await receiver.spans(512 * 9);
  }));

test("a collector that refuses or is away costs its spans and nothing else", () =>
  withStage(async ({ receiver, clock, telemetry, traces }) => {
    receiver.status = 503;
    traces.add([span]);
    clock.advance(1_000);
    await receiver.arrived(1);
    await traces.close();

    assert.equal(telemetry.value("statewatt_spans_dropped_total", "collector"), 1);
    traces.add([span]);
    assert.equal(telemetry.value("statewatt_spans_dropped_total", "queue"), 1);
  }));

test("close() sends what is left", () =>
  withStage(async ({ receiver, traces }) => {
    traces.add([span]);
    await traces.close();

    assert.equal(receiver.requests.length, 1);
  }));

test("readOtlpHeaders() and withoutCredentials() read what the environment says", () => {
  assert.deepEqual(readOtlpHeaders("api-key=a%20b, x=y=z,bad"), { "api-key": "a b", x: "y=z" });
  assert.deepEqual(withoutCredentials("http://me:p%40ss@host:4318/base"), {
    endpoint: "http://host:4318/base",
    headers: { authorization: `Basic ${btoa("me:p@ss")}` },
  });
  assert.deepEqual(withoutCredentials("http://host:4318"), {
    endpoint: "http://host:4318",
    headers: {},
  });
});
