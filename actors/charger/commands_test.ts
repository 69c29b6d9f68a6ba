import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, Stage, StationOnStage, tokenRecord } from "#actors/stage_testing.ts";
import type { CommandDescription, CommandRequest } from "#schemas/events/charger.ts";
import { COMMANDS_MAX, LATE_ANSWER_MS } from "./command_life.ts";

function station(protocol: "ocpp1.6" | "ocpp2.0.1" = "ocpp1.6"): StationOnStage {
  const stage = new Stage();
  stage.tokens.set("tag1", tokenRecord("TAG1", { type: "ISO15693" }));
  return new StationOnStage(stage, "CP1", protocol).register({ quiet: true });
}

let ids = 0;
function command(
  one: StationOnStage,
  kind: CommandRequest["kind"],
  body: CommandRequest["body"],
  more: Partial<CommandRequest> = {},
): CommandDescription {
  const request = { id: `c${++ids}`, kind, body, timeoutMs: 10_000, queueMs: 60_000, ...more };
  return one.tell("command.request", request) as CommandDescription;
}

function start16(one: StationOnStage, more: object = {}): unknown {
  const timestamp = one.time();
  return one.call("StartTransaction", {
    connectorId: 1,
    idTag: "TAG1",
    meterStart: 0,
    timestamp,
    ...more,
  });
}

const statusOf = (one: StationOnStage, id: string): unknown =>
  one.stage.row("commands", id)["status"];

test("a raw call goes out exactly as given, and its answer comes back to whoever waits", () => {
  const one = station().connect();
  const payload = { connectorId: 99, type: "Inoperative", z: 1, a: 2 };
  const request = { id: "r1", action: "ChangeAvailability", payload, timeoutMs: 5_000 };
  const sent = one.tell("call.request", { ...request, replyTo: "api.1" }) as CommandDescription;

  assert.equal(sent.status, "sent");
  assert.deepEqual(one.orders()[0], {
    order: "call",
    tenant: "default",
    identity: "CP1",
    epoch: "7.1",
    messageId: "r1",
    action: "ChangeAvailability",
    priority: 1,
    queueMs: 5_000,
    timeoutMs: 5_000,
    payload,
  });
  assert.equal(JSON.stringify(one.orders()[0]?.payload), JSON.stringify(payload));
  one.answer("r1", { outcome: "answered", response: { status: "Rejected" } });
  const { subject, message } = one.stage.sent.at(-1) ?? assert.fail("nothing was sent");
  assert.equal(subject, "api.1");
  assert.deepEqual([
    (message as CommandDescription).status,
    (message as CommandDescription).response,
  ], [
    "answered",
    { status: "Rejected" },
  ]);
  assert.deepEqual(one.stage.row("commands", "r1")["response"], { status: "Rejected" });
  assert.deepEqual(one.stage.alarmsOf(one.address), []);
});

test("a raw call to a station that is away is refused, and one that fails says how", () => {
  const one = station();
  const request = { id: "r1", action: "Reset", payload: { type: "Soft" }, timeoutMs: 5_000 };
  assert.equal(refusal(() => one.tell("call.request", request)), "conflict");
  one.connect();
  one.tell("call.request", request);
  const error = { code: "NotImplemented", description: "no", details: {} };
  one.answer("r1", { outcome: "failed", error });
  assert.equal(statusOf(one, "r1"), "failed");
  assert.deepEqual(one.stage.row("commands", "r1")["error"], error);
});

test("a typed command is worded for the station's version and ends as its answer says", () => {
  const old = station().connect();
  const { id } = command(old, "remote-start", { tokenUid: "TAG1", evseId: 9 });
  assert.deepEqual(old.orders()[0]?.payload, { connectorId: 9, idTag: "TAG1" });
  assert.equal(old.orders()[0]?.priority, 0);
  old.answer(id, { outcome: "answered", response: { status: "Rejected" } });
  assert.equal(statusOf(old, id), "rejected");

  const young = station("ocpp2.0.1").connect();
  const { id: unlock } = command(young, "unlock", { evseId: 1 });
  command(young, "remote-start", { tokenUid: "TAG1" });
  assert.deepEqual(young.orders().map(({ payload }) => payload), [
    { evseId: 1, connectorId: 1 },
    { remoteStartId: 1, idToken: { idToken: "TAG1", type: "ISO15693" } },
  ]);
  young.answer(unlock, { outcome: "answered", response: { status: "Unlocked" } });
  assert.equal(statusOf(young, unlock), "accepted");
});

