import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, Stage, StationOnStage } from "#actors/stage_testing.ts";

function faulted(): StationOnStage {
  const one = new StationOnStage(new Stage(), "CP~1", "ocpp1.6").register().connect();
  one.call("StatusNotification", { connectorId: 1, errorCode: "OtherError", status: "Faulted" });
  return one;
}

test("an alert is opened, acknowledged once and resolved, each time with a fact and its row", () => {
  const one = faulted();
  const alertId = "CP%7E1~a1";
  const openedAt = one.time();
  one.stage.advance(1_000);
  const seen = one.tell("alert.acknowledge", { alertId }) as Record<string, unknown>;
  one.stage.advance(1_000);
  assert.deepEqual(one.tell("alert.acknowledge", { alertId }), seen);
  const resolved = one.tell("alert.resolve", { alertId });

  assert.deepEqual(resolved, {
    id: alertId,
    kind: "faulted",
    stationId: "CP~1",
    sessionId: null,
    status: "resolved",
    detail: "EVSE 1, connector 1: OtherError",
    openedAt,
    acknowledgedAt: seen["acknowledgedAt"],
    resolvedAt: one.time(),
  });
  assert.deepEqual(one.alerts(), ["opened faulted", "acknowledged faulted", "resolved faulted"]);
  assert.equal(one.stage.facts.at(-1)?.id, "CP~1");
  assert.equal(one.stage.row("alerts", alertId)["status"], "resolved");
});

test("an alert that is not open cannot be changed", () => {
  const one = faulted();
  assert.equal(refusal(() => one.tell("alert.resolve", { alertId: "CP%7E1~a9" })), "not-found");
  one.tell("alert.resolve", { alertId: "CP%7E1~a1" });
  assert.equal(refusal(() => one.tell("alert.resolve", { alertId: "CP%7E1~a1" })), "not-found");
});

test("removing a station ends its alerts", () => {
  const one = faulted();
  one.tell("station.remove");
  assert.deepEqual(one.alerts(), ["opened faulted", "resolved faulted"]);
});
