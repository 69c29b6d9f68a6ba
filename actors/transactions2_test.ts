/** The rules of 2.x transactions (U) on charger and session actors together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, StationOnStage, tokenRecord } from "./stage_testing.ts";
import {
  ASKED_GRACE_MS,
  ETERNAL_MS,
  GRACE_MS,
  QUIET_STATION_MS,
  SILENCE_MS,
  UNPLUGGED_MS,
} from "./session/watch.ts";

interface Event {
  readonly id?: string;
  readonly seqNo: number;
  readonly state?: string;
  readonly token?: string;
  readonly wh?: readonly [number, string];
  /** Before now. */
  readonly agoMs?: number;
  readonly info?: object;
  readonly more?: object;
}

function station(settings: Readonly<Record<string, unknown>> = { quiet: true }): StationOnStage {
  const stage = new Stage();
  stage.tokens.set("tag1", tokenRecord("TAG1"));
  stage.tokens.set("tag2", tokenRecord("TAG2", { groupId: "FLEET", concurrentSessions: 0 }));
  stage.tokens.set("blocked", tokenRecord("BLOCKED", { status: "Blocked" }));
  return new StationOnStage(stage, "CP1", "ocpp2.0.1").register(settings).connect();
}

function send(one: StationOnStage, eventType: string, event: Event): unknown {
  const { id = "tx-1", seqNo, state, token, wh, agoMs = 0, info, more } = event;
  const timestamp = new Date(one.stage.now - agoMs).toISOString();
  return one.call("TransactionEvent", {
    eventType,
    timestamp,
    triggerReason: "ChargingStateChanged",
    seqNo,
    transactionInfo: {
      transactionId: id,
      ...(state === undefined ? {} : { chargingState: state }),
      ...info,
    },
    ...(token === undefined ? {} : { idToken: { idToken: token, type: "ISO14443" } }),
    ...(wh === undefined ? {} : {
      meterValue: [{ timestamp, sampledValue: [{ value: wh[0], context: wh[1] }] }],
    }),
    ...more,
  });
}

const evse = (id: number): object => ({ evse: { id, connectorId: 1 } });
const begin = (wh: number): Pick<Event, "wh"> => ({ wh: [wh, "Transaction.Begin"] });
const periodic = (wh: number): Pick<Event, "wh"> => ({ wh: [wh, "Sample.Periodic"] });
const end = (wh: number): Pick<Event, "wh"> => ({ wh: [wh, "Transaction.End"] });
const sessions = (one: StationOnStage): readonly string[] =>
  [...one.stage.rows.keys()].filter((key) => key.startsWith("sessions/"));

test("rule U1: the station's transaction id leads to one session of ours", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, token: "TAG1", more: evse(1) });
  send(one, "Started", { seqNo: 0, id: "tx-2", token: "TAG2", more: evse(2) });
  send(one, "Updated", { seqNo: 1, id: "tx-2", state: "Charging" });
  assert.deepEqual(sessions(one), ["sessions/CP1~1", "sessions/CP1~2"]);
  assert.deepEqual([one.session(1)["state"], one.session(2)["state"]], ["EVConnected", "Charging"]);
  assert.equal(one.session(2)["transactionId"], "tx-2");
});

test("rule U2: any first number will do, and complete is start to end with all between", () => {
  const one = station();
  send(one, "Started", { seqNo: 40, ...begin(0), more: evse(1) });
  send(one, "Updated", { seqNo: 41 });
  send(one, "Ended", { seqNo: 42, ...end(0) });
  assert.equal(one.session(1)["state"], "complete");

  send(one, "Started", { seqNo: 43, id: "tx-2", more: evse(1) });
  send(one, "Ended", { seqNo: 45, id: "tx-2" });
  assert.equal(one.session(2)["state"], "messagesPending");
  assert.equal(one.session(2)["status"], "closed");
  send(one, "Updated", { seqNo: 44, id: "tx-2" });
  assert.equal(one.session(2)["state"], "complete");
  assert.deepEqual(one.session(2)["flags"], []);
  assert.deepEqual(one.stage.alarmsOf("default:session/CP1~2"), []);
});

