import assert from "node:assert/strict";
import { test } from "node:test";
import { displayMessagesOf, type MessageFacts, type MessageItem } from "./display_messages.ts";

const at = "2026-11-22T12:00:00.000Z";
const now = Date.UTC(2026, 10, 22, 13);
const info = { id: 3, priority: "InFront", message: { format: "UTF8", content: "Hello" } };

function item(key: string, more: object = {}, block = "display-message"): MessageItem {
  const settled = { sessionId: null, commandId: "c1", answer: "Accepted", reason: null };
  return { block, key, body: { info, at, ...settled, ...more } };
}

function order(more: object): MessageFacts["orders"][number] {
  const request = { id: 3, priority: "InFront", message: { content: "Hello" } };
  const kind = "set-display-message";
  const action = "SetDisplayMessage";
  return { id: "c2", kind, action, status: "sent", request, createdAt: at, ...more };
}

/** id, status, shown, confirmed and the attempt's status of each message. */
function shown(facts: Partial<MessageFacts>): readonly unknown[] {
  const all = { items: [], orders: [], sessions: [], now, ...facts };
  return displayMessagesOf(all).map((message) => [
    message.id,
    message.status,
    message.shown,
    message.confirmed,
    message.attempt?.status ?? null,
  ]);
}

test("an accepted message shows, and is confirmed by a report that says the same", () => {
  const reported = (more: object): MessageItem =>
    item("3", { info: { ...info, ...more } }, "reported-message");
  assert.deepEqual(shown({ items: [item("3")] }), [[3, "accepted", true, false, null]]);
  assert.deepEqual(shown({ items: [item("3"), reported({})] }), [[
    3,
    "accepted",
    true,
    true,
    null,
  ]]);
  assert.deepEqual(shown({ items: [item("3"), reported({ priority: "AlwaysFront" })] }), [
    [3, "accepted", true, false, null],
  ]);
  assert.deepEqual(shown({ items: [reported({})] }), [[3, "reported", true, true, null]]);
});

test("what was refused is told apart from what the station could not do", () => {
  const refused = (answer: string): MessageItem => item("refused/3", { answer });
  assert.deepEqual(shown({ items: [refused("NotSupportedState")] }), [
    [3, "rejected", false, false, null],
  ]);
  assert.deepEqual(shown({ items: [refused("NotImplemented")] }), [
    [3, "failed", false, false, null],
  ]);
  assert.deepEqual(shown({ items: [item("3"), refused("Rejected")] }), [
    [3, "accepted", true, false, "rejected"],
  ]);
});

test("what is on its way is pending, without an answer it is unanswered, settled it is neither", () => {
  const later = "2026-11-22T12:00:01.000Z";
  const earlier = "2026-11-22T11:59:59.000Z";
  assert.deepEqual(shown({ orders: [order({ status: "queued" })] }), [
    [3, "pending", false, false, null],
  ]);
  for (const status of ["unknown", "timedOut", "expired"] as const) {
    assert.deepEqual(shown({ orders: [order({ status })] }), [
      [3, "unanswered", false, false, null],
    ]);
  }
  assert.deepEqual(shown({ orders: [order({ status: "failed" })] }), [
    [3, "failed", false, false, null],
  ]);
  assert.deepEqual(shown({ items: [item("3")], orders: [order({ createdAt: later })] }), [
    [3, "accepted", true, false, "pending"],
  ]);
  assert.deepEqual(shown({ items: [item("3")], orders: [order({ createdAt: earlier })] }), [
    [3, "accepted", true, false, null],
  ]);
});

test("raw calls count like typed ones", () => {
  const raw = {
    kind: "call",
    request: { action: "SetDisplayMessage", payload: { message: info } },
  };
  assert.deepEqual(shown({ orders: [order(raw)] }), [[3, "pending", false, false, null]]);
  const clear = { kind: "call", action: "ClearDisplayMessage", request: { payload: { id: 3 } } };
  assert.deepEqual(shown({ items: [item("3")], orders: [order(clear)] }), [
    [3, "clearing", true, false, null],
  ]);
  const broken = { kind: "call", request: { action: "SetDisplayMessage", payload: {} } };
  assert.deepEqual(shown({ orders: [order(broken)] }), []);
});

test("a message of a session goes with it, one with an end when its time is over", () => {
  const bound = item("3", { sessionId: "CP1~1" });
  const session = { id: "CP1~1", transactionId: "tx1", status: "open" };
  assert.equal(shown({ items: [bound], sessions: [session] }).length, 1);
  assert.equal(shown({ items: [bound], sessions: [{ ...session, status: "closed" }] }).length, 0);
  const reported = item("3", { info: { ...info, transactionId: "tx1" } }, "reported-message");
  const closed = { ...session, status: "closed" };
  assert.equal(shown({ items: [reported], sessions: [closed] }).length, 0);
  const timed = item("3", { info: { ...info, endDateTime: "2026-11-22T13:00:00Z" } });
  assert.equal(shown({ items: [timed], now: now - 1 }).length, 1);
  assert.equal(shown({ items: [timed] }).length, 0);
});

test("that the station knows none takes back what it reported before, not after", () => {
  const reported = item("3", {}, "reported-message");
  const asked = (more: object): MessageItem => ({
    block: "display-message",
    key: "asked",
    body: { ids: null, priority: null, state: null, answer: "Unknown", at, ...more },
  });
  assert.equal(shown({ items: [reported, asked({})] }).length, 0);
  assert.equal(shown({ items: [reported, asked({ ids: [4] })] }).length, 1);
  assert.equal(shown({ items: [reported, asked({ priority: "AlwaysFront" })] }).length, 1);
  assert.equal(shown({ items: [reported, asked({ answer: "Accepted" })] }).length, 1);
  assert.equal(shown({ items: [reported, asked({ at: "2026-11-22T11:00:00.000Z" })] }).length, 1);
});

test("a message that was cleared after it was reported is gone, one reported later is there", () => {
  const reported = item("3", {}, "reported-message");
  const cleared = (clearedAt: string): MessageItem => ({
    block: "display-message",
    key: "cleared/3",
    body: { at: clearedAt },
  });
  assert.equal(shown({ items: [reported, cleared(at)] }).length, 0);
  assert.equal(shown({ items: [reported, cleared("2026-11-22T11:00:00.000Z")] }).length, 1);
});
