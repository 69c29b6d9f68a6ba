import assert from "node:assert/strict";
import { test } from "node:test";
import { startIdentity, type StartParts } from "./start_identity.ts";

const start: StartParts = {
  evseId: 1,
  connectorId: 1,
  at: 1_795_348_800_000,
  idToken: { uid: "04A1B2C3", type: null },
  meterStartWh: 98_765,
};

test("rule T2: a repeated start has the identity of the first, whatever the case of idTag", () => {
  assert.equal(startIdentity({ ...start }), startIdentity(start));
  const lower = { ...start, idToken: { uid: "04a1b2c3", type: null } };
  assert.equal(startIdentity(lower), startIdentity(start));
});

test("rule T2: another connector, time, idTag or meterStart is another start", () => {
  const others: readonly StartParts[] = [
    { ...start, evseId: 2 },
    { ...start, at: start.at + 1 },
    { ...start, idToken: { uid: "04A1B2C4", type: null } },
    { ...start, idToken: null },
    { ...start, meterStartWh: 98_766 },
    { ...start, meterStartWh: null },
  ];
  const identities = new Set([start, ...others].map(startIdentity));
  assert.equal(identities.size, others.length + 1);
});

test("startIdentity() is short, stays the same for ever and does not tell the card", () => {
  assert.equal(startIdentity(start), "1.1.1795348800000.98765.medg7pjkaw9j");
  assert.ok(!startIdentity(start).includes("04A1B2C3"));
});
