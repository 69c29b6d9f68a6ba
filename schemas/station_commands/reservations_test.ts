import assert from "node:assert/strict";
import { test } from "node:test";
import { connectorTypes201 } from "#schemas/connector_types.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { checkRequest } from "#schemas/ocpp_schemas.ts";
import { type WordingFacts, wordsOf } from "./define.ts";
import { reservationsCommands } from "./reservations.ts";

const facts: Omit<WordingFacts, "protocol"> = {
  tokenType: "ISO15693",
  tokenGroupId: "OWN-GROUP",
  now: Date.UTC(2026, 10, 22, 12),
  requestId: 1,
  items: [],
  transactionOf: () => "",
};
const terms = { reservationId: 5, tokenUid: "TAG", expiresAt: "2027-01-01T12:00:00+02:00" };
const expiry = "2027-01-01T10:00:00.000Z";

function worded(
  protocol: OcppProtocol,
  kind: keyof typeof reservationsCommands,
  body: unknown,
): string {
  const calls = wordsOf(reservationsCommands[kind], body, { ...facts, protocol });
  const [call, ...others] = calls;
  assert.equal(others.length, 0);
  const fault = checkRequest(protocol, call?.action ?? "", call?.payload, "sent");
  assert.equal(fault, undefined, String(fault?.detail));
  return JSON.stringify(call?.payload);
}

function refused(protocol: OcppProtocol, body: unknown): string {
  try {
    wordsOf(reservationsCommands.reserve, body, { ...facts, protocol });
  } catch (thrown) {
    if (thrown instanceof PlatformError) return thrown.kind;
  }
  return "none";
}

test("1.6: ReserveNow names what was asked and nothing else, in the standard's order", () => {
  const words = (more: object): string => worded("ocpp1.6", "reserve", { ...terms, ...more });
  const rest = `"expiryDate":"${expiry}","idTag":"TAG"`;

  assert.equal(words({ evseId: 2 }), `{"connectorId":2,${rest},"reservationId":5}`);
  assert.equal(words({}), `{"connectorId":0,${rest},"reservationId":5}`);
  assert.equal(
    words({ evseId: null, groupId: "G" }),
    `{"connectorId":0,${rest},"parentIdTag":"G","reservationId":5}`,
  );
});

for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
  test(`${protocol}: ReserveNow names what was asked and nothing else, in the standard's order`, () => {
    const words = (more: object): string => worded(protocol, "reserve", { ...terms, ...more });
    const begin = `{"id":5,"expiryDateTime":"${expiry}"`;
    const token = `"idToken":{"idToken":"TAG","type":"ISO15693"}`;

    assert.equal(words({}), `${begin},${token}}`);
    assert.equal(words({ evseId: 0, groupId: null }), `${begin},${token}}`);
    assert.equal(words({ evseId: 2 }), `${begin},${token},"evseId":2}`);
    assert.equal(
      words({ connectorType: "cCCS2", groupId: "G" }),
      `${begin},"connectorType":"cCCS2",${token},` +
        `"groupIdToken":{"idToken":"G","type":"Central"}}`,
    );
  });

  test(`${protocol}: each type of connector can be reserved`, () => {
    for (const connectorType of connectorTypes201) {
      worded(protocol, "reserve", { ...terms, connectorType });
    }
  });
}

test("CancelReservation is the same in every version", () => {
  for (const protocol of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const) {
    const words = worded(protocol, "cancel-reservation", { reservationId: 99_999 });
    assert.equal(words, `{"reservationId":99999}`);
  }
});

test("what a version cannot carry is refused, not cut", () => {
  const uid = (length: number): object => ({ ...terms, tokenUid: "x".repeat(length) });

  assert.equal(refused("ocpp1.6", { ...terms, connectorType: "sType2" }), "unsupported");
  assert.equal(refused("ocpp1.6", uid(21)), "invalid-value");
  assert.equal(refused("ocpp1.6", { ...terms, groupId: "x".repeat(21) }), "invalid-value");
  assert.equal(refused("ocpp2.0.1", uid(37)), "invalid-value");
  assert.equal(refused("ocpp2.0.1", { ...terms, groupId: "x".repeat(37) }), "invalid-value");
  assert.equal(refused("ocpp2.0.1", { ...terms, connectorType: "cGBT-DC" }), "invalid-value");
  assert.equal(refused("ocpp2.1", uid(255)), "none");
  assert.equal(refused("ocpp2.1", { ...terms, connectorType: "cGBT-DC" }), "none");
});