test("a bad command is refused and leaves nothing behind", () => {
  const one = station().connect();
  assert.equal(refusal(() => command(one, "reset", {})), "missing-field");
  assert.equal(refusal(() => command(one, "reset", { type: "OnIdle", evseId: 1 })), "unsupported");
  assert.deepEqual(one.stage.sent, []);
  assert.deepEqual(one.stage.alarmsOf(one.address), []);
});

test("a command waits for the station, goes out when it comes, or expires", () => {
  const one = station();
  const soon = command(one, "reset", { type: "OnIdle" });
  const short = command(one, "unlock", { evseId: 1 }, { queueMs: 1_000, replyTo: "api.1" });
  const none = command(one, "unlock", { evseId: 1 }, { queueMs: 0 });

  assert.deepEqual([soon.status, short.status, none.status], ["queued", "queued", "expired"]);
  one.stage.advance(1_000);
  assert.equal(statusOf(one, short.id), "expired");
  assert.equal((one.stage.sent[0]?.message as CommandDescription).status, "expired");
  one.connect();
  assert.deepEqual(one.orders().map(({ messageId, action }) => [messageId, action]), [
    [soon.id, "Reset"],
  ]);
  assert.equal(statusOf(one, soon.id), "sent");
});

test("what was sent is never sent again, whatever is lost", () => {
  const one = station().connect();
  const { id } = command(one, "reset", { type: "Immediate" });
  one.disconnect();
  assert.equal(statusOf(one, id), "unknown");
  one.connect();
  one.connect("g1", true);
  assert.equal(one.orders().length, 1);
});

test("the same request again gets the command as it stands", () => {
  const one = station().connect();
  const first = command(one, "unlock", { evseId: 1 }, { id: "same" });
  assert.deepEqual(command(one, "unlock", { evseId: 1 }, { id: "same" }), first);
  one.answer("same", { outcome: "answered", response: { status: "Unlocked" } });
  assert.equal(command(one, "unlock", { evseId: 1 }, { id: "same" }).status, "accepted");
  assert.equal(one.orders().length, 1);
});

test("a request that comes again after many others is not sent again, though it is forgotten", () => {
  const one = station().connect();
  const first = command(one, "unlock", { evseId: 1 });
  const unlocked = { outcome: "answered", response: { status: "Unlocked" } } as const;
  one.answer(first.id, unlocked);
  for (let other = 0; other < COMMANDS_MAX; other++) {
    one.answer(command(one, "unlock", { evseId: 1 }).id, unlocked);
  }
  const orders = one.orders().length;

  const again = refusal(() => command(one, "unlock", { evseId: 1 }, { id: first.id }));

  assert.equal(again, "conflict");
  assert.equal(one.orders().length, orders);
});

test("a reset in doubt is settled by the next boot", () => {
  const one = station().connect();
  const { id } = command(one, "reset", { type: "Immediate" });
  one.disconnect();
  one.connect();
  one.boot();
  assert.equal(statusOf(one, id), "accepted");
});

test("an answer may come late, when it comes too late it changes nothing", () => {
  const one = station().connect();
  const { id } = command(one, "unlock", { evseId: 1 });
  one.answer(id, { outcome: "timedOut" });
  assert.equal(statusOf(one, id), "timedOut");
  one.answer(id, { outcome: "answered", response: { status: "Unlocked" }, late: true });
  assert.equal(statusOf(one, id), "accepted");

  const { id: second } = command(one, "unlock", { evseId: 1 });
  one.answer(second, { outcome: "timedOut" });
  one.stage.advance(LATE_ANSWER_MS);
  one.answer(second, { outcome: "answered", response: { status: "Unlocked" }, late: true });
  assert.equal(statusOf(one, second), "timedOut");
});