test("rule U3: repeats change nothing and get the same answer", () => {
  const one = station();
  const first = send(one, "Started", { seqNo: 0, token: "TAG1", more: evse(1) });
  send(one, "Updated", { seqNo: 1, state: "Charging", ...periodic(500) });
  const last = send(one, "Ended", { seqNo: 2, token: "TAG1", ...end(700) });
  const before = one.session(1);
  const rows = one.stage.journal.length;

  assert.deepEqual(send(one, "Started", { seqNo: 0, token: "TAG1", more: evse(1) }), first);
  assert.deepEqual(send(one, "Updated", { seqNo: 1, state: "Charging", ...periodic(500) }), {});
  assert.deepEqual(send(one, "Ended", { seqNo: 2, token: "TAG1", ...end(700) }), last);
  assert.equal(one.stage.journal.length, rows);
  assert.deepEqual(one.session(1), before);
});

test("rule U2: a station that gives all its messages one number is heard all the same", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, ...begin(100), more: evse(1) });
  for (const [minute, state] of ["Charging", "SuspendedEV"].entries()) {
    one.stage.advance(60_000);
    send(one, "Updated", { seqNo: 0, state, ...periodic(200 + minute) });
    assert.equal(one.session(1)["state"], state);
  }
  send(one, "Ended", { seqNo: 0, ...end(300) });
  assert.deepEqual([one.session(1)["state"], one.session(1)["energyWh"]], ["complete", 200]);
  const rows = one.stage.journal.length;
  send(one, "Ended", { seqNo: 0, ...end(300) });
  assert.equal(one.stage.journal.length, rows);
});

test("rule U3: a late Started counts, whatever came before it", () => {
  const one = station();
  const startedAt = new Date(one.stage.now - 600_000).toISOString();
  send(one, "Updated", { seqNo: 1, state: "Charging", ...periodic(900), agoMs: 300_000 });
  assert.deepEqual(one.session(1)["flags"], ["startMissing", "inferredStart"]);
  send(one, "Ended", { seqNo: 2, ...end(1_500) });
  assert.equal(one.session(1)["state"], "messagesPending");
  const late = { seqNo: 0, token: "TAG1", ...begin(500), agoMs: 600_000, more: evse(1) };
  const reply = send(one, "Started", late);

  assert.deepEqual(reply, { idTokenInfo: { status: "Accepted" } });
  const session = one.session(1);
  assert.deepEqual([session["state"], session["startedAt"], session["energyWh"]], [
    "complete",
    startedAt,
    1_000,
  ]);
  assert.deepEqual(session["flags"], []);
  assert.deepEqual(session["token"], { uid: "TAG1", type: "ISO14443" });
  assert.equal(session["evseId"], 1);
});

test("rule U3: missing messages are asked for once and then given up", () => {
  const one = station({});
  send(one, "Started", { seqNo: 0, more: evse(1) });
  send(one, "Ended", { seqNo: 5 });
  one.stage.advance(GRACE_MS);
  const [order, ...others] = one.orders();
  assert.deepEqual([order?.action, order?.payload], ["GetTransactionStatus", {
    transactionId: "tx-1",
  }]);
  assert.deepEqual(others, []);
  const id = order?.messageId ?? "";
  one.answer(id, { outcome: "answered", response: { messagesInQueue: true } });
  assert.equal(one.session(1)["state"], "messagesPending");
  one.stage.advance(ASKED_GRACE_MS);
  assert.equal(one.session(1)["state"], "complete");
  assert.deepEqual(one.session(1)["flags"], ["gaps"]);
  assert.equal(one.orders().length, 1);
});

test("rule U3: a station that holds nothing back is believed", () => {
  const one = station({});
  send(one, "Started", { seqNo: 0, more: evse(1) });
  send(one, "Ended", { seqNo: 5 });
  one.stage.advance(GRACE_MS);
  const id = one.orders()[0]?.messageId ?? "";
  one.answer(id, { outcome: "answered", response: { messagesInQueue: false } });
  assert.deepEqual([one.session(1)["state"], one.session(1)["flags"]], ["complete", ["gaps"]]);
});

test("rule U4: EVSE and token may come in any message, and stay", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, state: "EVConnected" });
  const reply = send(one, "Updated", { seqNo: 1, token: "TAG1" });
  send(one, "Updated", { seqNo: 2, more: evse(2), state: "Charging" });
  send(one, "Updated", { seqNo: 3 });
  assert.deepEqual(reply, { idTokenInfo: { status: "Accepted" } });
  const session = one.session(1);
  assert.deepEqual([session["evseId"], session["connectorId"]], [2, 1]);
  assert.deepEqual(session["token"], { uid: "TAG1", type: "ISO14443" });
  send(one, "Started", { seqNo: 0, id: "tx-2", token: "TAG2", more: evse(2) });
  assert.equal(one.session(1)["stopReason"], "Stale");
});

