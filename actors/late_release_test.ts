/** A grant that is given back later than the next session wants it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, StationOnStage, tokenRecord } from "./stage_testing.ts";

const token = "default:token/%ttag1";

function transaction(one: StationOnStage, eventType: string, id: string, seqNo: number): unknown {
  return one.call("TransactionEvent", {
    eventType,
    timestamp: new Date(one.stage.now).toISOString(),
    triggerReason: "Authorized",
    seqNo,
    transactionInfo: { transactionId: id },
    ...(eventType === "Started" ? { evse: { id: 1, connectorId: 1 } } : {}),
    idToken: { idToken: "TAG1", type: "ISO14443" },
  });
}

test("a driver who plugs in again is not refused for his last session, whose end is under way", () => {
  const stage = new Stage();
  stage.tokens.set("tag1", tokenRecord("TAG1"));
  const one = new StationOnStage(stage, "CP1", "ocpp2.0.1").register({ quiet: true }).connect();
  transaction(one, "Started", "tx-1", 0);
  transaction(one, "Ended", "tx-1", 1);
  // As if the token's worker had died before it heard of the end.
  const held = { token: "%ttag1", holder: "CP1~1", replaces: [], limit: 1 };
  stage.ask(token, { type: "grant.request", cause: "test" }, held);

  const answer = transaction(one, "Started", "tx-2", 0);

  assert.deepEqual(answer, { idTokenInfo: { status: "Accepted" } });
  const { grants } = stage.slot(token).state.context as { grants: object };
  assert.deepEqual(Object.keys(grants), ["CP1~2"]);
});