test("a command of which the gateway says nothing times out by itself", () => {
  const one = station().connect();
  const { id } = command(one, "unlock", { evseId: 1 });
  one.stage.advance(25_000);
  assert.equal(statusOf(one, id), "timedOut");
});

test("a remote start of 1.6 leads to the session of its token and connector", () => {
  const one = station().connect();
  const { id } = command(one, "remote-start", { tokenUid: "tag1", evseId: 1 });
  one.answer(id, { outcome: "answered", response: { status: "Accepted" } });
  one.stage.advance(60_000);
  start16(one, { connectorId: 2 });
  assert.equal(one.stage.row("commands", id)["session_id"], null);
  one.stage.tokens.set("tag1", tokenRecord("TAG1", { concurrentSessions: 0 }));
  start16(one);
  assert.equal(one.stage.row("commands", id)["session_id"], "CP1~2");
  assert.equal(statusOf(one, id), "accepted");
});

test("a remote start whose answer was lost is settled by its session", () => {
  const one = station("ocpp2.0.1").connect();
  const { id } = command(one, "remote-start", { tokenUid: "TAG1" }, { replyTo: "api.1" });
  one.disconnect();
  one.connect();
  one.call("TransactionEvent", {
    eventType: "Started",
    timestamp: one.time(),
    triggerReason: "RemoteStart",
    seqNo: 0,
    transactionInfo: { transactionId: "t1", remoteStartId: 1 },
    evse: { id: 1 },
    idToken: { idToken: "TAG1", type: "ISO15693" },
  });
  const told = one.stage.sent.at(-1)?.message as CommandDescription;
  assert.deepEqual([told.id, told.status, told.sessionId], [id, "accepted", "CP1~1"]);
});

test("a remote start may join a transaction that began with the cable", () => {
  const one = station("ocpp2.0.1").connect();
  const event = (eventType: string, seqNo: number, more: object, info: object = {}): unknown =>
    one.call("TransactionEvent", {
      eventType,
      timestamp: one.time(),
      triggerReason: "CablePluggedIn",
      seqNo,
      transactionInfo: { transactionId: "t1", ...info },
      ...more,
    });
  event("Started", 0, { evse: { id: 1 } });
  const { id } = command(one, "remote-start", { tokenUid: "TAG1", evseId: 1 });
  const response = { status: "Accepted", transactionId: "t1" };
  one.answer(id, { outcome: "answered", response });
  assert.equal(one.stage.row("commands", id)["session_id"], "CP1~1");
  const idToken = { idToken: "TAG1", type: "ISO15693" };
  event("Updated", 1, { idToken }, { remoteStartId: 1 });
  assert.deepEqual(one.session(1)["token"], { uid: "TAG1", type: "ISO15693" });
});

test("a remote stop names the transaction of its session", () => {
  const one = station().connect();
  start16(one);
  command(one, "remote-stop", { sessionId: "CP1~1" });
  assert.deepEqual(one.orders()[0]?.payload, { transactionId: 1_000 });
  const stop = { transactionId: 1_000, meterStop: 0, timestamp: one.time() };
  one.call("StopTransaction", stop);
  const refused = (sessionId: string): string =>
    refusal(() => command(one, "remote-stop", { sessionId }));
  assert.deepEqual([refused("CP1~1"), refused("CP1~2"), refused("CP2~1")], [
    "conflict",
    "not-found",
    "not-found",
  ]);
});

test("more commands than a station can take are refused clearly", () => {
  const one = station().connect();
  for (let sent = 0; sent < COMMANDS_MAX; sent++) command(one, "unlock", { evseId: 1 });
  assert.equal(refusal(() => command(one, "unlock", { evseId: 1 })), "overloaded");
  assert.ok(one.stage.largestSnapshot < 8_192);

  const away = station();
  const body = { tokenUid: "TAG1", chargingProfile: { text: "x".repeat(5_000) } };
  assert.equal(refusal(() => command(away, "remote-start", body)), "overloaded");
});

test("removing a station ends what waits for it", () => {
  const one = station();
  const { id } = command(one, "reset", { type: "OnIdle" });
  one.tell("station.remove");
  assert.equal(statusOf(one, id), "failed");
  assert.deepEqual(one.stage.alarmsOf(one.address), []);
});