test("a token that comes later takes its grant, and gives it back", () => {
  const one = station();
  const grants = (): readonly string[] =>
    Object.keys(
      (one.stage.slot("default:token/%ttag1").state.context as { grants: object }).grants,
    );
  send(one, "Started", { seqNo: 0, more: evse(1) });
  send(one, "Updated", { seqNo: 1, token: "TAG1" });
  assert.deepEqual(grants(), ["CP1~1"]);
  const other = { seqNo: 0, id: "tx-2", token: "TAG1", more: evse(2) };
  assert.deepEqual(send(one, "Started", other), { idTokenInfo: { status: "ConcurrentTx" } });
  send(one, "Ended", { seqNo: 2 });
  assert.deepEqual(grants(), []);
});

test("rule U5: what happened offline is billed, and its token judged by its time", () => {
  const one = station();
  const expiresAt = new Date(one.stage.now - 60_000).toISOString();
  one.stage.tokens.set("old", tokenRecord("OLD", { expiresAt }));
  const offline = { offline: true };
  const started = { seqNo: 0, token: "OLD", ...begin(0), agoMs: 3_600_000 };
  const reply = send(one, "Started", { ...started, more: { ...evse(1), ...offline } });
  assert.deepEqual((reply as { idTokenInfo: { status: string } }).idTokenInfo.status, "Accepted");
  send(one, "Ended", { seqNo: 1, ...end(900), agoMs: 120_000, more: offline });
  assert.deepEqual([one.session(1)["energyWh"], one.session(1)["flags"]], [900, []]);

  const blocked = { seqNo: 0, id: "tx-2", token: "BLOCKED", ...begin(0), agoMs: 60_000 };
  const answer = send(one, "Started", { ...blocked, more: { ...evse(1), ...offline } });
  assert.deepEqual(answer, { idTokenInfo: { status: "Blocked" } });
  send(one, "Ended", { seqNo: 1, id: "tx-2", ...end(300), more: offline });
  assert.deepEqual([one.session(2)["energyWh"], one.session(2)["flags"]], [300, ["unauthorised"]]);
});

test("rule U6: idTokenInfo answers a token and nothing else", () => {
  const one = station();
  assert.deepEqual(send(one, "Started", { seqNo: 0, more: evse(1) }), {});
  const group = { idToken: "FLEET", type: "Central" };
  const reply = send(one, "Updated", { seqNo: 1, token: "TAG2" }) as { idTokenInfo: object };
  assert.deepEqual(reply.idTokenInfo, { status: "Accepted", groupIdToken: group });
  assert.deepEqual(send(one, "Updated", { seqNo: 2 }), {});
  assert.deepEqual(send(one, "Updated", { seqNo: 3, token: "WHO" }), {
    idTokenInfo: { status: "Unknown" },
  });
  assert.deepEqual(one.session(1)["token"], { uid: "TAG2", type: "ISO14443" });
});

test("rule U7: while no cost is known none is named", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, more: evse(1) });
  assert.ok(!("totalCost" in (send(one, "Ended", { seqNo: 1 }) as object)));
});

test("rule U8: whatever a transaction event says, it is answered", () => {
  const one = station();
  for (const eventType of ["Ended", "Updated", "Started"]) {
    for (const token of [undefined, "TAG1", "BLOCKED", "WHO"]) {
      const id = `${eventType}${token}`;
      const event = { seqNo: 7, id, ...(token === undefined ? {} : { token }) };
      assert.doesNotThrow(() => send(one, eventType, event));
      assert.doesNotThrow(() => send(one, eventType, event));
    }
  }
});

test("a refused start makes no session, nor does what follows it", () => {
  const one = station();
  const refused = { idTokenInfo: { status: "Blocked" } };
  const first = { seqNo: 0, token: "BLOCKED", more: evse(1) };
  assert.deepEqual(send(one, "Started", first), refused);
  assert.deepEqual(send(one, "Started", first), refused);
  assert.deepEqual(send(one, "Updated", { seqNo: 1 }), {});
  assert.deepEqual(send(one, "Ended", { seqNo: 2 }), {});
  assert.deepEqual(sessions(one), []);
});

test("rule U9: a transaction without token and without EVSE is a session", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, ...begin(10) });
  send(one, "Ended", { seqNo: 1, ...end(30) });
  const session = one.session(1);
  assert.deepEqual([session["evseId"], session["token"], session["energyWh"]], [null, null, 20]);
  assert.equal(session["stopReason"], "Local");
});

