import assert from "node:assert/strict";
import { test } from "node:test";
import postgres from "postgres";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { testPostgres } from "#start/testing.ts";
import { clockOffsets, watchSessions } from "./fleet_metrics.ts";

test("sessions with gaps are counted", async () => {
  const database = await testPostgres();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const row = (id: string, flags: string[]) => ({
    ...{ tenant: "default", id, station_id: "CP", transaction_id: id, started_at: new Date() },
    ...{ energy_wh: 0, status: "closed", state: "complete", billable: true, flags },
    created_at: new Date(),
  });
  await sql`INSERT INTO sessions ${sql([row("1", ["gaps"]), row("2", []), row("3", ["gaps"])])}`;
  const stop = watchSessions(sql, clock, telemetry);
  // One connection: the count's answer comes before this one's.
  await sql`SELECT 1`;
  assert.equal(telemetry.value("statewatt_sessions_with_gaps"), 2);
  stop();
  await sql.end();
  await database.close();
});

test("the offset of a station's clock has a sign", async () => {
  const telemetry = silentTelemetry(new SimClock());
  const told = clockOffsets(telemetry);
  told(100_000, 25_000);
  told(0, 500);
  const text = await telemetry.metricsText();
  assert.match(text, /statewatt_station_clock_offset_seconds_sum\{[^}]*\} 74\.5/);
  assert.match(text, /offset_seconds_bucket\{le="1",[^}]*\} 1/);
});
