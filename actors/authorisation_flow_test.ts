/** Tokens at a station, from the card to the answer, whatever version it speaks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { grantKey } from "#actors/domain/authorisation.ts";
import type { TokenRecord } from "#schemas/events/token.ts";
import { Stage, StationOnStage, tokenRecord } from "./stage_testing.ts";

interface Shown {
  readonly idTokenInfo?: { readonly status: string };
  readonly idTagInfo?: { readonly status: string };
}

/** A stage where one card is known, at a 2.x and a 1.6 station. */
function stageWith(card: TokenRecord): { stage: Stage; two: StationOnStage; one: StationOnStage } {
  const stage = new Stage();
  stage.tokens.set(card.uid.toLowerCase(), card);
  const two = new StationOnStage(stage, "TWO", "ocpp2.0.1").register().connect();
  const one = new StationOnStage(stage, "ONE", "ocpp1.6").register().connect();
  return { stage, two, one };
}

function start2(station: StationOnStage, uid: string, type: string): string | undefined {
  const answer = station.call("TransactionEvent", {
    eventType: "Started",
    timestamp: station.time(),
    triggerReason: "Authorized",
    seqNo: 0,
    transactionInfo: { transactionId: `T-${uid}`, chargingState: "Charging" },
    evse: { id: 1, connectorId: 1 },
    idToken: { idToken: uid, type },
  });
  return (answer as Shown).idTokenInfo?.status;
}

function start16(station: StationOnStage, idTag: string): string | undefined {
  const payload = { connectorId: 1, idTag, meterStart: 0, timestamp: station.time() };
  return (station.call("StartTransaction", payload) as Shown).idTagInfo?.status;
}

function isHeld(stage: Stage, card: TokenRecord): boolean {
  const { context } = stage.slot(`default:token/${grantKey(card)}`).state;
  return Object.keys((context as { grants: object }).grants).length > 0;
}

test("a card that has run out is refused in both versions and takes no grant", () => {
  const card = tokenRecord("OLD", { expiresAt: "2026-11-22T11:59:59Z" });
  const { stage, two, one } = stageWith(card);
  assert.equal(start2(two, "OLD", "ISO14443"), "Expired");
  assert.equal(start16(one, "OLD"), "Expired");
  assert.equal(isHeld(stage, card), false);
});

test("a card of another type is unknown in 2.x and takes no grant; 1.6 tells no types", () => {
  const card = tokenRecord("KEY", { type: "ISO15693" });
  const { stage, two, one } = stageWith(card);
  assert.equal(start2(two, "KEY", "ISO14443"), "Unknown");
  assert.equal(isHeld(stage, card), false);
  assert.equal(start16(one, "KEY"), "Accepted");
  assert.equal(isHeld(stage, card), true);
});

test("the grant of a good card is held while it charges, and its second start is concurrent", () => {
  const card = tokenRecord("GOOD", { expiresAt: "2026-11-22T13:00:00Z" });
  const { stage, two, one } = stageWith(card);
  assert.equal(start2(two, "GOOD", "ISO14443"), "Accepted");
  assert.equal(isHeld(stage, card), true);
  assert.equal(start16(one, "GOOD"), "ConcurrentTx");
});

test("a refused start that comes again gets the same answer, with its group", () => {
  const card = tokenRecord("BAD", { status: "Blocked", groupId: "G" });
  const { two, one } = stageWith(card);
  const started = {
    eventType: "Started",
    timestamp: two.time(),
    triggerReason: "Authorized",
    seqNo: 0,
    transactionInfo: { transactionId: "T1" },
    evse: { id: 1, connectorId: 1 },
    idToken: { idToken: "BAD", type: "ISO14443" },
  };
  const groupIdToken = { idToken: "G", type: "Central" };
  for (const messageId of ["a", "b"]) {
    assert.deepEqual(two.call("TransactionEvent", started, messageId), {
      idTokenInfo: { status: "Blocked", groupIdToken },
    });
  }
  const start16 = { connectorId: 1, idTag: "BAD", meterStart: 0, timestamp: one.time() };
  const answers = ["a", "b"].map((id) => one.call("StartTransaction", start16, id));
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual((answers[0] as { idTagInfo: object }).idTagInfo, {
    parentIdTag: "G",
    status: "Blocked",
  });
});

test("OCPP 2.0.1 Part 2, C16: a master pass ends another's session, who started it pays", () => {
  const stage = new Stage();
  stage.tokens.set("driver", tokenRecord("DRIVER"));
  stage.tokens.set("master", tokenRecord("MASTER", { groupId: "MP" }));
  const station = new StationOnStage(stage, "TWO", "ocpp2.0.1").register().connect();
  assert.equal(start2(station, "DRIVER", "ISO14443"), "Accepted");
  const answer = station.call("TransactionEvent", {
    eventType: "Ended",
    timestamp: station.time(),
    triggerReason: "StopAuthorized",
    seqNo: 1,
    transactionInfo: { transactionId: "T-DRIVER", stoppedReason: "MasterPass" },
    idToken: { idToken: "MASTER", type: "ISO14443" },
  });
  assert.deepEqual(answer, {
    idTokenInfo: { status: "Accepted", groupIdToken: { idToken: "MP", type: "Central" } },
  });
  const { status, stopReason, token } = station.session(1);
  assert.deepEqual([status, stopReason], ["closed", "MasterPass"]);
  assert.deepEqual(token, { uid: "DRIVER", type: "ISO14443" });
  assert.equal(isHeld(stage, tokenRecord("MASTER", { groupId: "MP" })), false);
});
