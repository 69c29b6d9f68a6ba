/** The rules of 1.6 transactions (T) on charger and session actors together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, Stage, StationOnStage, tokenRecord } from "./stage_testing.ts";

interface Started {
  readonly transactionId: number;
  readonly idTagInfo: { readonly status: string; readonly parentIdTag?: string };
}

function station(settings: Readonly<Record<string, unknown>> = {}): StationOnStage {
  const stage = new Stage();
  stage.tokens.set("tag1", tokenRecord("TAG1"));
  stage.tokens.set("tag2", tokenRecord("TAG2"));
  stage.tokens.set("blocked", tokenRecord("BLOCKED", { status: "Blocked" }));
  return new StationOnStage(stage, "CP1", "ocpp1.6").register(settings).connect();
}

function start(one: StationOnStage, more: object = {}, messageId: string = "m0"): Started {
  const request = { connectorId: 1, idTag: "TAG1", meterStart: 100, timestamp: one.time() };
  return one.call("StartTransaction", { ...request, ...more }, messageId) as Started;
}

function stop(one: StationOnStage, transactionId: number, more: object = {}): unknown {
  const request = { transactionId, meterStop: 1_100, timestamp: one.time() };
  return one.call("StopTransaction", { ...request, ...more });
}

function meter(one: StationOnStage, value: number, more: object = {}): unknown {
  const meterValue = [{ timestamp: one.time(), sampledValue: [{ value: String(value) }] }];
  return one.call("MeterValues", { connectorId: 1, meterValue, ...more });
}

const sessions = (one: StationOnStage): readonly string[] =>
  [...one.stage.rows.keys()].filter((key) => key.startsWith("sessions/"));

test("rule T1: each transaction gets an id of ours, positive and never the same", () => {
  const one = station();
  const first = start(one);
  one.stage.advance(1_000);
  const second = start(one, { connectorId: 2, idTag: "TAG2" });
  assert.ok(first.transactionId > 0 && second.transactionId > first.transactionId);
});

test("rule T2: a repeated start gets the same id and status, and makes nothing new", () => {
  const one = station();
  const timestamp = one.time();
  const first = start(one, {}, "m1");
  const rows = one.stage.journal.length;
  one.disconnect();
  one.connect();
  one.stage.advance(60_000);

  assert.deepEqual(start(one, { timestamp }, "m2"), first);
  assert.deepEqual(start(one, { timestamp, idTag: "tag1" }, "m3"), first);
  stop(one, first.transactionId);
  assert.deepEqual(start(one, { timestamp }, "m4"), first);
  assert.deepEqual(sessions(one), ["sessions/CP1~1"]);
  const changes = one.stage.journal.slice(rows).map(({ type }) => type);
  assert.ok(!changes.includes("TransactionEvent.Started"));
});

test("rule T3: a refused start gets an id, makes no session, and what follows is answered", () => {
  const one = station();
  const statuses = ["BLOCKED", "UNHEARD"].map((idTag) => start(one, { idTag }));
  assert.deepEqual(statuses.map(({ idTagInfo }) => idTagInfo.status), ["Blocked", "Invalid"]);

  for (const { transactionId } of statuses) {
    assert.ok(transactionId > 0);
    assert.deepEqual(meter(one, 200, { transactionId }), {});
    assert.deepEqual(stop(one, transactionId), {});
  }
  assert.deepEqual(start(one, { idTag: "BLOCKED" }), statuses[0]);
  assert.deepEqual(sessions(one), []);
  assert.deepEqual(one.alerts(), []);
});

test("rule T3: a start over the token's limit is refused as ConcurrentTx, with an id", () => {
  const one = station();
  const first = start(one);
  const second = start(one, { connectorId: 2 });
  assert.equal(second.idTagInfo.status, "ConcurrentTx");
  assert.ok(second.transactionId > first.transactionId);
  assert.deepEqual(sessions(one), ["sessions/CP1~1"]);
  stop(one, first.transactionId);
  one.stage.advance(1_000);
  assert.equal(start(one, { connectorId: 2 }).idTagInfo.status, "Accepted");
});

test("a refused start leaves the session on its connector alone", () => {
  const one = station();
  start(one);
  one.stage.advance(1_000);
  start(one, { idTag: "BLOCKED" });
  assert.equal(one.session(1)["status"], "open");
});

test("a new start on a connector closes what was open there, and takes its grant over", () => {
  const one = station();
  start(one);
  one.stage.advance(600_000);
  assert.equal(start(one, { meterStart: 500 }).idTagInfo.status, "Accepted");

  assert.deepEqual(one.describe()["openSessions"], ["CP1~2"]);
  const closed = one.session(1);
  assert.deepEqual([closed["status"], closed["stopReason"]], ["closed", "Stale"]);
  const grants = one.stage.slot("default:token/%ttag1").state.context as { grants: object };
  assert.deepEqual(Object.keys(grants.grants), ["CP1~2"]);
});

test("rule T4: offline start and stop come late, in order; their own times count", () => {
  const one = station();
  const startedAt = new Date(one.stage.now - 7_200_000).toISOString();
  const endedAt = new Date(one.stage.now - 3_600_000).toISOString();
  const { transactionId } = start(one, { timestamp: startedAt });
  stop(one, transactionId, { timestamp: endedAt });
  const session = one.session(1);
  assert.deepEqual([session["startedAt"], session["endedAt"]], [startedAt, endedAt]);
  assert.equal(session["energyWh"], 1_000);
});

test("rule T4: a start that comes late closes no session that began after it", () => {
  const one = station();
  const timestamp = new Date(one.stage.now - 7_200_000).toISOString();
  start(one);
  start(one, { timestamp, idTag: "TAG2" });
  assert.deepEqual(one.describe()["openSessions"], ["CP1~1", "CP1~2"]);
});

test("rule T4: a clock that was never set is not believed", () => {
  const one = station();
  const { transactionId } = start(one, { timestamp: "1970-01-01T00:00:10Z" });
  stop(one, transactionId);
  assert.equal(one.session(1)["startedAt"], one.time());
  assert.deepEqual(one.session(1)["flags"], ["clockNeverSet"]);
});

test("a start that the station decided offline makes a session whatever its token (rule U5)", () => {
  const one = station();
  const timestamp = new Date(one.stage.now - 7_200_000).toISOString();
  const { transactionId, idTagInfo } = start(one, { timestamp, idTag: "BLOCKED" });
  stop(one, transactionId);
  assert.equal(idTagInfo.status, "Blocked");
  assert.deepEqual(one.session(1)["flags"], ["unauthorised"]);
  assert.equal(one.session(1)["energyWh"], 1_000);
});

test("a late start counts while its session is open, and the token is free afterwards", () => {
  const one = station();
  const timestamp = new Date(one.stage.now - 7_200_000).toISOString();
  const ofQueue = start(one, { timestamp });
  assert.equal(ofQueue.idTagInfo.status, "Accepted");
  assert.equal(start(one, { connectorId: 2 }).idTagInfo.status, "ConcurrentTx");
  stop(one, ofQueue.transactionId);
  one.stage.advance(1_000);
  assert.equal(start(one).idTagInfo.status, "Accepted");
});

test("rule T5: a stop without a usable id ends the one session that it fits", () => {
  for (const transactionId of [-1, 0]) {
    const one = station();
    start(one);
    start(one, { connectorId: 2, idTag: "TAG2" });
    one.stage.advance(600_000);
    const reply = stop(one, transactionId, { idTag: "TAG2" });
    assert.deepEqual(reply, { idTagInfo: { status: "Accepted" } });
    assert.deepEqual(one.describe()["openSessions"], ["CP1~1"]);
    assert.deepEqual(one.session(2)["flags"], ["matchedStop"]);
    assert.equal(one.session(2)["energyWh"], 1_000);

    const rows = one.stage.facts.length;
    stop(one, transactionId, { idTag: "TAG2" });
    assert.equal(one.stage.facts.length, rows);
  }
});

test("rule T5: a stop that fits nothing is answered, kept and told", () => {
  const one = station();
  start(one);
  assert.deepEqual(stop(one, 815), {});
  assert.deepEqual(stop(one, 815), {});
  assert.deepEqual(stop(one, -1, { idTag: "TAG2" }), { idTagInfo: { status: "Accepted" } });
  assert.deepEqual(one.describe()["openSessions"], ["CP1~1"]);
  assert.deepEqual(one.alerts(), ["opened orphanedSession"]);
  assert.deepEqual(sessions(one), ["sessions/CP1~1"]);
});

test("rule T5: an orphan that holds its start's reading is a session that is not billed", () => {
  const one = station();
  const at = (ms: number): string => new Date(one.stage.now - ms).toISOString();
  const transactionData = [
    { timestamp: at(60_000), sampledValue: [{ value: "700", context: "Transaction.Begin" }] },
    { timestamp: at(0), sampledValue: [{ value: "1100", context: "Transaction.End" }] },
  ];
  stop(one, 815, { transactionData });
  stop(one, 815, { transactionData });
  assert.deepEqual(sessions(one), ["sessions/CP1~1"]);
  const session = one.session(1);
  assert.equal(session["energyWh"], 400);
  assert.equal(session["billable"], false);
  assert.deepEqual(session["flags"], ["orphan", "startMissing"]);
  assert.equal(one.stage.row("alerts", "CP1~a1")["session_id"], "CP1~1");
});

test("rule T6: without a reason it is Local, and a second stop changes nothing", () => {
  const one = station();
  const { transactionId } = start(one);
  stop(one, transactionId);
  const ended = one.session(1);
  const rows = one.stage.journal.length;
  one.stage.advance(60_000);
  assert.deepEqual(stop(one, transactionId, { meterStop: 9_999, reason: "Other" }), {});
  assert.deepEqual(stop(one, transactionId, { idTag: "TAG1" }), {
    idTagInfo: { status: "Accepted" },
  });
  assert.equal(ended["stopReason"], "Local");
  assert.deepEqual(one.session(1), ended);
  assert.equal(one.stage.journal.length, rows);
});

test("rule T7: meter values come without an id, of connector 0, and after the stop", () => {
  const one = station();
  meter(one, 50, { connectorId: 0 });
  meter(one, 90);
  const { transactionId } = start(one);
  one.stage.advance(600_000);
  meter(one, 600);
  assert.equal(one.session(1)["energyWh"], 500);
  meter(one, 700, { transactionId });
  assert.equal(one.session(1)["energyWh"], 600);
  stop(one, transactionId);
  one.stage.advance(60_000);
  assert.deepEqual(meter(one, 5_000, { transactionId }), {});
  assert.equal(one.session(1)["energyWh"], 1_000);
  const actors = one.stage.journal.filter(({ type }) => type === "MeterValues")
    .map(({ slot }) => slot.text);
  const [charger, session] = ["default:charger/CP1", "default:session/CP1~1"];
  assert.deepEqual(actors, [charger, charger, session, session, session]);
});

test("a meter message that is repeated is known by what it says", () => {
  const one = station();
  const { transactionId } = start(one);
  one.stage.advance(60_000);
  meter(one, 200, { transactionId });
  const rows = one.stage.journal.length;
  assert.deepEqual(meter(one, 200, { transactionId }), {});
  assert.equal(one.stage.journal.length, rows);
});

test("rule T8: a meter that went back is flagged, told and not billed", () => {
  const one = station();
  const { transactionId } = start(one, { meterStart: 5_000_000 });
  one.stage.advance(600_000);
  stop(one, transactionId, { meterStop: 4_000 });
  const session = one.session(1);
  assert.equal(session["billable"], false);
  assert.deepEqual(session["flags"], ["wentBack"]);
  assert.deepEqual(one.alerts(), ["opened implausibleMeter"]);
});

test("rule T8: a lifetime register is never billed (peers, row 1)", () => {
  const one = station();
  const { transactionId } = start(one, { meterStart: 0 });
  one.stage.advance(600_000);
  stop(one, transactionId, { meterStop: 910_000 });
  assert.equal(one.session(1)["billable"], false);
  assert.equal(one.session(1)["energyWh"], 0);
});

test("rule T9: a card of the same group may stop, and gets its own status", () => {
  const one = station();
  one.stage.tokens.set("tag1", tokenRecord("TAG1", { groupId: "FLEET" }));
  one.stage.tokens.set("tag2", tokenRecord("TAG2", { groupId: "FLEET" }));
  const { transactionId, idTagInfo } = start(one);
  assert.deepEqual(idTagInfo, { parentIdTag: "FLEET", status: "Accepted" });
  const reply = stop(one, transactionId, { idTag: "TAG2" }) as { idTagInfo: object };
  assert.deepEqual(reply.idTagInfo, { parentIdTag: "FLEET", status: "Accepted" });
  assert.deepEqual(one.session(1)["token"], { uid: "TAG1", type: "ISO14443" });
  assert.deepEqual(
    Object.keys(
      (one.stage.slot("default:token/%tfleet").state.context as { grants: object }).grants,
    ),
    [],
  );
});

test("rule S1: the connector's status says in which state a 1.6 session is", () => {
  const one = station();
  start(one);
  const report = (status: string): void => {
    one.stage.advance(1_000);
    one.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status });
  };
  const states = ["Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"].map((status) => {
    report(status);
    return one.session(1)["state"];
  });
  assert.deepEqual(states, ["Charging", "SuspendedEV", "SuspendedEVSE", "SuspendedEVSE"]);
});

test("a 1.6 session begins in the state that its connector has said", () => {
  const one = station();
  one.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging" });
  start(one);
  assert.equal(one.session(1)["state"], "Charging");
});

test("free vend takes any token and asks nobody", () => {
  const one = station({ authorisationRequired: false });
  assert.equal(start(one, { idTag: "UNHEARD" }).idTagInfo.status, "Accepted");
  assert.equal(start(one, { connectorId: 2, idTag: "UNHEARD" }).idTagInfo.status, "Accepted");
  const reply = one.call("Authorize", { idTag: "WHO" });
  assert.deepEqual(reply, { idTagInfo: { status: "Accepted" } });
});

test("Authorize is answered from memory and writes nothing", () => {
  const one = station();
  const rows = one.stage.journal.length;
  const status = (idTag: string): string =>
    (one.call("Authorize", { idTag }) as Started).idTagInfo.status;
  assert.deepEqual(["tag1", "BLOCKED", "UNHEARD"].map(status), ["Accepted", "Blocked", "Invalid"]);
  start(one);
  assert.equal(status("TAG1"), "Accepted");
  assert.equal(one.stage.journal.length, rows + 3);
});

test("close-stale closes every open session, and again none; a real stop takes over", () => {
  const one = station();
  const { transactionId } = start(one);
  start(one, { connectorId: 2, idTag: "TAG2" });
  one.stage.advance(600_000);
  meter(one, 600);
  const endedAt = one.time();
  one.stage.advance(600_000);

  assert.deepEqual(one.tell("session.close-stale"), { closed: ["CP1~1", "CP1~2"] });
  assert.deepEqual(one.tell("session.close-stale"), { closed: [] });
  const stale = one.session(1);
  assert.deepEqual([stale["stopReason"], stale["endedAt"], stale["energyWh"]], [
    "Stale",
    endedAt,
    500,
  ]);
  stop(one, transactionId, { reason: "PowerLoss" });
  const real = one.session(1);
  assert.deepEqual([real["stopReason"], real["endedAt"], real["energyWh"]], [
    "PowerLoss",
    one.time(),
    1_000,
  ]);
  assert.equal(real["meterStopWh"], 1_100);
});

test("a session is annotated and taken out of billing with a reason", () => {
  const one = station();
  const { transactionId } = start(one);
  stop(one, transactionId);
  const annotate = (body: object, key = "CP1~1"): Record<string, unknown> =>
    one.stage.ask(
      `default:session/${key}`,
      { type: "session.annotate", cause: "t" },
      body,
    ) as Record<string, unknown>;
  const changed = annotate({ annotation: "test drive", billable: false, reason: "ours" });
  assert.deepEqual([changed["annotation"], changed["billable"]], ["test drive", false]);
  assert.equal(annotate({ annotation: null })["annotation"], null);
  assert.equal(one.stage.row("sessions", "CP1~1")["billable"], false);
  assert.equal(refusal(() => annotate({ annotation: "x" }, "CP1~9")), "not-found");
});

test("the world hears of readings at most every 15 s, each row notes the energy", () => {
  const one = station();
  const { transactionId } = start(one);
  for (let second = 1; second <= 31; second++) {
    one.stage.advance(1_000);
    meter(one, 100 + second, { transactionId });
  }
  const told = one.stage.facts.filter(({ name }) => name === "session.metered");
  assert.deepEqual(told.map(({ data }) => (data as { energyWh: number }).energyWh), [1, 16, 31]);
  assert.deepEqual(told[0]?.data, {
    id: "CP1~1",
    stationId: "CP1",
    energyWh: 1,
    powerW: null,
    currentA: null,
    socPercent: null,
  });
  assert.deepEqual(one.stage.journal.at(-1)?.note, [31, null]);
});
