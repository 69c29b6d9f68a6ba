import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, Stage, StationOnStage } from "#actors/stage_testing.ts";
import type { StationDescription } from "#schemas/events/charger.ts";

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
    "charger.moved",
    "charger.disconnected",
  ]);
});

test("a socket that was replaced and still speaks is told to close until it does", () => {
  const one = station();
  const before = one.epoch;
  one.connect("g2");
  const { epoch } = one;
  const orders = (): unknown => one.stage.sent.splice(0);
  orders();

  one.epoch = before;
  assert.deepEqual(one.call("Heartbeat", {}), { currentTime: one.time() });
  const close = { order: "close", tenant: "default", identity: "CP1", epoch: before, code: 4001 };
  const message = { ...close, reason: "Replaced by a newer connection" };
  assert.deepEqual(orders(), [{ subject: "gateway.g1", message }]);
  one.disconnect(epoch);
  one.boot();
  assert.deepEqual(orders(), [{ subject: "gateway.g1", message }]);

  one.epoch = epoch;
  one.call("Heartbeat", {});
  assert.deepEqual(orders(), [], "the newest was replaced by none");
});

test("a socket announced again keeps its epoch while it counts, and writes nothing", () => {
  const one = station();
  one.boot();
  const { epoch } = one;
  const rows = one.stage.journal.length;
  const sent = one.stage.sent.length;
  one.open({ again: true, epoch });
  assert.equal(one.epoch, epoch);
  assert.equal(one.stage.journal.length, rows);
  assert.equal(one.stage.sent.length, sent);
});

test("a socket announced again that was believed gone counts again, with a newer epoch", () => {
  const one = station();
  const { epoch } = one;
  const since = one.time();
  one.stage.advance(60_000);
  one.tell("gateway.lost", { gateway: "g1" });
  one.stage.advance(5_000);
  one.open({ again: true, epoch });
  const presence = one.describe()["presence"] as StationDescription["presence"];
  assert.equal(presence.connected, true);
  assert.equal(presence.connectedAt, since);
  assert.equal(one.epoch, "7.2");
  assert.equal(presence.sockets.length, 1);
  assert.deepEqual(one.stage.alarmsOf(one.address), []);
});

test("an announcement that is delivered again gives what the first one gave", () => {
  const one = station();
  one.open({ socket: "r/1" });
  const { epoch } = one;
  one.tell("gateway.lost", { gateway: "g1" });
  one.open({ again: true, epoch, socket: "r/1" });
  const granted = one.epoch;
  const rows = one.stage.journal.length;
  one.open({ again: true, epoch, socket: "r/1" });
  assert.equal(one.epoch, granted);
  assert.equal(one.stage.journal.length, rows);
});

test("the loss of a gateway, told once more, does not lose what was announced since", () => {
  const one = station();
  const lost = { gateway: "g1", epoch: one.epoch };
  one.tell("gateway.lost", lost);
  assert.equal(connected(one), false);
  one.open({ again: true, epoch: lost.epoch });

  one.tell("gateway.lost", lost);

  assert.equal(connected(one), true);
});

test("a socket announced again cannot take over from a newer one, open or closed", () => {
  const one = station();
  const { epoch } = one;
  one.connect("g2");
  const newer = one.epoch;
  const again = (): string => refusal(() => one.open({ again: true, epoch }));
  assert.equal(again(), "conflict");
  one.disconnect(newer);
  assert.equal(again(), "conflict");
  assert.equal(connected(one), false);
});

test("a station whose socket was refused stays away: a command waits for the next one", () => {
  const one = station();
  const { epoch } = one;
  one.connect("g2");
  one.disconnect();
  assert.equal(refusal(() => one.open({ again: true, epoch })), "conflict");

  const command = { kind: "unlock", body: { evseId: 1 }, timeoutMs: 30_000, queueMs: 60_000 };
  const reply = one.tell("command.request", { id: "c-1", ...command });

  assert.equal((reply as { status: string }).status, "queued");
});

test("the message that opens a socket gives the same epoch again, however often it comes", () => {
  const one = station();
  one.open({ socket: "r/1" });
  const { epoch } = one;
  one.stage.sent.length = 0;
  one.open({ socket: "r/1" });
  assert.equal(one.epoch, epoch);
  assert.deepEqual(one.stage.sent, []);
  one.open({ gateway: "g2", socket: "s/1" });
  assert.equal(refusal(() => one.open({ socket: "r/1" })), "conflict");
  one.disconnect();
  assert.equal(refusal(() => one.open({ gateway: "g2", socket: "s/1" })), "conflict");
});

test("a socket's end counts by its name when its epoch never arrived", () => {
  const one = station();
  one.open({ socket: "r/1" });
  const closed = (socket: string): void =>
    void one.tell("socket.closed", { code: 1006, reason: "" }, { epoch: "", socket });
  closed("r/0");
  assert.equal(connected(one), true);
  closed("r/1");
  assert.equal(connected(one), false);
});

test("a socket that its gateway does not have is gone, unless it was opened since", () => {
  const one = station();
  one.open({ socket: "r/7" });
  const absent = (gateway: string, before: string): unknown =>
    one.tell("socket.absent", { gateway, before });
  absent("g1", "r/7");
  absent("g2", "r/8");
  assert.equal(connected(one), true);
  absent("g1", "r/8");
  assert.equal(connected(one), false);
  assert.deepEqual(one.stage.alarmsOf(one.address), ["offline"]);
});

test("a message that is delivered again changes nothing", () => {
  const one = station();
  const first = one.boot("S", "m-boot");
  const rows = one.stage.journal.length;
  const facts = one.stage.factNames().length;
  assert.deepEqual(one.boot("S", "m-boot"), first);
  const status = { connectorId: 1, errorCode: "NoError" };
  one.call("StatusNotification", { ...status, status: "Available" }, "m-1");
  one.call("StatusNotification", { ...status, status: "Preparing" }, "m-2");
  one.call("StatusNotification", { ...status, status: "Available" }, "m-1");
  one.call("MeterValues", { connectorId: 1, meterValue: [] }, "m-3");
  one.call("MeterValues", { connectorId: 1, meterValue: [] }, "m-3");
  assert.equal(one.stage.journal.length, rows + 3);
  assert.equal(one.stage.factNames().length, facts + 2);
  const [evse] = one.describe()["evses"] as StationDescription["evses"];
  assert.equal(evse?.connectors[0]?.status, "Preparing");
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
