/** What happens beside the list's own sending: operators' calls, versions, cache, tokens, customers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "#actors/stage_testing.ts";
import { LIST_ENTRIES_MAX } from "#schemas/local_list.ts";
import { add, Listed } from "./local_list_testing.ts";

test("raw calls and typed commands change the same list once the station has taken them", () => {
  const one = new Listed();
  one.put(add("A"));
  one.answer("Accepted");
  const entry = {
    idToken: { idToken: "X", type: "ISO14443" },
    idTokenInfo: { status: "Blocked", groupIdToken: { idToken: "G", type: "Central" } },
  };
  const payload = { versionNumber: 7, updateType: "Full", localAuthorizationList: [entry] };
  one.station.answered(one.station.raw("SendLocalList", payload), { status: "Failed" });
  assert.deepEqual(one.stand, [1, 1, "confirmed"]);
  one.station.answered(one.station.raw("SendLocalList", payload), { status: "Accepted" });
  assert.deepEqual(one.stand, [7, 7, "confirmed"]);
  assert.deepEqual(one.list["entries"], [
    { idToken: "X", type: "ISO14443", status: "Blocked", expiresAt: null, groupId: "G" },
  ]);

  const entries = [
    { idToken: "Y", type: "ISO14443", status: "Accepted" },
    { idToken: "X", type: "ISO14443", status: null },
  ];
  one.station.command("send-local-list", { updateType: "Differential", entries });
  assert.equal(one.sent().at(-1)?.["versionNumber"], 8);
  one.answer("Accepted");
  assert.deepEqual(one.stand, [8, 8, "confirmed"]);
  assert.deepEqual(one.uids, ["Y"]);
});

test("what an operator sends past a list on its way is followed by the whole list", () => {
  const one = new Listed();
  one.put(add("A"));
  const update = { versionNumber: 9, updateType: "Differential", localAuthorizationList: [] };
  const entry = {
    idToken: { idToken: "B", type: "ISO14443" },
    idTokenInfo: { status: "Accepted" },
  };
  const raw = one.station.raw("SendLocalList", { ...update, localAuthorizationList: [entry] });
  one.station.answered(raw, { status: "Accepted" });
  one.answer("Accepted", 0);
  const last = one.sent().at(-1);
  assert.deepEqual([last?.["updateType"], last?.["versionNumber"]], ["Full", 10]);
  one.answer("Accepted");
  assert.deepEqual(one.stand, [10, 10, "confirmed"]);
  assert.deepEqual(one.uids, ["A", "B"]);
});

test("the version that a station reports: none, another, and no lists at all", () => {
  const one = new Listed("ocpp1.6");
  const ask = (listVersion: number): unknown => {
    const id = one.station.command("get-local-list-version", {});
    one.station.answered(id, { listVersion });
    return one.station.statusOf(id);
  };
  assert.equal(ask(0), "accepted");
  assert.deepEqual([one.list["reportedVersion"], one.list["state"]], [0, "none"]);
  one.put(add("A"));
  one.answer("Accepted");
  assert.equal(ask(1), "accepted");
  assert.deepEqual(one.stand, [1, 1, "confirmed"]);
  ask(0);
  assert.deepEqual(one.stand, [1, 0, "differs"]);
  one.patch(add("B"));
  assert.equal(one.sent().at(-1)?.["updateType"], "Full");
  ask(-1);
  assert.equal(one.list["state"], "notSupported");
});

test("a report of the version settles a list whose answer was lost", () => {
  const one = new Listed();
  one.put(add("A"));
  one.station.stage.advance(66_000);
  const id = one.station.command("get-local-list-version", {});
  one.station.answered(id, { versionNumber: 1 });
  assert.deepEqual(one.stand, [1, 1, "confirmed"]);
});

test("C11: when the cache was cleared is kept; a refusal is not", () => {
  const one = new Listed();
  one.station.answered(one.station.command("clear-cache", {}), { status: "Rejected" });
  assert.deepEqual(one.station.items("local-list"), []);
  one.station.answered(one.station.command("clear-cache", {}), { status: "Accepted" });
  assert.deepEqual(one.station.items("local-list"), [{ clearedAt: one.station.time() }]);
});

test("a list that follows tokens takes their changes; one that does not ignores them", () => {
  const one = new Listed();
  one.put(add("A"));
  one.answer("Accepted");
  one.order({ op: "follow", tokensVersion: 5, changes: [add("B")] });
  assert.deepEqual(one.uids, ["A"]);
  const wish = { op: "wish", updateType: "Full", changes: [add("A")] } as const;
  one.order({ ...wish, followTokens: { groupId: "G" }, tokensVersion: 5 });
  one.answer("Accepted");
  one.order({ op: "follow", tokensVersion: 6, changes: [add("B"), add("A", "Blocked")] });
  assert.equal(one.sent().at(-1)?.["updateType"], "Differential");
  one.answer("Accepted");
  assert.deepEqual(one.uids, ["A", "B"]);
  assert.equal(one.list["tokensVersion"], 6);
  // A whole list of an operator's ends it.
  const payload = { versionNumber: 90, updateType: "Full" };
  one.station.answered(one.station.raw("SendLocalList", payload), { status: "Accepted" });
  assert.equal(one.list["followTokens"], false);
});

test("a list has a bound, and a block that takes no orders says so", () => {
  const one = new Listed();
  const many = Array.from({ length: LIST_ENTRIES_MAX + 1 }, (_, index) => add(`T${index}`));
  assert.equal(refusal(() => one.put(...many)), "conflict");
  const order = { block: "cost", order: {} };
  assert.equal(refusal(() => one.station.tell("block.order", order)), "unknown-action");
});

test("N10: a customer that was cleared leaves the list by a differential", () => {
  const one = new Listed();
  one.put(add("A"), add("TAG1"));
  one.answer("Accepted");
  const body = { report: false, clear: true, tokenUid: "tag1" };
  const id = one.station.command("customer-information", body);
  const call = one.station.orders().at(-1);
  assert.deepEqual(call?.payload, {
    requestId: 3,
    report: false,
    clear: true,
    idToken: { idToken: "tag1", type: "ISO14443" },
  });
  one.station.answered(id, { status: "Accepted" });
  assert.deepEqual(one.sent().at(-1), {
    versionNumber: 2,
    updateType: "Differential",
    localAuthorizationList: [{ idToken: { idToken: "TAG1", type: "ISO14443" } }],
  });
  assert.deepEqual(one.uids, ["A"]);

  const other = one.station.command("customer-information", { ...body, tokenUid: "A" });
  one.station.answered(other, { status: "Rejected" });
  assert.deepEqual(one.uids, ["A"]);
});

test("a list that would follow too many tokens stays as it was, and somebody is told", () => {
  const one = new Listed();
  const order = {
    op: "wish",
    updateType: "Full",
    changes: [add("A")],
    followTokens: true,
  } as const;
  one.order({ ...order, tokensVersion: 1 });
  one.answer("Accepted");
  const many = Array.from({ length: LIST_ENTRIES_MAX }, (_, index) => add(`T${index}`));
  one.order({ op: "follow", tokensVersion: 2, changes: many });
  assert.deepEqual(one.uids, ["A"]);
  assert.deepEqual([one.list["state"], one.list["tokensVersion"]], ["failed", 2]);
  assert.deepEqual(one.station.alerts(), ["opened localListFailed"]);
  assert.equal(one.sent().length, 1);
});

test("a quiet station is not sent what follows of itself before an operator sends the list", () => {
  const one = new Listed("ocpp2.0.1", { quiet: true });
  const order = {
    op: "wish",
    updateType: "Full",
    changes: [add("A")],
    followTokens: true,
  } as const;
  one.order({ ...order, tokensVersion: 1 });
  one.answer("Accepted");
  one.order({ op: "follow", tokensVersion: 2, changes: [add("B")] });
  assert.equal(one.sent().length, 1);
  assert.deepEqual(one.stand, [2, 1, "pending"]);
  one.order({ op: "send" });
  one.answer("Accepted");
  assert.deepEqual(one.stand, [3, 3, "confirmed"]);
});
