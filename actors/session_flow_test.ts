import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, StationOnStage, tokenRecord } from "./stage_testing.ts";

function station16(): StationOnStage {
  const stage = new Stage();
  stage.tokens.set("tag1", tokenRecord("TAG1"));
  const station = new StationOnStage(stage, "CP1", "ocpp1.6").register().connect();
  station.boot();
  return station;
}

test("a whole 1.6 session gives the meter's energy, the station's times and its reason", () => {
  const station = station16();
  const { stage } = station;
  station.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Preparing" });
  const startedAt = station.time();

  const start = station.call("StartTransaction", {
    connectorId: 1,
    idTag: "TAG1",
    meterStart: 1_000,
    timestamp: startedAt,
  }) as { transactionId: number };
  station.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging" });
  for (let minute = 1; minute <= 10; minute++) {
    stage.advance(60_000);
    station.call("MeterValues", {
      connectorId: 1,
      transactionId: start.transactionId,
      meterValue: [{
        timestamp: station.time(),
        sampledValue: [{ value: String(1_000 + minute * 100) }],
      }],
    });
  }
  assert.equal(station.session(1)["energyWh"], 1_000);
  assert.equal(station.session(1)["state"], "Charging");
  assert.deepEqual(station.describe()["openSessions"], ["CP1~1"]);
  const stop = station.call("StopTransaction", {
    transactionId: start.transactionId,
    meterStop: 2_050,
    timestamp: station.time(),
    reason: "EVDisconnected",
  });

  assert.deepEqual(start, { idTagInfo: { status: "Accepted" }, transactionId: 1_000 });
  assert.deepEqual(stop, {});
  assert.deepEqual(station.session(1), {
    id: "CP1~1",
    stationId: "CP1",
    evseId: 1,
    connectorId: 1,
    token: { uid: "TAG1", type: "ISO14443" },
    transactionId: "1000",
    startedAt,
    endedAt: station.time(),
    meterStartWh: 1_000,
    meterStopWh: 2_050,
    cost: null,
    energyWh: 1_050,
    stopReason: "EVDisconnected",
    status: "closed",
    state: "complete",
    billable: true,
    annotation: null,
    flags: [],
  });
  assert.equal(stage.row("sessions", "CP1~1")["energy_wh"], 1_050);
  assert.deepEqual(stage.row("stations", "CP1")["open_sessions"], []);
  const told = stage.factNames().filter((name) => name.startsWith("session."));
  assert.deepEqual(told.filter((name) => name !== "session.metered"), [
    "session.started",
    "session.updated",
    "session.ended",
  ]);
  assert.deepEqual(stage.alarmsOf("default:session/CP1~1"), []);
});

test("a whole 2.0.1 session goes through the standard's states", () => {
  const stage = new Stage();
  stage.tokens.set("tag1", tokenRecord("TAG1"));
  const station = new StationOnStage(stage, "CP1", "ocpp2.0.1").register({ quiet: true }).connect();
  station.boot();
  let seqNo = 0;
  const event = (eventType: string, more: object, info: object = {}): unknown =>
    station.call("TransactionEvent", {
      eventType,
      timestamp: station.time(),
      triggerReason: "CablePluggedIn",
      seqNo: seqNo++,
      transactionInfo: { transactionId: "tx-1", ...info },
      ...more,
    });
  const energy = (value: number, context: string): object => ({
    meterValue: [{ timestamp: station.time(), sampledValue: [{ value, context }] }],
  });

  const evse = { id: 1, connectorId: 1 };
  event("Started", { evse, ...energy(500, "Transaction.Begin") }, { chargingState: "EVConnected" });
  const idToken = { idToken: "TAG1", type: "ISO14443" };
  const authorised = event("Updated", { idToken });
  event("Updated", {}, { chargingState: "Charging" });
  stage.advance(600_000);
  event("Updated", energy(1_500, "Sample.Periodic"), { chargingState: "Charging" });
  event("Updated", {}, { chargingState: "SuspendedEV" });
  const ended = event("Ended", energy(1_700, "Transaction.End"), {
    stoppedReason: "EVDisconnected",
  });

  assert.deepEqual(authorised, { idTokenInfo: { status: "Accepted" } });
  assert.deepEqual(ended, {});
  const session = station.session(1);
  assert.equal(session["energyWh"], 1_200);
  assert.equal(session["state"], "complete");
  assert.deepEqual(session["token"], { uid: "TAG1", type: "ISO14443" });
  assert.equal(session["transactionId"], "tx-1");
  assert.deepEqual(session["flags"], []);
});
