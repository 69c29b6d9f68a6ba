import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { Stage, StationOnStage } from "#actors/stage_testing.ts";
import type { JournalEntry } from "#engine/ports/journal.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { entriesOf, project } from "./projection_testing.ts";

let database: TestPostgres;
let sql: Sql;
const telemetry = silentTelemetry(new SimClock());
before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
after(async () => {
  await sql.end();
  await database.close();
});

function charging(id: string): StationOnStage {
  const settings = { authorisationRequired: false };
  const station = new StationOnStage(new Stage(), id, "ocpp1.6").register(settings).connect();
  const timestamp = station.time();
  station.call("StartTransaction", { connectorId: 2, idTag: "T", meterStart: 0, timestamp });
  return station;
}

function meter(station: StationOnStage, sampledValue: readonly object[], more: object = {}): void {
  const meterValue = [{ timestamp: station.time(), sampledValue }];
  station.call("MeterValues", { connectorId: 2, transactionId: 1_000, meterValue, ...more });
}

test("samples of sessions and of stations become rows in our units", async () => {
  const station = charging("P1");
  station.stage.advance(60_000);
  meter(station, [{ value: "0.1", unit: "kWh" }, {
    value: "7.2",
    unit: "kW",
    phase: "L1",
    measurand: "Power.Active.Import",
  }]);
  meter(station, [{ value: "5" }], { connectorId: 0, transactionId: undefined });
  await project(sql, entriesOf(station.stage, 1), telemetry);

  const rows = await sql`SELECT station_id, session_id, evse_id, connector_id, measurand, phase,
      context, location, value, unit, ordinal
    FROM meter_values WHERE shard = 1 ORDER BY seq, ordinal`;
  const place = { "station_id": "P1", "session_id": "P1~1", "evse_id": 2, "connector_id": 1 };
  const rest = { phase: null, context: "Sample.Periodic", location: "Outlet", ordinal: 0 };
  const energy = "Energy.Active.Import.Register";
  const power = "Power.Active.Import";
  assert.deepEqual(
    [...rows],
    [
      { ...place, measurand: energy, ...rest, value: 100, unit: "Wh" },
      { ...place, measurand: power, ...rest, phase: "L1", value: 7_200, unit: "W", ordinal: 1 },
      {
        ...place,
        session_id: null,
        evse_id: 0,
        connector_id: 0,
        measurand: energy,
        ...rest,
        value: 5,
        unit: "Wh",
      },
    ].map(({ measurand, phase, context, location, value, unit, ordinal, ...first }) => ({
      ...first,
      measurand,
      phase,
      context,
      location,
      value,
      unit,
      ordinal,
    })),
  );
});

test("progress is what the session's own register says, never a lifetime reading", async () => {
  const station = charging("P2");
  for (const value of ["910000", "910100", "910250"]) {
    station.stage.advance(60_000);
    meter(station, [{ value }, { value: "31", measurand: "SoC", unit: "Percent" }]);
  }
  await project(sql, entriesOf(station.stage, 2), telemetry);

  const [progress] = await sql`
    SELECT energy_wh, power_w, current_a, soc_percent FROM session_progress
      WHERE session_id = 'P2~1'`;
  assert.deepEqual(progress, {
    energy_wh: String(station.session(1)["energyWh"]),
    power_w: 9_000,
    current_a: null,
    soc_percent: 31,
  });
  assert.equal(station.session(1)["energyWh"], 250);
});

test("late readings leave the newer ones, and what a pass does not know stays", async () => {
  const station = charging("P3");
  station.stage.advance(60_000);
  meter(station, [{ value: "100" }, { value: "40", measurand: "SoC", unit: "Percent" }]);
  const first = station.stage.journal.length;
  await project(sql, entriesOf(station.stage, 3), telemetry);
  station.stage.advance(60_000);
  meter(station, [{ value: "200" }]);
  await project(sql, entriesOf(station.stage, 3).filter(({ seq }) => seq > first), telemetry);

  const [progress] = await sql`
    SELECT energy_wh, soc_percent FROM session_progress WHERE session_id = 'P3~1'`;
  assert.deepEqual(progress, { energy_wh: "200", soc_percent: 40 });
});

test("a 2.x sample has its session's EVSE when it names none", async () => {
  const settings = { authorisationRequired: false, quiet: true };
  const stage = new Stage();
  const station = new StationOnStage(stage, "P4", "ocpp2.0.1").register(settings).connect();
  const send = (eventType: string, seqNo: number, more: object): unknown =>
    station.call("TransactionEvent", {
      eventType,
      timestamp: station.time(),
      triggerReason: "MeterValuePeriodic",
      seqNo,
      transactionInfo: { transactionId: "t" },
      ...more,
    });
  send("Started", 0, { evse: { id: 7, connectorId: 3 } });
  stage.advance(60_000);
  const meterValue = [{ timestamp: station.time(), sampledValue: [{ value: 10 }] }];
  send("Updated", 1, { meterValue });
  const columns = { ...stage.row("sessions", "P4~1"), tenant: "default", id: "P4~1" };
  await sql`INSERT INTO sessions ${sql([columns])}`;
  await project(sql, entriesOf(stage, 4), telemetry);

  const rows = await sql`SELECT evse_id, connector_id FROM meter_values WHERE shard = 4`;
  assert.deepEqual([...rows], [{ evse_id: 7, connector_id: 3 }]);
});

test("what the table cannot hold keeps nothing else out", async () => {
  const station = charging("P5");
  for (let minute = 1; minute <= 5; minute++) {
    station.stage.advance(60_000);
    meter(station, [{ value: String(minute * 10) }]);
  }
  const beyond = -(2 ** 64);
  const isSecond = ({ body }: JournalEntry): boolean => body?.includes('"value":"20"') ?? false;
  await project(
    sql,
    entriesOf(station.stage, 5).map((entry) => isSecond(entry) ? { ...entry, seq: beyond } : entry),
    telemetry,
  );

  const rows = await sql`SELECT value FROM meter_values WHERE shard = 5 ORDER BY seq`;
  assert.deepEqual(rows.map(({ value }) => value), [10, 30, 40, 50]);
  assert.equal(telemetry.value("statewatt_meter_messages_refused_total"), 1);
});