test("rule U10: the charging state moves the session, the trigger does not", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, state: "EVConnected", more: evse(1) });
  const states = ["Charging", "SuspendedEVSE", "SuspendedEV", "Idle", "Charging"];
  const seen = states.map((state, index) => {
    send(one, "Updated", { seqNo: index + 1, state });
    return one.session(1)["state"];
  });
  assert.deepEqual(seen, states);
  const updates = one.stage.factNames().filter((name) => name === "session.updated");
  assert.equal(updates.length, states.length);
});

test("rule M4: clock-aligned values of an EVSE go to its session, others to the station", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, ...begin(100), more: evse(1) });
  one.stage.advance(600_000);
  const sampledValue = [{ value: 900, context: "Sample.Clock" }];
  const meterValue = [{ timestamp: one.time(), sampledValue }];
  for (const evseId of [0, 1, 2]) one.call("MeterValues", { evseId, meterValue });
  const actors = one.stage.journal.filter(({ type }) => type === "MeterValues")
    .map(({ slot }) => slot.text);
  assert.deepEqual(actors, [
    "default:charger/CP1",
    "default:session/CP1~1",
    "default:charger/CP1",
  ]);
  assert.equal(one.session(1)["energyWh"], 800);
});

test("an update without news is a sample: one row, no step", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, state: "Charging", more: evse(1) });
  one.stage.advance(60_000);
  send(one, "Updated", { seqNo: 1, state: "Charging", ...periodic(100) });
  const last = one.stage.journal.at(-1);
  assert.deepEqual([last?.class, last?.slot.text], ["S", "default:session/CP1~1"]);
});

test("a session that falls silent is stuck, until it is heard again or ends", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, ...begin(0), more: evse(1) });
  for (let seqNo = 1; seqNo <= 3; seqNo++) {
    one.stage.advance(60_000);
    send(one, "Updated", { seqNo, ...periodic(seqNo * 100) });
  }
  one.stage.advance(SILENCE_MS - 1);
  assert.deepEqual(one.alerts(), []);
  one.stage.advance(1);
  assert.deepEqual(one.alerts(), ["opened stuckSession"]);
  assert.equal(one.stage.row("alerts", "CP1~a1")["session_id"], "CP1~1");
  send(one, "Updated", { seqNo: 4, ...periodic(900) });
  one.stage.advance(SILENCE_MS - 1);
  assert.deepEqual(one.alerts(), ["opened stuckSession", "resolved stuckSession"]);
});

test("silence of a station that is away says nothing of its sessions", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, more: evse(1) });
  one.disconnect();
  one.stage.advance(2 * QUIET_STATION_MS);
  assert.deepEqual(one.alerts(), ["opened offline"]);
  one.connect();
  one.stage.advance(2 * QUIET_STATION_MS);
  assert.deepEqual(one.alerts(), ["opened offline", "resolved offline", "opened stuckSession"]);
});

test("silence while we were not listening does not count", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, more: evse(1) });
  one.stage.sleep(2 * QUIET_STATION_MS);
  assert.deepEqual(one.alerts(), []);
});

test("a station that sends no meter values may be quiet for half a day", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, more: evse(1) });
  one.stage.advance(QUIET_STATION_MS - 1);
  assert.deepEqual(one.alerts(), []);
  one.stage.advance(1);
  assert.deepEqual(one.alerts(), ["opened stuckSession"]);
  send(one, "Ended", { seqNo: 1 });
  assert.deepEqual(one.alerts(), ["opened stuckSession", "resolved stuckSession"]);
});

test("a session that never ends is told, however much it talks", () => {
  const one = station();
  send(one, "Started", { seqNo: 0, more: evse(1) });
  for (let hour = 1; hour * 1_800_000 < ETERNAL_MS; hour++) {
    one.stage.advance(1_800_000);
    send(one, "Updated", { seqNo: hour });
  }
  assert.deepEqual(one.alerts(), []);
  one.stage.advance(1_800_000);
  assert.deepEqual(one.alerts(), ["opened stuckSession"]);
});

test("a connector that is free while its session runs is told after a while", () => {
  const one = station();
  const status = (connectorStatus: string): unknown =>
    one.call("StatusNotification", {
      timestamp: one.time(),
      connectorStatus,
      evseId: 1,
      connectorId: 1,
    });
  send(one, "Started", { seqNo: 0, more: evse(1) });
  status("Available");
  one.stage.advance(UNPLUGGED_MS - 1);
  status("Occupied");
  one.stage.advance(1);
  assert.deepEqual(one.alerts(), []);
  status("Available");
  one.stage.advance(UNPLUGGED_MS);
  assert.deepEqual(one.alerts(), ["opened stuckSession"]);
});
