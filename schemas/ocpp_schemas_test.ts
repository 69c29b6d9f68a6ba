import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErrorKind } from "./errors.ts";
import { type OcppProtocol, ocppProtocols } from "./events/gateway.ts";
import { actionsOf } from "./ocpp_actions.ts";
import {
  checkRequest,
  checkResponse,
  hotActions,
  judgeRequest,
  kindOfKeyword,
  warm,
} from "./ocpp_schemas.ts";
import { corrected, isStationTime, tolerant } from "./ocpp_tolerance.ts";

const at = "2026-01-01T00:00:00Z";
const status = { connectorId: 1, errorCode: "NoError", status: "Available" };
const meters = (sampled: object): object => ({
  connectorId: 1,
  meterValue: [{ timestamp: at, sampledValue: [{ value: "1", ...sampled }] }],
});

interface Row {
  readonly keyword: string;
  readonly protocol: OcppProtocol;
  readonly action: string;
  readonly payload: unknown;
  readonly kind: ErrorKind;
  readonly pointer: string;
}

/** One row per keyword that the official schemas use; neighbours differ in kind where they can. */
const rows: readonly Row[] = [
  {
    keyword: "required",
    protocol: "ocpp1.6",
    action: "StatusNotification",
    payload: { connectorId: 1, errorCode: "NoError" },
    kind: "missing-field",
    pointer: "/status",
  },
  {
    keyword: "type",
    protocol: "ocpp1.6",
    action: "StatusNotification",
    payload: { ...status, connectorId: "1" },
    kind: "wrong-type",
    pointer: "/connectorId",
  },
  {
    keyword: "enum",
    protocol: "ocpp1.6",
    action: "StatusNotification",
    payload: { ...status, status: "Broken" },
    kind: "invalid-value",
    pointer: "/status",
  },
  {
    keyword: "format",
    protocol: "ocpp1.6",
    action: "StatusNotification",
    payload: { ...status, timestamp: "yesterday" },
    kind: "malformed",
    pointer: "/timestamp",
  },
  {
    keyword: "maxLength",
    protocol: "ocpp1.6",
    action: "Authorize",
    payload: { idTag: "x".repeat(21) },
    kind: "invalid-value",
    pointer: "/idTag",
  },
  {
    keyword: "additionalProperties",
    protocol: "ocpp2.0.1",
    action: "Heartbeat",
    payload: { mood: "good" },
    kind: "missing-field",
    pointer: "/mood",
  },
  {
    keyword: "minimum",
    protocol: "ocpp2.1",
    action: "StatusNotification",
    payload: { timestamp: at, connectorStatus: "Available", evseId: -1, connectorId: 1 },
    kind: "invalid-value",
    pointer: "/evseId",
  },
  {
    keyword: "minItems",
    protocol: "ocpp2.0.1",
    action: "MeterValues",
    payload: { evseId: 1, meterValue: [] },
    kind: "missing-field",
    pointer: "/meterValue",
  },
  {
    keyword: "root type",
    protocol: "ocpp2.0.1",
    action: "Heartbeat",
    payload: null,
    kind: "malformed",
    pointer: "",
  },
];

for (const { keyword, protocol, action, payload, kind, pointer } of rows) {
  test(`checkRequest() calls a breach of "${keyword}" ${kind}`, () => {
    const fault = checkRequest(protocol, action, payload, "received");

    assert.equal(fault?.kind, kind);
    assert.equal(fault?.fields[0]?.pointer, pointer);
    assert.match(fault?.detail ?? "", /^Cannot accept .+: .+[^.]$/);
  });
}

test("kindOfKeyword gives each kind of breach its own kind", () => {
  const kinds = ["required", "type", "enum", "format"].map((keyword) => kindOfKeyword[keyword]);

  assert.deepEqual(kinds, ["missing-field", "wrong-type", "invalid-value", "malformed"]);
});

test("checkRequest() accepts every limit of one decimal from 0.0 to 40.0 that we send", () => {
  const refused = Array.from({ length: 401 }, (_, tenths) => tenths / 10).filter((limit) =>
    checkRequest("ocpp1.6", "SetChargingProfile", profileOf(limit), "sent") !== undefined
  );

  assert.deepEqual(refused, []);
});

test("checkRequest() refuses to send a limit of two decimals", () => {
  const fault = checkRequest("ocpp1.6", "SetChargingProfile", profileOf(8.15), "sent");

  assert.equal(fault?.kind, "invalid-value");
});

function profileOf(limit: number): object {
  return {
    connectorId: 1,
    csChargingProfiles: {
      chargingProfileId: 1,
      stackLevel: 0,
      chargingProfilePurpose: "TxDefaultProfile",
      chargingProfileKind: "Relative",
      chargingSchedule: {
        chargingRateUnit: "A",
        chargingSchedulePeriod: [{ startPeriod: 0, limit }],
      },
    },
  };
}

test("judgeRequest() bears surplus properties of 1.6, and refuses them in what we send", () => {
  const received = judgeRequest("ocpp1.6", "Heartbeat", { extra: 1 }, "received");
  const sent = judgeRequest("ocpp1.6", "ClearCache", { extra: 1 }, "sent");

  assert.equal(received, "borne");
  assert.equal(typeof sent === "string" ? sent : sent.kind, "missing-field");
});

