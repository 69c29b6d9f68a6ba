/** One whole OCPP 1.6 session over a gateway, a worker and NATS as they run apart, traced. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { WebSocket } from "ws";
import { OtlpReceiver, type ReceivedSpan } from "#engine/adapters/otlp_testing.ts";
import { spanTree } from "#engine/sim/span_list.ts";
import { plugInOf } from "#engine/tracing.ts";
import { open, type TestStation } from "#gateway/testing.ts";
import { freePort } from "./free_port.ts";
import { ownNats, testPostgres } from "./testing.ts";
import { runStart } from "./testing_start.ts";

const role = fileURLToPath(new URL("./role.ts", import.meta.url));
export const tracedSession = "default:session/CP1~1";

export interface TracedRun {
  /** Everything that the collector got. */
  readonly spans: readonly ReceivedSpan[];
  /** Ids of the journal's rows that say in which trace they came to be. */
  readonly journalTraces: readonly string[];
}

/** Runs it and resolves when all its spans have arrived. */
export async function runTracedSession(): Promise<TracedRun> {
  const [database, nats, collector] = await Promise.all([
    testPostgres(),
    ownNats(),
    OtlpReceiver.start(),
  ]);
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql`INSERT INTO token_versions VALUES ('default', 1)`;
  await sql`INSERT INTO tokens (tenant, key, uid, type, status, concurrent_sessions, version)
    VALUES ('default', '04aabb', '04AABB', 'ISO14443', 'Accepted', 1, 1)`;
  const ocppPort = await freePort();
  const environment = {
    ...{ DATABASE_URL: database.url, NATS_URL: nats.url, HOST: "127.0.0.1", METRICS_PORT: "0" },
    ...{ OCPP_PORT: String(ocppPort), SERVER_KEY: "server-key-of-a-test-with-32-characters" },
    ...{ AUTO_REGISTER_STATIONS: "1", WORKER_NAME: "w1", LOG_FORMAT: "json" },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: "1" },
    DRAIN_SECONDS: "0",
  };
  const runs = ["worker", "gateway"].map((name) => runStart(environment, [name], role));
  try {
    for (const run of runs) {
      // deno-lint-ignore no-await-in-loop -- the gateway needs the worker
      assert.ok(await run.says('"ready"'), run.output());
    }
    const url = `ws://127.0.0.1:${ocppPort}/ocpp/CP1`;
    const station = await open(new WebSocket(url, ["ocpp1.6"]));
    await charge(station);
    station.socket.close();
    const { traceId } = plugInOf(tracedSession);
    const isWhole = (name: string): boolean =>
      collector.received.some((span) => span.traceId === traceId && span.name === name);
    await collector.until(() => isWhole("StopTransaction") && isWhole("plug-in"), "the trace");
    await Promise.all(runs.map((run) => run.stop()));
    const rows = await sql<{ header: string }[]>`SELECT header FROM journal ORDER BY shard, seq`;
    const traces = rows.map(({ header }) => /-([0-9a-f]{32})-/.exec(header)?.[1] ?? "");
    return { spans: collector.received, journalTraces: traces.filter((id) => id !== "") };
  } finally {
    for (const { child } of runs) child.kill("SIGKILL");
    await Promise.all(runs.map((run) => run.ended()));
    await sql.end({ timeout: 1 });
    await Promise.all([database.close(), nats.close(), collector.close()]);
  }
}

async function charge(station: TestStation): Promise<void> {
  await station.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
  const start = { connectorId: 1, idTag: "04AABB", meterStart: 1_000 };
  const [, , started] = await station.call("StartTransaction", {
    ...start,
    timestamp: "2026-11-22T12:00:00Z",
  }, "start-1");
  const { transactionId } = started as { transactionId: number };
  for (const [index, value] of ["2500", "4000"].entries()) {
    // deno-lint-ignore no-await-in-loop -- one after the other
    await station.call("MeterValues", {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: `2026-11-22T12:0${index + 1}:00Z`, sampledValue: [{ value }] }],
    }, `meter-${index}`);
  }
  await station.call("StopTransaction", {
    transactionId,
    meterStop: 5_000,
    timestamp: "2026-11-22T12:10:00Z",
  }, "stop-1");
}

/** The trace of the session as lines: process, name indented, when it began and how long it took. */
export function traceLines(spans: readonly ReceivedSpan[]): readonly string[] {
  const { traceId } = plugInOf(tracedSession);
  const placed = spanTree(spans.filter((span) => span.traceId === traceId));
  const first = Math.min(...placed.map(({ span }) => span.startAt));
  const names = placed.map(({ span, depth }) => "  ".repeat(depth) + span.name);
  const width = Math.max(...names.map((name) => name.length));
  return placed.map(({ span }, index) => {
    const name = (names[index] ?? "").padEnd(width);
    const process = span.process.replace("statewatt-", "").padEnd(7);
    const at = ms(span.startAt - first).padStart(9);
    return `${name}  ${process}  ${at}  ${ms(span.endAt - span.startAt).padStart(8)}`.trimEnd();
  });
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
