import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { LocalBus } from "#engine/adapters/local_bus.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import type { LoggedFrame } from "#schemas/events/gateway.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { keepFrameLog } from "./frame_log.ts";

let database: TestPostgres;
let sql: Sql;
before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
after(async () => {
  await sql.end();
  await database.close();
});

function frame(stationId: string, changes: Partial<LoggedFrame> = {}): LoggedFrame {
  return {
    tenant: "default",
    stationId,
    at: Date.UTC(2026, 0, 1),
    direction: "in",
    messageType: "CALL",
    action: "Heartbeat",
    messageId: "1",
    payload: "{}",
    ...changes,
  };
}

async function stored(stationId: string, count: number): Promise<readonly object[]> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    // deno-lint-ignore no-await-in-loop -- asks until the log is written; each asks Postgres once.
    const rows = await sql`SELECT direction, message_type, action, message_id, payload, at
      FROM frame_log WHERE station_id = ${stationId} ORDER BY id`;
    if (rows.length >= count) return [...rows];
  }
  assert.fail(`the log of ${stationId} never had ${count} frames`);
}

test("frames of the bus are kept as they were told, unreadable ones in a form of their own", async () => {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const stop = keepFrameLog(sql, bus, { telemetry, isOurs: () => true });
  const unreadable = { messageType: "unreadable", action: null, messageId: null } as const;
  const frames = [frame("F1"), frame("F1", { ...unreadable, payload: "a\u0000b\ud800" })];
  bus.tell("log.frames", JSON.stringify(frames));
  bus.tell("log.frames", JSON.stringify([frame("F1", { direction: "out" })]));

  const rows = await stored("F1", 3);
  const at = new Date(Date.UTC(2026, 0, 1));
  const heartbeat = { "message_type": "CALL", action: "Heartbeat", "message_id": "1", at };
  assert.deepEqual(rows, [
    { direction: "in", ...heartbeat, payload: "{}" },
    {
      direction: "in",
      "message_type": "unreadable",
      action: null,
      "message_id": null,
      at,
      payload: "a\\u0000b\ufffd",
    },
    { direction: "out", ...heartbeat, payload: "{}" },
  ]);
  stop();
  await bus.close();
});

test("more frames than can wait: the oldest give way, and are counted", async () => {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const stop = keepFrameLog(sql, bus, { telemetry, isOurs: () => true });
  const many = Array.from(
    { length: 5_003 },
    (_, index) => frame("F2", { messageId: String(index) }),
  );
  bus.tell("log.frames", JSON.stringify(many));

  const rows = await stored("F2", 5_000);
  assert.equal((rows[0] as { message_id: string }).message_id, "3");
  assert.equal(telemetry.value("statewatt_log_frames_dropped_total"), 3);
  stop();
  await bus.close();
});