test("judgeRequest() bears customData without a vendor and surplus in a TransactionEvent", () => {
  const event = {
    eventType: "Started",
    timestamp: at,
    triggerReason: "Authorized",
    seqNo: 0,
    transactionInfo: { transactionId: "t1" },
  };

  const plain = judgeRequest("ocpp2.0.1", "TransactionEvent", event, "received");
  const odd = judgeRequest("ocpp2.0.1", "TransactionEvent", { ...event, mood: 1 }, "received");
  const custom = judgeRequest("ocpp2.0.1", "Heartbeat", { customData: { a: 1 } }, "received");

  assert.deepEqual([plain, odd, custom], ["clean", "borne", "borne"]);
});

test("judgeRequest() bears unknown measurands, both spellings of Celsius, and times without zone", () => {
  const verdicts = [
    meters({ unit: "Celcius", measurand: "Temperature" }),
    meters({ unit: "Celsius", measurand: "Temperature" }),
    meters({ measurand: "Power.Exotic" }),
    { connectorId: 1, meterValue: [{ timestamp: "2026-01-01T00:00:00", sampledValue: [] }] },
  ].map((payload) => judgeRequest("ocpp1.6", "MeterValues", payload, "received"));

  assert.deepEqual(verdicts, ["clean", "clean", "borne", "borne"]);
});

test("judgeRequest() takes a stop without idTag and reason, and one with an unknown reason", () => {
  const stop = { transactionId: 1, meterStop: 5, timestamp: at };

  const bare = judgeRequest("ocpp1.6", "StopTransaction", stop, "received");
  const odd = judgeRequest("ocpp1.6", "StopTransaction", { ...stop, reason: "Tired" }, "received");

  assert.deepEqual([bare, odd], ["clean", "borne"]);
});

test("checkRequest() tells an unknown action from one of the other direction", () => {
  const unknown = checkRequest("ocpp1.6", "TransactionEvent", {}, "received");
  const ours = checkRequest("ocpp1.6", "Reset", { type: "Soft" }, "received");
  const theirs = checkRequest("ocpp1.6", "Heartbeat", {}, "sent");

  assert.deepEqual(
    [unknown?.kind, ours?.kind, theirs?.kind],
    ["unknown-action", "unsupported", "unsupported"],
  );
});

test("checkRequest() names every bad field of what we send", () => {
  const fault = checkRequest("ocpp1.6", "ChangeAvailability", { connectorId: "1" }, "sent");

  assert.deepEqual(fault?.fields.map(({ pointer }) => pointer).sort(), ["/connectorId", "/type"]);
});

test("checkResponse() holds our responses to the letter and stations' loosely", () => {
  const ours = checkResponse("ocpp1.6", "Heartbeat", { currentTime: at, extra: 1 }, "sent");
  const theirs = checkResponse("ocpp2.0.1", "ClearCache", { status: "Accepted", x: 1 }, "received");

  assert.equal(ours?.kind, "missing-field");
  assert.equal(theirs, undefined);
});

test("checkRequest() survives hostile names", () => {
  const payload = JSON.parse(`{"__proto__": 1, "a\\u0000\\ud800": 2}`);

  const fault = checkRequest("ocpp2.0.1", "Heartbeat", payload, "received");

  assert.equal(fault?.kind, "missing-field");
  assert.ok(JSON.stringify(fault).isWellFormed());
  assert.ok(!JSON.stringify(fault).includes("\\u0000"));
});

test("every action of every version has schemas that compile", { timeout: 60_000 }, () => {
  for (const protocol of ocppProtocols) {
    for (const { action, sentBy, kind } of actionsOf(protocol).values()) {
      warm(protocol, action);
      const direction = sentBy === "csms" ? "sent" : "received";
      assert.notEqual(checkRequest(protocol, action, null, direction), undefined);
      const response = checkResponse(protocol, action, null, "sent");
      assert.equal(response?.kind, kind === "SEND" ? "unknown-action" : "malformed");
    }
  }
});

test("hotActions() are actions", () => {
  for (const protocol of ocppProtocols) {
    for (const action of hotActions(protocol)) assert.ok(actionsOf(protocol).has(action), action);
  }
});

test("corrected() and tolerant() leave their argument as it was", () => {
  const schema = {
    type: "object",
    additionalProperties: false,
    properties: { unit: { enum: ["Celcius"] } },
  };
  const before = structuredClone(schema);

  const strict = corrected(schema);
  const loose = tolerant(schema, true);

  assert.deepEqual(schema, before);
  assert.deepEqual(strict["properties"], { unit: { enum: ["Celcius", "Celsius"] } });
  assert.equal("additionalProperties" in loose, false);
});

test("isStationTime() takes what stations write", () => {
  const good = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.123+02:00",
    "2026-01-01 00:00",
    "2026-01-01T00:00:00,5",
  ];
  const bad = ["", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "1767225600"];

  assert.deepEqual(good.filter((text) => !isStationTime(text)), []);
  assert.deepEqual(bad.filter((text) => isStationTime(text)), []);
});
