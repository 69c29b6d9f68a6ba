import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, StationOnStage, tokenRecord } from "#actors/stage_testing.ts";

const info = {
  id: 3,
  priority: "InFront",
  message: { format: "UTF8", content: "Hello" },
};

class Display extends StationOnStage {
  #calls = 0;

  constructor() {
    const stage = new Stage();
    stage.tokens.set("tag1", tokenRecord("TAG1"));
    super(stage, "CP1", "ocpp2.0.1");
    this.register({ quiet: true }).connect();
  }

  /** A raw call: typed ones are heard alike. */
  say(action: string, payload: object, response: object | null): string {
    const id = `r${++this.#calls}`;
    this.tell("call.request", { id, action, payload, timeoutMs: 5_000 });
    if (response !== null) this.answer(id, { outcome: "answered", response });
    return id;
  }

  set(message: object, response: object): string {
    return this.say("SetDisplayMessage", { message }, response);
  }

  transaction(eventType: "Started" | "Ended", seqNo: number): void {
    this.call("TransactionEvent", {
      eventType,
      timestamp: this.time(),
      triggerReason: "Authorized",
      seqNo,
      transactionInfo: { transactionId: "tx1" },
      evse: { id: 1, connectorId: 1 },
      ...(seqNo === 0 ? { idToken: { idToken: "TAG1", type: "ISO14443" } } : {}),
    });
  }

  items(): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
    const entries = [...this.stage.rows].filter(([, row]) => row["block"] === "display-message");
    return Object.fromEntries(
      entries.map(([, row]) => [String(row["key"]), row["body"] as Record<string, unknown>]),
    );
  }
}

test("a message is believed when the station has accepted it, and replaced by its id (O02)", () => {
  const one = new Display();
  const first = one.set(info, { status: "Accepted" });
  assert.deepEqual(one.items(), {
    "3": {
      ...{ info, sessionId: null, commandId: first, at: one.time() },
      ...{ answer: "Accepted", reason: null },
    },
  });
  const other = { ...info, message: { format: "UTF8", content: "Bye" } };
  one.set(other, { status: "Accepted" });
  assert.deepEqual(Object.keys(one.items()), ["3"]);
  assert.deepEqual(one.items()["3"]?.["info"], other);
});

test("a refused message is kept beside the one that shows, until the next is accepted", () => {
  const one = new Display();
  one.set(info, { status: "Accepted" });
  const other = { ...info, priority: "AlwaysFront" };
  const statusInfo = { reasonCode: "TooMuch", additionalInfo: "one is enough" };
  one.set(other, { status: "NotSupportedPriority", statusInfo });
  assert.deepEqual(one.items()["3"]?.["info"], info);
  const { answer, reason } = one.items()["refused/3"] ?? {};
  assert.deepEqual([answer, reason], ["NotSupportedPriority", "TooMuch: one is enough"]);

  one.set(other, { status: "Accepted" });
  assert.deepEqual(Object.keys(one.items()), ["3"]);
});

test("a CALLERROR is a refusal, silence is none, and a late answer still counts", () => {
  const one = new Display();
  const failed = one.say("SetDisplayMessage", { message: info }, null);
  const error = { code: "NotSupported", description: "", details: {} };
  one.answer(failed, { outcome: "failed", error });
  assert.equal(one.items()["refused/3"]?.["answer"], "NotSupported");

  const silent = one.say("SetDisplayMessage", { message: { ...info, id: 4 } }, null);
  one.answer(silent, { outcome: "timedOut" });
  assert.deepEqual(Object.keys(one.items()), ["refused/3"]);
  one.answer(silent, { outcome: "answered", response: { status: "Accepted" } });
  assert.equal(one.items()["4"]?.["answer"], "Accepted");
});

test("a cleared message is gone, also when the station does not know it (O05)", () => {
  const one = new Display();
  one.set(info, { status: "Accepted" });
  one.set({ ...info, id: 4 }, { status: "Accepted" });
  one.set({ ...info, id: 4 }, { status: "Rejected" });
  one.say("ClearDisplayMessage", { id: 3 }, { status: "Accepted" });
  assert.deepEqual(Object.keys(one.items()), ["4", "refused/4", "cleared/3"]);
  one.say("ClearDisplayMessage", { id: 4 }, { status: "Rejected" });
  assert.deepEqual(Object.keys(one.items()), ["4", "refused/4", "cleared/3"]);
  one.say("ClearDisplayMessage", { id: 4 }, { status: "Unknown" });
  assert.deepEqual(Object.keys(one.items()), ["cleared/3", "cleared/4"]);
  one.set(info, { status: "Accepted" });
  assert.deepEqual(Object.keys(one.items()), ["3", "cleared/4"]);
});

test("the question is kept, so that its report can be read", () => {
  const one = new Display();
  one.say("GetDisplayMessages", { requestId: 9, priority: "InFront" }, null);
  const asked = { requestId: 9, ids: null, priority: "InFront", state: null, at: one.time() };
  assert.deepEqual(one.items()["asked"], { ...asked, answer: null });
  one.say("GetDisplayMessages", { requestId: 10 }, { status: "Unknown" });
  assert.equal(one.items()["asked"]?.["answer"], "Unknown");
});

test("messages of a session that is over, and those that had their time, are dropped", () => {
  const one = new Display();
  one.transaction("Started", 0);
  one.set({ ...info, id: 1, transactionId: "tx1" }, { status: "Accepted" });
  const endDateTime = new Date(one.stage.now + 60_000).toISOString();
  one.set({ ...info, id: 2, endDateTime }, { status: "Accepted" });
  assert.equal(one.items()["1"]?.["sessionId"], "CP1~1");

  one.transaction("Ended", 1);
  one.stage.advance(60_000);
  one.set(info, { status: "Accepted" });
  assert.deepEqual(Object.keys(one.items()), ["3"]);
});

test("a payload that names no message is no reason to fail", () => {
  const one = new Display();
  for (const payload of [{}, { message: null }, { message: { id: "3" } }, { message: [] }]) {
    one.say("SetDisplayMessage", payload, { status: "Accepted" });
    one.say("ClearDisplayMessage", payload, {});
  }
  assert.deepEqual(one.items(), {});
});
