import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry, type Telemetry } from "#engine/telemetry.ts";
import { Counts } from "./counts.ts";
import { gatewayLimits } from "./limits.ts";
import { type Report, Reports } from "./reports.ts";
import { RecordedActors, turns } from "./testing.ts";

interface Bench {
  readonly clock: SimClock;
  readonly actors: RecordedActors;
  readonly telemetry: Telemetry;
  readonly reports: Reports;
}

function bench(reportsMax = 10): Bench {
  const clock = new SimClock();
  const actors = new RecordedActors();
  const telemetry = silentTelemetry(clock);
  const limits = { ...gatewayLimits, reportsMax };
  return {
    clock,
    actors,
    telemetry,
    reports: new Reports(actors, limits, new Counts(telemetry, clock)),
  };
}

function closed(cause: string): Report {
  const to = { tenant: "default", kind: "charger", key: "CP1" };
  return { to, header: { type: "socket.closed", cause }, body: "{}" };
}

test("a report is told again under the same cause until its actor has taken it", async () => {
  const { clock, actors, reports } = bench();
  actors.refuse("socket.closed", new PlatformError("unavailable", "Cannot reach it: gone"));
  await reports.tell(closed("c1"));

  reports.sweep(clock.monotonic() + 1);
  await turns();
  actors.reply("socket.closed", {});
  reports.sweep(clock.monotonic() + 500);
  const tooEarly = actors.asked.length;
  reports.sweep(clock.monotonic() + 2_000);
  await turns();
  reports.sweep(clock.monotonic() + 4_000);

  assert.equal(tooEarly, 2);
  assert.deepEqual(actors.asked.map(({ header }) => header.cause), ["c1", "c1", "c1"]);
  assert.equal(reports.pending, 0);
});

test("what an actor refuses is not told again", async () => {
  const { clock, actors, reports } = bench();
  actors.refuse("socket.closed", new PlatformError("not-found", "Cannot close: no such station"));

  await reports.tell(closed("c1"));
  reports.sweep(clock.monotonic() + 5_000);

  assert.equal(actors.asked.length, 1);
  assert.equal(reports.pending, 0);
});

test("the oldest of too many is given up and counted", async () => {
  const { clock, actors, telemetry, reports } = bench(2);
  actors.refuse("socket.closed", new PlatformError("timed-out", "Cannot: no answer"));

  await Promise.all(["c1", "c2", "c3"].map((cause) => reports.tell(closed(cause))));
  reports.sweep(clock.monotonic() + 1);

  assert.deepEqual(actors.asked.slice(3).map(({ header }) => header.cause), ["c2", "c3"]);
  assert.equal(telemetry.value("statewatt_gateway_reports_lost_total"), 1);
});
