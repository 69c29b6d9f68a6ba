import assert from "node:assert/strict";
import { test } from "node:test";
import { partitionOf, stationKey } from "#schemas/address.ts";
import { type TokenRecord, tokenStatuses } from "#schemas/events/token.ts";
import {
  type AuthorisationQuestion,
  authorise,
  grantKey,
  mayStop,
  needsGrant,
} from "./authorisation.ts";

const noon = 1_795_348_800_000;
const past = "2026-11-22T11:59:59Z";
const future = "2026-11-22T12:00:01Z";

const token: TokenRecord = {
  uid: "04A1B2C3",
  type: "ISO14443",
  status: "Accepted",
  groupId: "FLEET-7",
  expiresAt: null,
  concurrentSessions: 1,
};

const question: AuthorisationQuestion = {
  idToken: { uid: "04a1b2c3", type: null },
  token,
  at: noon,
  authorisationRequired: true,
  granted: null,
};

function statusOf(changes: Partial<AuthorisationQuestion>): string {
  return authorise({ ...question, ...changes }).status;
}

test("authorise() truth table: status × expiry × grant, and nothing else is Accepted", () => {
  const expiries = [null, future, past, "whenever"];
  for (const status of ["Accepted", "Blocked", "Expired", "Invalid"] as const) {
    for (const expiresAt of expiries) {
      for (const granted of [null, true, false]) {
        const isGood = status === "Accepted";
        const expected = !isGood
          ? status
          : expiresAt === past
          ? "Expired"
          : expiresAt === "whenever"
          ? "Invalid"
          : granted === false
          ? "ConcurrentTx"
          : "Accepted";
        const row = `${status} ${expiresAt} ${granted}`;
        assert.equal(statusOf({ token: { ...token, status, expiresAt }, granted }), expected, row);
      }
    }
  }
});

test("an unknown token, and one of another type, is Unknown", () => {
  assert.equal(statusOf({ token: null }), "Unknown");
  assert.equal(statusOf({ idToken: { uid: "04A1B2C3", type: "ISO15693" } }), "Unknown");
  assert.equal(statusOf({ idToken: { uid: "04A1B2C3", type: "ISO14443" } }), "Accepted");
});

test("a record without a status that we know is refused", () => {
  const broken = { ...token, status: undefined } as unknown as TokenRecord;
  assert.equal(statusOf({ token: broken }), "Invalid");
  const odd = { ...token, status: "Whatever" } as unknown as TokenRecord;
  assert.equal(statusOf({ token: odd }), "Invalid");
});

test("OCPP 2.0.1 Part 2, C02.FR.02: a start button is always Accepted", () => {
  const idToken = { uid: "", type: "NoAuthorization" };
  assert.equal(statusOf({ idToken, token: null, authorisationRequired: false }), "Accepted");
  assert.equal(statusOf({ idToken, token: null }), "Accepted");
});

test("free vend accepts any start", () => {
  const blocked = { ...token, status: "Blocked" } as const;
  for (const each of [null, token, blocked]) {
    assert.equal(statusOf({ token: each, authorisationRequired: false }), "Accepted");
  }
});

test("rule U5: what was decided offline is judged by its own time", () => {
  const expired = { ...token, expiresAt: past };
  assert.equal(statusOf({ token: expired, at: noon - 3_600_000 }), "Accepted");
  assert.equal(statusOf({ token: expired, at: noon }), "Expired");
});

test("a grant is asked for exactly where it alone decides", () => {
  const types = [null, "ISO14443", "ISO15693", "NoAuthorization"];
  for (const type of types) {
    for (const status of [...tokenStatuses, "Whatever" as never]) {
      for (const expiresAt of [null, future, past, "whenever"]) {
        const asked = { ...question, idToken: { uid: token.uid, type } };
        const card = { ...token, status, expiresAt };
        const alone = [true, false].map((granted) => authorise({ ...asked, token: card, granted }));
        const isDecided = alone[0]?.status !== alone[1]?.status;
        assert.equal(needsGrant({ ...asked, token: card }), isDecided, `${type} ${status}`);
        assert.equal(needsGrant({ ...asked, token: { ...card, concurrentSessions: 0 } }), false);
      }
    }
  }
  assert.equal(needsGrant({ ...question, token: null }), false);
});

test("rule U6: the answer carries the group and the expiry of a known token", () => {
  assert.deepEqual(authorise({ ...question, token: { ...token, expiresAt: future } }), {
    status: "Accepted",
    groupId: "FLEET-7",
    expiresAt: future,
  });
  assert.deepEqual(authorise({ ...question, token: null }), {
    status: "Unknown",
    groupId: null,
    expiresAt: null,
  });
});

test("rule T9: the same card or the same parent may stop, others may not", () => {
  const starter = { uid: "04A1B2C3", groupId: "FLEET-7" };
  assert.equal(mayStop(starter, { uid: "04a1b2c3", groupId: null }), true);
  assert.equal(mayStop(starter, { uid: "OTHER", groupId: "fleet-7" }), true);
  assert.equal(mayStop(starter, { uid: "OTHER", groupId: "FLEET-8" }), false);
  assert.equal(mayStop(starter, { uid: "OTHER", groupId: null }), false);
  assert.equal(mayStop({ uid: "A", groupId: null }, { uid: "B", groupId: null }), false);
  assert.equal(mayStop(null, { uid: "B", groupId: null }), true);
});

test("grantKey() is one for a group and does not depend on case", () => {
  assert.equal(grantKey(token), "%tfleet-7");
  assert.equal(grantKey({ ...token, groupId: null }), "%t04a1b2c3");
});

test("grantKey() is never the key of a station or a part of one", () => {
  for (const name of ["1001", "%t1001", "a~1", "25"]) {
    const key = grantKey({ uid: name, groupId: null });
    assert.notEqual(partitionOf(key), stationKey(name));
    assert.equal(partitionOf(key), key);
  }
});
