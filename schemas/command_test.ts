import assert from "node:assert/strict";
import { test } from "node:test";
import { type CommandFacts, commandOf, type CommandWords } from "./command.ts";
import { PlatformError } from "./errors.ts";
import type { BasicKind } from "./events/charger.ts";
import type { OcppProtocol } from "./events/gateway.ts";
import { commands16 } from "./ocpp16/commands.ts";
import { commands2 } from "./ocpp201/commands.ts";
import { judgeRequest } from "./ocpp_schemas.ts";

type Body = Readonly<Record<string, unknown>>;
interface Row {
  readonly kind: BasicKind;
  readonly body: Body;
  /** Action and payload text, or the error kind, in 1.6. */
  readonly in16: string;
  readonly in2: string;
}

const facts: CommandFacts = { tokenType: "ISO15693", remoteStartId: 7, transactionId: "815" };

const profile2 = {
  id: 3,
  stackLevel: 1,
  chargingProfilePurpose: "TxProfile",
  chargingProfileKind: "Relative",
  chargingSchedule: [{
    id: 3,
    chargingRateUnit: "A",
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1 }],
  }],
};
const profile16 = {
  chargingProfileId: 3,
  stackLevel: 1,
  chargingProfilePurpose: "TxProfile",
  chargingProfileKind: "Relative",
  chargingSchedule: {
    chargingRateUnit: "A",
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1 }],
  },
};

const rows: readonly Row[] = [
  {
    kind: "remote-start",
    body: { tokenUid: "04A1" },
    in16: 'RemoteStartTransaction {"idTag":"04A1"}',
    in2:
      'RequestStartTransaction {"remoteStartId":7,"idToken":{"idToken":"04A1","type":"ISO15693"}}',
  },
  {
    kind: "remote-start",
    body: { tokenUid: "04A1", evseId: 99, chargingProfile: profile2 },
    in16: `RemoteStartTransaction {"connectorId":99,"idTag":"04A1","chargingProfile":${
      JSON.stringify(profile16)
    }}`,
    in2: 'RequestStartTransaction {"evseId":99,"remoteStartId":7,' +
      `"idToken":{"idToken":"04A1","type":"ISO15693"},"chargingProfile":${
        JSON.stringify(profile2)
      }}`,
  },
  {
    kind: "remote-start",
    body: { tokenUid: "04A1", evseId: 1, chargingProfile: profile16 },
    in16: `RemoteStartTransaction {"connectorId":1,"idTag":"04A1","chargingProfile":${
      JSON.stringify(profile16)
    }}`,
    in2: 'RequestStartTransaction {"evseId":1,"remoteStartId":7,' +
      `"idToken":{"idToken":"04A1","type":"ISO15693"},"chargingProfile":${
        JSON.stringify(profile2)
      }}`,
  },
  {
    kind: "remote-start",
    body: { tokenUid: "a token of more than twenty" },
    in16: "invalid-value",
    in2: 'RequestStartTransaction {"remoteStartId":7,' +
      '"idToken":{"idToken":"a token of more than twenty","type":"ISO15693"}}',
  },
  {
    kind: "remote-stop",
    body: { sessionId: "CP1~4" },
    in16: 'RemoteStopTransaction {"transactionId":815}',
    in2: 'RequestStopTransaction {"transactionId":"815"}',
  },
  {
    kind: "reset",
    body: { type: "Immediate" },
    in16: 'Reset {"type":"Hard"}',
    in2: 'Reset {"type":"Immediate"}',
  },
  {
    kind: "reset",
    body: { type: "OnIdle" },
    in16: 'Reset {"type":"Soft"}',
    in2: 'Reset {"type":"OnIdle"}',
  },
  {
    kind: "reset",
    body: { type: "OnIdle", evseId: 9 },
    in16: "unsupported",
    in2: 'Reset {"type":"OnIdle","evseId":9}',
  },
  {
    kind: "unlock",
    body: { evseId: 2 },
    in16: 'UnlockConnector {"connectorId":2}',
    in2: 'UnlockConnector {"evseId":2,"connectorId":1}',
  },
  {
    kind: "unlock",
    body: { evseId: 2, connectorId: 3 },
    in16: 'UnlockConnector {"connectorId":2}',
    in2: 'UnlockConnector {"evseId":2,"connectorId":3}',
  },
  {
    kind: "trigger",
    body: { message: "StatusNotification", evseId: 1 },
    in16: 'TriggerMessage {"requestedMessage":"StatusNotification","connectorId":1}',
    in2: 'TriggerMessage {"requestedMessage":"StatusNotification","evse":{"id":1,"connectorId":1}}',
  },
  {
    kind: "trigger",
    body: { message: "MeterValues", evseId: 1 },
    in16: 'TriggerMessage {"requestedMessage":"MeterValues","connectorId":1}',
    in2: 'TriggerMessage {"requestedMessage":"MeterValues","evse":{"id":1}}',
  },
  {
    kind: "trigger",
    body: { message: "DiagnosticsStatusNotification" },
    in16: 'TriggerMessage {"requestedMessage":"DiagnosticsStatusNotification"}',
    in2: 'TriggerMessage {"requestedMessage":"LogStatusNotification"}',
  },
  {
    kind: "trigger",
    body: { message: "StatusNotification", evseId: 0 },
    in16: 'TriggerMessage {"requestedMessage":"StatusNotification","connectorId":0}',
    in2: 'TriggerMessage {"requestedMessage":"StatusNotification"}',
  },
  {
    kind: "trigger",
    body: { message: "LogStatusNotification" },
    in16: 'ExtendedTriggerMessage {"requestedMessage":"LogStatusNotification"}',
    in2: 'TriggerMessage {"requestedMessage":"LogStatusNotification"}',
  },
  {
    kind: "trigger",
    body: { message: "SignChargingStationCertificate" },
    in16: 'ExtendedTriggerMessage {"requestedMessage":"SignChargePointCertificate"}',
    in2: 'TriggerMessage {"requestedMessage":"SignChargingStationCertificate"}',
  },
  {
    kind: "trigger",
    body: { message: "TransactionEvent", evseId: 0 },
    in16: "unsupported",
    in2: 'TriggerMessage {"requestedMessage":"TransactionEvent"}',
  },
  {
    kind: "availability",
    body: { operative: false },
    in16: 'ChangeAvailability {"connectorId":0,"type":"Inoperative"}',
    in2: 'ChangeAvailability {"operationalStatus":"Inoperative"}',
  },
  {
    kind: "availability",
    body: { operative: true, evseId: 2, connectorId: 1 },
    in16: 'ChangeAvailability {"connectorId":2,"type":"Operative"}',
    in2: 'ChangeAvailability {"operationalStatus":"Operative","evse":{"id":2,"connectorId":1}}',
  },
];

