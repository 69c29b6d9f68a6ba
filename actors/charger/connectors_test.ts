import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, StationOnStage } from "#actors/stage_testing.ts";

function station(protocol: "ocpp1.6" | "ocpp2.0.1" = "ocpp1.6"): StationOnStage {
  const settings = { quiet: true, authorisationRequired: false };
  return new StationOnStage(new Stage(), "CP1", protocol).register(settings).connect();
}

function status16(one: StationOnStage, status: string, more: object = {}): unknown {
  const report = { connectorId: 1, errorCode: "NoError", status, ...more };
  return one.call("StatusNotification", report);
}

function statusOf(one: StationOnStage, evse = 0): string | undefined {
  const evses = one.describe()["evses"] as { connectors: { status: string }[] }[];
  return evses[evse]?.connectors[0]?.status;
}

const at = (one: StationOnStage, ms: number): string => new Date(one.stage.now + ms).toISOString();

test("rule S1: the nine statuses of 1.6 are kept as sent, connector 0 is the station", () => {
  const one = station();
  const statuses = ["Available", "Preparing", "Charging", "SuspendedEVSE", "SuspendedEV"];
  for (const status of [...statuses, "Finishing", "Reserved", "Unavailable", "Faulted"]) {
    status16(one, status);
    assert.equal(statusOf(one), status);
  }
  one.call("StatusNotification", { connectorId: 0, errorCode: "NoError", status: "Available" });
  const evses = one.describe()["evses"] as { evseId: number; connectors: unknown[] }[];
  assert.deepEqual(evses.map(({ evseId, connectors }) => [evseId, connectors.length]), [
    [0, 1],
    [1, 1],
  ]);
  assert.deepEqual(one.stage.row("stations", "CP1")["statuses"], ["Faulted", "Available"]);
});

test("rule S2: a 2.x status comes by StatusNotification or by NotifyEvent", () => {
  const one = station("ocpp2.0.1");
  const timestamp = one.time();
  one.call("StatusNotification", {
    timestamp,
    connectorStatus: "Occupied",
    evseId: 1,
    connectorId: 1,
  });
  assert.equal(statusOf(one), "Occupied");
  one.call("NotifyEvent", {
    generatedAt: timestamp,
    seqNo: 0,
    eventData: [{
      eventId: 1,
      timestamp,
      trigger: "Delta",
      actualValue: "Available",
      eventNotificationType: "HardWiredNotification",
      component: { name: "Connector", evse: { id: 1, connectorId: 1 } },
      variable: { name: "AvailabilityState" },
    }],
  });
  assert.equal(statusOf(one), "Available");
});

test("rule S4: a report that is older than the one known changes nothing", () => {
  const one = station();
  status16(one, "Charging", { timestamp: at(one, -1_000) });
  const rows = one.stage.journal.length;
  status16(one, "Available", { timestamp: at(one, -2_000) });
  assert.equal(statusOf(one), "Charging");
  assert.equal(one.stage.journal.length, rows);
  status16(one, "Finishing", { timestamp: at(one, -1_000) });
  assert.equal(statusOf(one), "Finishing");
});

test("rule S4: a clock that is set right after it was ahead does not silence the station", () => {
  const one = station();
  status16(one, "Available", { timestamp: at(one, 86_400_000) });
  status16(one, "Charging", { timestamp: at(one, 0) });
  assert.equal(statusOf(one), "Charging");
});

test("a repeated status is answered and writes nothing, a change is a fact", () => {
  const one = station();
  status16(one, "Available");
  const rows = one.stage.journal.length;
  assert.deepEqual(status16(one, "Available"), {});
  assert.equal(one.stage.journal.length, rows);
  status16(one, "Preparing");
  const { name, id, data } = one.stage.facts.at(-1) ?? assert.fail("no fact");
  assert.deepEqual([name, id], ["charger.statusChanged", "CP1"]);
  assert.deepEqual(data, { ...one.describe(), stationId: "CP1" });
});

test("a fault is an alert until no connector is faulted", () => {
  const one = station();
  const fault = { errorCode: "GroundFailure", info: "RCD" };
  status16(one, "Faulted", fault);
  one.call("StatusNotification", { connectorId: 2, status: "Faulted", ...fault });
  status16(one, "Available");
  assert.deepEqual(one.alerts(), ["opened faulted"]);
  const alert = one.stage.row("alerts", "CP1~a1");
  assert.equal(alert["detail"], "EVSE 1, connector 1: GroundFailure: RCD");
  one.call("StatusNotification", { connectorId: 2, status: "Available", errorCode: "NoError" });
  assert.deepEqual(one.alerts(), ["opened faulted", "resolved faulted"]);
  assert.equal(one.stage.row("alerts", "CP1~a1")["status"], "resolved");
});

test("a clock ahead by more than a minute is an alert at once, until it is right", () => {
  const one = station();
  status16(one, "Available", { timestamp: at(one, 60_000) });
  assert.deepEqual(one.alerts(), []);
  status16(one, "Available", { timestamp: at(one, 61_000) });
  assert.deepEqual(one.alerts(), ["opened clockOff"]);
  assert.equal(one.stage.row("alerts", "CP1~a1")["detail"], "Clock 61 s ahead");
  status16(one, "Available", { timestamp: at(one, 0) });
  assert.deepEqual(one.alerts(), ["opened clockOff", "resolved clockOff"]);
});

test("a clock behind is an alert after a boot at once, else after three late reports", () => {
  const booted = station();
  booted.boot();
  status16(booted, "Available", { timestamp: at(booted, -600_000) });
  assert.deepEqual(booted.alerts(), ["opened clockOff"]);

  const one = station();
  for (const status of ["Available", "Preparing", "Charging"]) {
    assert.deepEqual(one.alerts(), []);
    one.stage.advance(1_000);
    status16(one, status, { timestamp: at(one, -600_000) });
  }
  assert.deepEqual(one.alerts(), ["opened clockOff"]);
});

test("messages from an offline queue say nothing about the clock", () => {
  const one = station("ocpp2.0.1");
  for (let seqNo = 0; seqNo < 5; seqNo++) {
    one.call("TransactionEvent", {
      eventType: seqNo === 0 ? "Started" : "Updated",
      timestamp: at(one, -3_600_000),
      triggerReason: "MeterValuePeriodic",
      seqNo,
      offline: true,
      transactionInfo: { transactionId: "t1" },
      evse: { id: 1 },
    });
  }
  assert.deepEqual(one.alerts(), []);
});
