import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalBus } from "./adapters/local_bus.ts";
import { actorsOverBus, actorSubject, isServed } from "./actor_client.ts";
import { encodeEnvelope } from "./envelope.ts";
import { Host } from "./host.ts";
import { counterKind } from "./sim/counter_actor.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { SimRandom } from "./sim/sim_random.ts";
import { SimStore } from "./sim/sim_store.ts";
import { SpanList } from "./sim/span_list.ts";
import { silentTelemetry, type Telemetry } from "./telemetry.ts";
import { plugInOf, Tracer } from "./tracing.ts";

interface Stage {
  readonly bus: LocalBus;
  readonly host: Host;
  readonly list: SpanList;
  readonly tracer: Tracer;
  readonly telemetry: Telemetry;
  ask(to: string, type: string, extra?: object, body?: object): Promise<string>;
}

async function withStage(use: (stage: Stage) => Promise<void>): Promise<void> {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const store = new SimStore(1);
  const list = new SpanList();
  const tracer = new Tracer({ clock, random: new SimRandom(1), sink: list, ratio: 1 });
  const host = new Host({
    owner: () => "w1.1",
    kinds: [counterKind],
    ...{ store, bus, clock, telemetry, tracer },
    actors: actorsOverBus(bus, 1, clock),
    ownership: { mayAnswer: () => true },
    inputs: { draw: () => Promise.resolve(42) },
    onCommitted: () => {},
  });
  await host.start();
  await host.custody.take(await store.takeShards("w1.1", [0]));
  const ask = (to: string, type: string, extra: object = {}, body: object = {}): Promise<string> =>
    bus.ask(
      actorSubject(0),
      encodeEnvelope(`default:counter/${to}`, { type, cause: "t", ...extra }, JSON.stringify(body)),
      5_000,
    );
  await use({ bus, host, list, tracer, telemetry, ask });
  await host.stop();
  await bus.close();
}

test("a traced message shows its stages, and its answer names its plug-in", () =>
  withStage(async ({ list, tracer, ask }) => {
    const trace = tracer.begin("call", 0, {});
    trace.stage("bus", "client");
    const { traceparent } = trace;

    const answer = await ask("a", "pass", { traceparent }, { to: "default:counter/a~1" });

    const { traceId, spanId } = plugInOf("default:counter/a~1");
    assert.equal(answer, `T00-${traceId}-${spanId}-01J{"count":1}`);
    assert.deepEqual(list.tree(traceId), [
      "plug-in",
      "? default:counter/a",
      "  mailbox",
      "  load",
      "  load",
      "  step",
      "  commit wait",
      "  commit",
    ]);
    await ask("a", "pass", { traceparent }, { to: "default:counter/a~1" });
    assert.equal(list.tree(traceId).filter((name) => name === "plug-in").length, 1);
  }));

test("a message without a session stays in its own trace and waits for no commit", () =>
  withStage(async ({ list, tracer, ask }) => {
    const trace = tracer.begin("call", 0, {});

    const answer = await ask("a", "read", { traceparent: trace.traceparent });

    assert.match(answer, /^N\{/);
    assert.deepEqual(list.tree(trace.traceId), [
      "? default:counter/a",
      "  mailbox",
      "  load",
      "  step",
    ]);
  }));

test("a message that is not traced makes no span", () =>
  withStage(async ({ list, telemetry, ask }) => {
    assert.equal(await ask("a", "add"), 'J{"count":1}');
    assert.equal(await ask("a", "add", { traceparent: "nonsense" }), 'J{"count":2}');

    assert.equal(list.spans.length, 0);
    assert.equal(telemetry.value("statewatt_answers_total"), 2);
  }));

test("a refusal is counted by its kind and ends its trace with the reason", () =>
  withStage(async ({ list, tracer, telemetry, ask }) => {
    const trace = tracer.begin("call", 0, {});

    await assert.rejects(ask("a", "nonsense", { traceparent: trace.traceparent }));

    assert.equal(telemetry.total("statewatt_answers_refused_total"), 1);
    assert.notEqual(list.spans[0]?.error, undefined);
  }));

test("who asks whether a shard is served touches no actor", () =>
  withStage(async ({ bus, host }) => {
    assert.equal(await isServed(bus, 0, 1_000), true);
    assert.equal(await isServed(bus, 1, 1_000), false);
    assert.equal(host.size, 0);
  }));

test("evict() takes an idle partition out of memory, and it comes back as it was", () =>
  withStage(async ({ host, ask }) => {
    await ask("a", "add", {}, { by: 3 });
    const { partitions } = host.load;
    const partition = partitions.find("default:counter/a");
    assert.ok(partition !== undefined);

    const running = ask("a", "add");
    await Promise.resolve();
    const wasIdle = partitions.evict(partition);
    assert.equal(await running, 'J{"count":4}');

    assert.equal(wasIdle, false);
    assert.equal(partitions.evict(partition), true);
    assert.equal(partitions.evict(partition), false);
    assert.equal(partitions.find("default:counter/a"), undefined);
    assert.equal(await ask("a", "add"), 'J{"count":5}');
  }));