const versions: readonly (readonly [OcppProtocol, CommandWords, "in16" | "in2"])[] = [
  ["ocpp1.6", commands16, "in16"],
  ["ocpp2.0.1", commands2, "in2"],
  ["ocpp2.1", commands2, "in2"],
];

for (const [protocol, words, column] of versions) {
  test(`${protocol} commands are worded as the official schemas want them`, () => {
    for (const row of rows) {
      assert.equal(wording(protocol, words, row), row[column], JSON.stringify(row.body));
    }
  });
}

function wording(protocol: OcppProtocol, words: CommandWords, row: Row): string {
  try {
    const { action, payload } = words.toCall(commandOf(row.kind, row.body, facts));
    assert.equal(judgeRequest(protocol, action, payload, "sent"), "clean");
    return `${action} ${JSON.stringify(payload)}`;
  } catch (thrown) {
    if (thrown instanceof PlatformError) return thrown.kind;
    throw thrown;
  }
}

test("commands are accepted by the statuses that say so and by no other", () => {
  for (const status of ["Accepted", "Scheduled", "Unlocked"]) {
    assert.equal(commands16.toOutcome("reset", { status }).status, "accepted");
    assert.equal(commands2.toOutcome("reset", { status }).status, "accepted");
  }
  const refusals = [
    "Rejected",
    "NotImplemented",
    "UnlockFailed",
    "NotSupported",
    "UnknownConnector",
  ];
  for (const response of [...refusals.map((status) => ({ status })), {}, null, "Accepted", []]) {
    assert.equal(commands2.toOutcome("unlock", response).status, "rejected");
  }
  assert.deepEqual(
    commands2.toOutcome("remote-start", {
      status: "Rejected",
      statusInfo: { reasonCode: "TxInProgress" },
      transactionId: "7a1c",
    }),
    { status: "rejected", reason: "Rejected (TxInProgress)", transactionId: "7a1c" },
  );
});

test("commandOf() names the field that is missing or wrong", () => {
  const bad: readonly (readonly [BasicKind, Body, string, string])[] = [
    ["remote-start", {}, "missing-field", "/tokenUid"],
    ["remote-start", { tokenUid: 4 }, "wrong-type", "/tokenUid"],
    ["remote-start", { tokenUid: "A", evseId: "1" }, "wrong-type", "/evseId"],
    ["remote-start", { tokenUid: "A", chargingProfile: [] }, "wrong-type", "/chargingProfile"],
    ["reset", { type: "Hard" }, "invalid-value", "/type"],
    ["unlock", { evseId: -1 }, "wrong-type", "/evseId"],
    ["unlock", { evseId: 1.5 }, "wrong-type", "/evseId"],
    ["trigger", { message: null }, "missing-field", "/message"],
    ["availability", { operative: "yes" }, "wrong-type", "/operative"],
    ["remote-stop", {}, "missing-field", "/transactionId"],
  ];
  for (const [kind, body, error, pointer] of bad) {
    assert.throws(() => commandOf(kind, body), (thrown) => {
      assert.ok(thrown instanceof PlatformError);
      assert.equal(thrown.kind, error);
      assert.equal(thrown.fields[0]?.pointer, pointer);
      return true;
    });
  }
});

test("a 1.6 stop takes whole numbers only, -1 and 0 among them", () => {
  const stop = (transactionId: string): unknown =>
    commands16.toCall({ kind: "remote-stop", transactionId }).payload;
  assert.deepEqual(stop("-1"), { transactionId: -1 });
  assert.deepEqual(stop("0"), { transactionId: 0 });
  for (const other of ["7a1c", "", "1.5", "99999999999"]) {
    assert.throws(() => stop(other), PlatformError);
  }
});
