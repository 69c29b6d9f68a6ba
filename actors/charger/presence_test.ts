import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, Stage, StationOnStage } from "#actors/stage_testing.ts";

const OFFLINE_ALERT_MS = 5 * 60_000;

function station(): StationOnStage {
  return new StationOnStage(new Stage(), "CP1", "ocpp1.6").register().connect();
}
const connected = (one: StationOnStage): unknown =>
  (one.describe()["presence"] as { connected: boolean }).connected;

test("a connection epoch is the shard's epoch and a counter", () => {
  const one = station();
  assert.equal(one.epoch, "7.1");
  assert.equal(one.connect().epoch, "7.2");
});

test("the newest socket wins: the one before is told to close, and its end says nothing", () => {
  const one = station();
  const before = one.epoch;
  one.connect("g2");

  assert.deepEqual(one.stage.sent.at(-1), {
    subject: "gateway.g1",
    message: {
      order: "close",
      tenant: "default",
      identity: "CP1",
      epoch: before,
      code: 4001,
      reason: "Replaced by a newer connection",
    },
  });
  one.disconnect(before);
  one.tell("gateway.lost", { gateway: "g1" });
  assert.equal(connected(one), true);
  one.disconnect();
  assert.equal(connected(one), false);
  assert.deepEqual(one.stage.factNames(), [
    "charger.changed",
    "charger.connected",
    "charger.disconnected",
  ]);
});

test("a socket announced again keeps its station online and closes nothing", () => {
  const one = station();
  one.boot();
  one.connect("g1", true);
  assert.equal(one.epoch, "7.2");
  assert.deepEqual(one.stage.sent, []);
});

test("a socket announced again cannot take over from a newer one elsewhere", () => {
  const one = station();
  one.connect("g2");
  assert.equal(refusal(() => one.connect("g1", true)), "conflict");
});

test("a lost gateway makes its stations unreachable, their sessions go on", () => {
  const one = station();
  const start = { connectorId: 1, idTag: "T", meterStart: 0, timestamp: one.time() };
  one.tell("station.change", { settings: { authorisationRequired: false } });
  one.call("StartTransaction", start);
  one.tell("gateway.lost", { gateway: "g1" });
  assert.equal(connected(one), false);
  assert.deepEqual(one.describe()["openSessions"], ["CP1~1"]);
  assert.equal(one.session(1)["status"], "open");
});

test("five minutes away are an alert, coming back resolves it", () => {
  const one = station();
  one.disconnect();
  one.stage.advance(OFFLINE_ALERT_MS - 1);
  assert.deepEqual(one.alerts(), []);
  one.stage.advance(1);
  assert.deepEqual(one.alerts(), ["opened offline"]);
  one.connect();
  assert.deepEqual(one.alerts(), ["opened offline", "resolved offline"]);
});

test("how long may be away is a setting", () => {
  const one = station();
  one.stage.offlineAlertMinutes = 1;
  one.disconnect();
  one.stage.advance(59_999);
  assert.deepEqual(one.alerts(), []);
  one.stage.advance(1);
  assert.deepEqual(one.alerts(), ["opened offline"]);
});

test("a short absence is no alert", () => {
  const one = station();
  one.disconnect();
  one.stage.advance(OFFLINE_ALERT_MS - 1);
  one.connect();
  one.stage.advance(OFFLINE_ALERT_MS);
  assert.deepEqual(one.alerts(), []);
  assert.deepEqual(one.stage.alarmsOf(one.address), []);
});

test("time in which we were not listening does not count as offline", () => {
  const one = station();
  one.disconnect();
  one.stage.sleep(60 * 60_000);
  assert.deepEqual(one.alerts(), []);
  one.stage.advance(OFFLINE_ALERT_MS);
  assert.deepEqual(one.alerts(), ["opened offline"]);
});

test("heartbeats write nothing, and show themselves now and then", () => {
  const one = station();
  const rows = one.stage.journal.length;
  for (let beat = 0; beat < 59; beat++) {
    one.stage.advance(10_000);
    one.call("Heartbeat", {});
  }
  assert.equal(one.stage.journal.length, rows);
  assert.equal((one.describe()["presence"] as { lastSeenAt: string }).lastSeenAt, one.time());
  one.stage.advance(10_000);
  one.call("Heartbeat", {});
  assert.equal(one.stage.journal.length, rows + 1);
  assert.equal(one.stage.row("stations", "CP1")["last_seen_at"], one.time());
});
