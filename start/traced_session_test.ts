import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { spanTree } from "#engine/sim/span_list.ts";
import { plugInOf } from "#engine/tracing.ts";
import { runTracedSession, type TracedRun, tracedSession } from "./testing_traced_session.ts";

let running: Promise<TracedRun> | undefined;
const traced = (): Promise<TracedRun> => running ??= runTracedSession();
const { traceId } = plugInOf(tracedSession);

test("a session is one trace, from the socket over bus, step and commit to the answer", async () => {
  const { spans } = await traced();
  const ofSession = spans.filter((span) => span.traceId === traceId);
  const placed = spanTree(ofSession);

  assert.deepEqual(placed.filter(({ depth }) => depth === 0).map(({ span }) => span.name), [
    "plug-in",
  ]);
  assert.deepEqual(placed.filter(({ depth }) => depth === 1).map(({ span }) => span.name), [
    "StartTransaction",
    "MeterValues",
    "MeterValues",
    "StopTransaction",
  ]);
  assert.equal(placed.filter(({ isOrphan }) => isOrphan).length, 0);
  for (const { span } of placed.filter(({ depth }) => depth === 1)) {
    const below = (parentId: string): readonly string[] =>
      ofSession.filter((one) => one.parentId === parentId)
        .sort((one, other) => one.startAt - other.startAt).map(({ name }) => name);
    assert.deepEqual(below(span.spanId), ["receive", "validate", "bus", "answer"]);
    const bus = ofSession.find(({ name, parentId }) => name === "bus" && parentId === span.spanId);
    const [worker] = ofSession.filter(({ parentId }) => parentId === bus?.spanId);
    assert.deepEqual([worker?.name, worker?.process], ["default:charger/CP1", "statewatt-worker"]);
    const stages = below(worker?.spanId ?? "");
    assert.equal(stages[0], "mailbox");
    assert.deepEqual(stages.slice(-3), ["step", "commit wait", "commit"]);
  }
});

test("spans lie within those above them, across processes", async () => {
  const { spans } = await traced();
  const ofSession = new Map(
    spans.filter((span) => span.traceId === traceId).map((span) => [span.spanId, span]),
  );

  for (const span of ofSession.values()) {
    const above = ofSession.get(span.parentId ?? "");
    if (above === undefined || above.name === "plug-in") continue;
    // Two processes read the clock of one machine, which counts whole ms.
    const slackMs = 50;
    assert.ok(span.startAt >= above.startAt - slackMs, `${span.name} begins before ${above.name}`);
    assert.ok(span.endAt <= above.endAt + slackMs, `${span.name} ends after ${above.name}`);
  }
});

test("a boot is a trace by itself, and journal rows name their trace", async () => {
  const { spans, journalTraces } = await traced();
  const boot = spans.find(({ name }) => name === "BootNotification");

  assert.notEqual(boot?.traceId, traceId);
  assert.equal(boot?.parentId, undefined);
  assert.ok(journalTraces.includes(boot?.traceId ?? ""));
});

test("ops/trace.md shows such a trace (deno task trace)", async () => {
  const { spans } = await traced();
  const file = fileURLToPath(new URL("../ops/trace.md", import.meta.url));
  const shown = readFileSync(file, "utf8").split("\n").map((line) =>
    /^(\s*\S.*?)\s{2,}(gateway|worker) /.exec(line)?.[1]
  ).filter((name) => name !== undefined);

  const placed = spanTree(spans.filter((span) => span.traceId === traceId));
  assert.deepEqual(shown, placed.map(({ span, depth }) => "  ".repeat(depth) + span.name));
});
