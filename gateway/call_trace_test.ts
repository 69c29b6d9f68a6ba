import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { systemRandom } from "#engine/adapters/system_random.ts";
import { SpanList } from "#engine/sim/span_list.ts";
import { plugInOf, Tracer } from "#engine/tracing.ts";
import { connect, eventually, type TestGateway, testGateway, type TestStation } from "./testing.ts";

const start = { connectorId: 1, idTag: "04AABB", meterStart: 0, timestamp: "2026-11-22T12:00:00Z" };

async function withTraced(
  ratio: number,
  use: (stage: { gateway: TestGateway; station: TestStation; list: SpanList }) => Promise<void>,
): Promise<void> {
  const list = new SpanList();
  const parts = { clock: systemClock(), random: systemRandom() };
  const tracer = new Tracer({ ...parts, sink: list, ratio });
  await using gateway = await testGateway({ tracer });
  const station = await connect(gateway.gateway, "CP1");
  await use({ gateway, station, list });
  station.socket.terminate();
}

test("a CALL is traced from the socket to the answer, below its plug-in", () =>
  withTraced(1, async ({ gateway, station, list }) => {
    const { traceId, spanId } = plugInOf("default:session/CP1~1");
    gateway.actors.answers.set("StartTransaction", () => ({
      text: '{"transactionId":7,"idTagInfo":{"status":"Accepted"}}',
      journalled: true,
      plugIn: `00-${traceId}-${spanId}-01`,
    }));

    await station.call("StartTransaction", start);
    await eventually(() => list.spans.length === 5, "five spans");

    assert.deepEqual(list.tree(traceId), [
      "? StartTransaction",
      "  receive",
      "  validate",
      "  bus",
      "  answer",
    ]);
    const [own, , , bus] = list.spans;
    assert.equal(own?.parentId, spanId);
    assert.equal(own?.attributes["ocpp.station"], "CP1");
    const [asked] = gateway.actors.of("ocpp.call");
    assert.match(String(asked?.header["traceparent"]), new RegExp(`-${bus?.spanId}-01$`));
  }));

test("a CALL that is refused or not answered says why", () =>
  withTraced(1, async ({ gateway, station, list }) => {
    gateway.actors.refuse("Heartbeat", new PlatformError("forbidden", "Cannot beat: not yet"));

    await station.call("Heartbeat", {});
    await station.call("StartTransaction", { connectorId: "one" });
    await eventually(() => list.spans.length === 7, "seven spans");

    assert.deepEqual(
      list.spans.filter(({ error }) => error !== undefined).map(({ name }) => name),
      [
        "Heartbeat",
        "StartTransaction",
      ],
    );
    assert.deepEqual(list.tree(list.spans.at(-1)?.traceId ?? ""), [
      "StartTransaction",
      "  receive",
      "  validate",
    ]);
  }));

test("a station that was not drawn is not traced, and its messages say nothing of it", () =>
  withTraced(0, async ({ gateway, station, list }) => {
    await station.call("Heartbeat", {});

    assert.equal(list.spans.length, 0);
    assert.equal("traceparent" in (gateway.actors.of("ocpp.call")[0]?.header ?? {}), false);
  }));
