import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { SimClock } from "./sim/sim_clock.ts";
import { createTelemetry, silentTelemetry, watchLoopLag } from "./telemetry.ts";

test("counters and gauges appear in the metrics text with their labels", async () => {
  const telemetry = silentTelemetry(new SimClock());
  const refused = telemetry.counter("statewatt_refused_total", "Refused", ["reason"]);

  refused.with("stale").add();
  refused.with("stale").add(2);
  refused.with("data").add();
  telemetry.gauge("statewatt_depth", "Depth").set(7);
  telemetry.watch("statewatt_rows", "Rows", () => 12);
  const text = await telemetry.metricsText();

  assert.match(text, /statewatt_refused_total\{reason="stale",process="test"\} 3/);
  assert.match(text, /statewatt_refused_total\{reason="data",process="test"\} 1/);
  assert.match(text, /statewatt_depth\{process="test"\} 7/);
  assert.match(text, /statewatt_rows\{process="test"\} 12/);
  assert.equal(telemetry.value("statewatt_refused_total", "stale"), 3);
});

test("asking twice for a name gives the same metric", async () => {
  const telemetry = silentTelemetry(new SimClock());

  telemetry.counter("statewatt_a_total", "A").add();
  telemetry.counter("statewatt_a_total", "A").add();
  telemetry.histogram("statewatt_b_seconds", "B", undefined, ["of"]).with("x").observe(0.002);
  telemetry.histogram("statewatt_b_seconds", "B", undefined, ["of"]).with("x").observe(0.2);

  const text = await telemetry.metricsText();
  assert.match(text, /statewatt_a_total\{process="test"\} 2/);
  assert.match(text, /statewatt_b_seconds_bucket\{le="0.0025",process="test",of="x"\} 1/);
  assert.match(text, /statewatt_b_seconds_count\{process="test",of="x"\} 2/);
});

test("a name of another family is refused", () => {
  const telemetry = silentTelemetry(new SimClock());
  assert.throws(() => telemetry.counter("other_total", "Other"), TypeError);
});

test("log() writes one JSON line from its level on, with errors readable", () => {
  const lines: string[] = [];
  const telemetry = createTelemetry({
    clock: new SimClock(0),
    process: "worker",
    logFormat: "json",
    logLevel: "info",
    write: (line) => void lines.push(line),
    processMetrics: false,
  });

  telemetry.log("debug", "not shown");
  telemetry.log("warn", "commit refused", { shard: 7, error: new TypeError("no") });

  assert.deepEqual(lines.map((line) => JSON.parse(line)), [{
    at: "1970-01-01T00:00:00.000Z",
    level: "warn",
    process: "worker",
    message: "commit refused",
    shard: 7,
    error: "TypeError: no",
  }]);
});

test("log() says which process speaks, and no field of a line replaces that", () => {
  const lines: string[] = [];
  const telemetry = createTelemetry({
    clock: new SimClock(0),
    process: "worker",
    id: "w1",
    logFormat: "json",
    write: (line) => void lines.push(line),
    processMetrics: false,
  });

  telemetry.log("warn", "late", { actor: "default:charger/CP1", id: "other", level: "none" });

  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    at: "1970-01-01T00:00:00.000Z",
    level: "warn",
    process: "worker",
    id: "w1",
    pid: process.pid,
    message: "late",
    actor: "default:charger/CP1",
    "field.id": "other",
    "field.level": "none",
  });
});

test("setLogLevel() decides from then on and says what it was", () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const options = { clock: new SimClock(0), process: "api", write, processMetrics: false };
  const telemetry = createTelemetry(options);

  telemetry.log("debug", "one");
  assert.equal(telemetry.setLogLevel("debug"), "info");
  telemetry.log("debug", "two");
  assert.equal(telemetry.setLogLevel("error"), "debug");
  telemetry.log("warn", "three");

  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /two$/);
});

test("total() adds up all labels, quantile() looks at the last minute", () => {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const refused = telemetry.counter("statewatt_refused_total", "Refused", ["reason"]);
  refused.with("stale").add(2);
  refused.with("data").add(3);
  const seconds = telemetry.histogram("statewatt_b_seconds", "B", [0.1, 1], ["of"]);
  seconds.with("x").observe(0.05);

  assert.equal(telemetry.total("statewatt_refused_total"), 5);
  assert.equal(telemetry.total("statewatt_absent_total"), 0);
  assert.equal(telemetry.total("statewatt_b_seconds"), 1);
  assert.equal(telemetry.quantile("statewatt_b_seconds", 1), 0.1);
  clock.advance(120_000);
  assert.equal(telemetry.quantile("statewatt_b_seconds", 1), undefined);
});

test("log() writes a readable line", () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const options = { clock: new SimClock(0), process: "api", write, processMetrics: false };

  createTelemetry(options).log("info", "ready", { port: 8080 });

  assert.deepEqual(lines, ["1970-01-01T00:00:00.000Z info  api ready port=8080"]);
});

test("process metrics are there and start with our prefix", async () => {
  const telemetry = createTelemetry({ clock: new SimClock(), process: "test" });
  const text = await telemetry.metricsText();

  assert.match(text, /^statewatt_process_resident_memory_bytes/m);
  assert.doesNotMatch(text, /^(?!statewatt_|#)\S/m);
});

test("watchLoopLag() tells the worst lag since the last look", () => {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const stop = watchLoopLag(telemetry, clock);

  clock.advance(1_000);

  assert.equal(telemetry.value("statewatt_loop_lag_max_seconds"), 0);
  stop();
  assert.equal(clock.pending, 0);
});
