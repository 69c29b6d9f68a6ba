/** A list on its way: worded, sent in parts, refused, lost, sent again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { add, Listed, remove } from "./local_list_testing.ts";

test("D01: a list goes out whole, in the words and key order of 2.0.1, and is confirmed", () => {
  const one = new Listed();
  const reply = one.put(add("B"), {
    ...add("A"),
    entry: {
      idToken: "A",
      type: "Central",
      status: "Accepted",
      expiresAt: "2027-01-01T00:00:00Z",
      groupId: "G",
    },
  });
  assert.deepEqual([reply.intendedVersion, reply.confirmedVersion, reply.state], [1, 0, "pending"]);
  assert.equal(
    JSON.stringify(one.sent()),
    JSON.stringify([{
      versionNumber: 1,
      updateType: "Full",
      localAuthorizationList: [
        {
          idToken: { idToken: "A", type: "Central" },
          idTokenInfo: {
            status: "Accepted",
            cacheExpiryDateTime: "2027-01-01T00:00:00.000Z",
            groupIdToken: { idToken: "G", type: "Central" },
          },
        },
        { idToken: { idToken: "B", type: "ISO14443" }, idTokenInfo: { status: "Accepted" } },
      ],
    }]),
  );
  one.answer("Accepted");
  assert.deepEqual(one.stand, [1, 1, "confirmed"]);
});

test("OCPP 1.6J, 5.15: the same in the words of 1.6", () => {
  const one = new Listed("ocpp1.6");
  one.put(add("A"), add("B", "NoCredit"), add("A".repeat(21)));
  one.answer("Accepted");
  one.patch(add("C"), remove("a"));
  one.answer("Accepted");
  one.put();
  assert.equal(
    JSON.stringify(one.sent()),
    JSON.stringify([
      {
        listVersion: 1,
        localAuthorizationList: [
          { idTag: "A", idTagInfo: { status: "Accepted" } },
          { idTag: "B", idTagInfo: { status: "Blocked" } },
        ],
        updateType: "Full",
      },
      {
        listVersion: 2,
        localAuthorizationList: [
          { idTag: "C", idTagInfo: { status: "Accepted" } },
          { idTag: "A" },
        ],
        updateType: "Differential",
      },
      { listVersion: 3, updateType: "Full" },
    ]),
  );
});

test("changes made while a list is on its way follow as one differential", () => {
  const one = new Listed();
  one.put(add("A"));
  one.patch(add("B"));
  one.patch(add("C"), remove("A"));
  assert.equal(one.sent().length, 1);
  one.answer("Accepted");
  assert.deepEqual(one.sent()[1], {
    versionNumber: 3,
    updateType: "Differential",
    localAuthorizationList: [
      { idToken: { idToken: "B", type: "ISO14443" }, idTokenInfo: { status: "Accepted" } },
      { idToken: { idToken: "C", type: "ISO14443" }, idTokenInfo: { status: "Accepted" } },
      { idToken: { idToken: "A", type: "ISO14443" } },
    ],
  });
  assert.deepEqual(one.stand, [3, 1, "pending"]);
  one.answer("Accepted");
  assert.deepEqual(one.stand, [3, 3, "confirmed"]);
  assert.deepEqual(one.uids, ["B", "C"]);
});

test("a wish that changes nothing sends nothing and writes nothing", () => {
  const one = new Listed();
  one.put(add("A"));
  one.answer("Accepted");
  const before = one.list;
  one.patch(add("A"), remove("Z"));
  assert.equal(one.sent().length, 1);
  assert.deepEqual(one.list, before);
});

test("after VersionMismatch and Failed the whole list goes once more, then it has failed", () => {
  for (const word of ["VersionMismatch", "Failed"]) {
    const one = new Listed("ocpp2.0.1", { quiet: word === "Failed" });
    one.put(add("A"));
    one.answer("Accepted");
    one.patch(add("B"));
    one.answer(word);
    const [, , repeated] = one.sent();
    assert.deepEqual([repeated?.["updateType"], repeated?.["versionNumber"]], ["Full", 3]);
    assert.equal((repeated?.["localAuthorizationList"] as unknown[]).length, 2);
    one.answer(word);
    assert.equal(one.sent().length, 3);
    assert.deepEqual(one.stand, [3, 1, "failed"]);
    assert.deepEqual(one.station.alerts(), ["opened localListFailed"]);

    one.order({ op: "send" });
    one.answer("Accepted");
    assert.deepEqual(one.stand, [4, 4, "confirmed"]);
    assert.deepEqual(one.station.alerts(), ["opened localListFailed", "resolved localListFailed"]);
  }
});

test("a station without lists is notSupported, whether it says so or fails", () => {
  const one = new Listed("ocpp1.6");
  one.put(add("A"));
  one.answer("NotSupported");
  assert.deepEqual(one.stand, [1, 0, "notSupported"]);
  const other = new Listed();
  other.put(add("A"));
  const error = { code: "NotImplemented", description: "", details: {} };
  other.station.answer(other.calls()[0]?.messageId ?? "", { outcome: "failed", error });
  assert.deepEqual(other.stand, [1, 0, "notSupported"]);
  assert.equal(other.sent().length, 1);
});

test("a long list goes as a Full and Differentials of as many entries as the station takes", () => {
  for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const) {
    const one = new Listed(protocol);
    const name = protocol === "ocpp1.6"
      ? { component: "Configuration", variable: "SendLocalListMaxLength" }
      : { component: "LocalAuthListCtrlr", variable: "ItemsPerMessage" };
    const key = `${name.component}//// ${name.variable}/`.replace(" ", "").toLowerCase();
    one.station.stage.rows.set(`station_items/CP1/limits/${key}/report`, {
      station_id: "CP1",
      block: "limits",
      key: `${key}/report`,
      body: { ...name, value: "2", at: 0 },
    });
    one.put(...["A", "B", "C", "D", "E"].map((uid) => add(uid)));
    one.answer("Accepted");
    assert.deepEqual(one.stand, [3, 1, "pending"]);
    one.answer("Accepted");
    one.answer("Accepted");
    const version = protocol === "ocpp1.6" ? "listVersion" : "versionNumber";
    assert.deepEqual(one.sent().map((part) => [part["updateType"], part[version]]), [
      ["Full", 1],
      ["Differential", 2],
      ["Differential", 3],
    ]);
    assert.deepEqual(one.stand, [3, 3, "confirmed"]);
    const [command] = [...one.station.stage.rows].filter(([id]) => id.startsWith("commands/"));
    assert.equal(command?.[1]["status"], "accepted");
  }
});

test("a refusal in the middle of a long list ends it, and the whole list goes in small parts", () => {
  const one = new Listed();
  one.put(...Array.from({ length: 60 }, (_, index) => add(`T${index}`)));
  one.answer("Accepted");
  one.answer("Failed");
  const part = one.sent().at(-1);
  assert.deepEqual([part?.["updateType"], part?.["versionNumber"]], ["Full", 3]);
  assert.equal((part?.["localAuthorizationList"] as unknown[]).length, 10);
  for (let index = 0; index < 6; index++) one.answer("Accepted");
  assert.deepEqual(one.stand, [8, 8, "confirmed"]);
  assert.equal(one.uids.length, 60);
});

test("a station that is away gets its list when it connects, once", () => {
  const one = new Listed();
  one.station.disconnect();
  assert.equal(one.put(add("A")).state, "pending");
  one.patch(add("B"));
  assert.equal(one.sent().length, 0);
  one.station.connect();
  assert.equal((one.sent()[0]?.["localAuthorizationList"] as unknown[]).length, 2);
  one.answer("Accepted");
  one.station.disconnect();
  one.station.connect();
  assert.equal(one.sent().length, 1);
  assert.deepEqual(one.stand, [2, 2, "confirmed"]);
});

test("what was on its way when the connection broke goes again as a whole", () => {
  const one = new Listed();
  one.put(add("A"));
  one.station.disconnect();
  one.station.connect();
  assert.deepEqual(one.sent().map((part) => part["versionNumber"]), [1, 2]);
  one.answer("Accepted", 0);
  assert.deepEqual(one.stand, [2, 0, "pending"]);
  one.answer("Accepted", 1);
  assert.deepEqual(one.stand, [2, 2, "confirmed"]);
});

test("a late answer counts when nothing newer was sent", () => {
  const one = new Listed();
  one.put(add("A"));
  one.station.disconnect();
  one.answer("Accepted");
  assert.deepEqual(one.stand, [1, 1, "confirmed"]);
  one.station.connect();
  assert.equal(one.sent().length, 1);
});

test("a station that says nothing gets the whole list once more, then it has failed", () => {
  const one = new Listed();
  one.put(add("A"));
  one.silent();
  one.silent();
  assert.equal(one.sent().length, 2);
  assert.deepEqual(one.stand, [2, 0, "failed"]);
});
