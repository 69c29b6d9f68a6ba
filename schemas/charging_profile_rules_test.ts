import assert from "node:assert/strict";
import { test } from "node:test";
import { profileOf } from "./charging_profile.ts";
import { checkProfile, type ProfileUse } from "./charging_profile_rules.ts";
import { PlatformError } from "./errors.ts";
import type { OcppProtocol } from "./events/gateway.ts";
import { judgeRequest } from "./ocpp_schemas.ts";
import { wordsOf } from "./station_commands/define.ts";
import { type StationCommandKind, stationCommands } from "./station_commands/mod.ts";

type Json = Readonly<Record<string, unknown>>;

const schedule: Json = {
  id: 1,
  startSchedule: "2026-11-22T00:00:00Z",
  chargingRateUnit: "A",
  chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1 }, { startPeriod: 60, limit: 6 }],
};
const good: Json = {
  id: 5,
  stackLevel: 0,
  chargingProfilePurpose: "TxDefaultProfile",
  chargingProfileKind: "Absolute",
  chargingSchedule: [schedule],
};
const use: ProfileUse = { version: "2.x", evseId: 1, startsTransaction: false };

function faults(profile: Json, changes: Partial<ProfileUse> = {}): string[] {
  try {
    checkProfile(profileOf(profile), { ...use, ...changes });
    return [];
  } catch (thrown) {
    assert.ok(thrown instanceof PlatformError, String(thrown));
    return thrown.fields.map(({ pointer }) => pointer);
  }
}

function scheduled(changes: Json): Json {
  return { ...good, chargingSchedule: [{ ...schedule, ...changes }] };
}

function periods(...list: Json[]): Json {
  return scheduled({ chargingSchedulePeriod: list });
}

const tx = { ...good, chargingProfilePurpose: "TxProfile", transactionId: "T" };
const { transactionId: _, ...bareTx } = tx;
const period = "/chargingSchedule/chargingSchedulePeriod";

/** [what is broken, profile, how it is used, pointers]; none = it is fine. */
const rows: readonly (readonly [string, Json, Partial<ProfileUse>, readonly string[]])[] = [
  ["K01: a plain default profile", good, {}, []],
  ["K01.FR.03: a TxProfile with its transaction", tx, {}, []],
  ["K01.FR.03: a TxProfile without one", bareTx, {}, ["/transactionId"]],
  ["1.6: a TxProfile by its connector", bareTx, { version: "1.6" }, []],
  ["K37: in a remote start it has none", bareTx, { startsTransaction: true, evseId: null }, []],
  ["K37: in a remote start it must not", tx, { startsTransaction: true }, ["/transactionId"]],
  ["a default profile in a remote start", good, { startsTransaction: true }, [
    "/chargingProfilePurpose",
  ]],
  ["a TxProfile on EVSE 0", tx, { evseId: 0 }, ["/chargingProfilePurpose"]],
  ["a default profile with a transaction", { ...good, transactionId: "T" }, {}, [
    "/transactionId",
  ]],
  [
    "K01.FR.22: limits of others",
    {
      ...good,
      chargingProfilePurpose: "ChargingStationExternalConstraints",
    },
    {},
    ["/chargingProfilePurpose"],
  ],
  [
    "the station's maximum on an EVSE",
    {
      ...good,
      chargingProfilePurpose: "ChargingStationMaxProfile",
    },
    {},
    ["/chargingProfilePurpose"],
  ],
  [
    "the station's maximum on EVSE 0",
    {
      ...good,
      chargingProfilePurpose: "ChargingStationMaxProfile",
    },
    { evseId: 0 },
    [],
  ],
  ["Recurring without recurrencyKind", { ...good, chargingProfileKind: "Recurring" }, {}, [
    "/recurrencyKind",
  ]],
  ["Absolute with recurrencyKind", { ...good, recurrencyKind: "Daily" }, {}, ["/recurrencyKind"]],
  ["K01.FR.40: Absolute without a start", scheduled({ startSchedule: undefined }), {}, [
    "/chargingSchedule/startSchedule",
  ]],
  ["K01.FR.41: Relative with a start", { ...good, chargingProfileKind: "Relative" }, {}, [
    "/chargingSchedule/startSchedule",
  ]],
  [
    "validTo before validFrom",
    {
      ...good,
      validFrom: "2026-11-22T00:00:00Z",
      validTo: "2026-11-21T00:00:00Z",
    },
    {},
    ["/validTo"],
  ],
  ["a stack level below 0", { ...good, stackLevel: -1 }, {}, ["/stackLevel"]],
  ["K5: two schedules", { ...good, chargingSchedule: [schedule, schedule] }, {}, [
    "/chargingSchedule",
  ]],
  [
    "K5: three schedules of a transaction",
    {
      ...tx,
      chargingSchedule: [schedule, schedule, schedule],
    },
    {},
    [],
  ],
  [
    "K5: four of them",
    {
      ...tx,
      chargingSchedule: [schedule, schedule, schedule, schedule],
    },
    {},
    ["/chargingSchedule"],
  ],
  ["no schedule", { ...good, chargingSchedule: [] }, {}, ["/chargingSchedule"]],
  ["no period", periods(), {}, [period]],
  ["a first period after 0", periods({ startPeriod: 1, limit: 6 }), {}, [
    `${period}/0/startPeriod`,
  ]],
  [
    "periods that do not ascend",
    periods(
      { startPeriod: 0, limit: 6 },
      { startPeriod: 0, limit: 7 },
    ),
    {},
    [`${period}/1/startPeriod`],
  ],
  ["a limit below 0", periods({ startPeriod: 0, limit: -1 }), {}, [`${period}/0/limit`]],
  ["no limit", periods({ startPeriod: 0 }), {}, [`${period}/0/limit`]],
  ["four phases", periods({ startPeriod: 0, limit: 6, numberPhases: 4 }), {}, [
    `${period}/0/numberPhases`,
  ]],
  ["K5: phaseToUse of three phases", periods({ startPeriod: 0, limit: 6, phaseToUse: 1 }), {}, [
    `${period}/0/phaseToUse`,
  ]],
  ["a duration of 0", scheduled({ duration: 0 }), {}, ["/chargingSchedule/duration"]],
];

for (const [name, profile, changes, pointers] of rows) {
  test(`checkProfile(): ${name}`, () => assert.deepEqual(faults(profile, changes), pointers));
}

test("a profile that cannot be read says where", () => {
  const broken: readonly (readonly [Json, string])[] = [
    [{ ...good, id: "5" }, "/id"],
    [{ ...good, chargingProfileKind: "Sometimes" }, "/chargingProfileKind"],
    [{ ...good, validTo: "tomorrow" }, "/validTo"],
    [{ ...good, chargingSchedule: {} }, "/chargingSchedule"],
    [periods({ startPeriod: 0, limit: "6" }), "/chargingSchedule/0/chargingSchedulePeriod/0/limit"],
  ];
  for (const [profile, pointer] of broken) {
    assert.throws(() => profileOf(profile), (thrown) => {
      assert.ok(thrown instanceof PlatformError);
      assert.deepEqual(thrown.fields.map((field) => field.pointer), [pointer]);
      return true;
    });
  }
});

function words(protocol: OcppProtocol, kind: StationCommandKind, body: Json): string {
  const facts = {
    protocol,
    tokenType: "ISO14443",
    tokenGroupId: null,
    requestId: 7,
    now: 0,
    items: [],
    transactionOf: () => "815",
  };
  try {
    const [call] = wordsOf(stationCommands[kind], body, facts);
    assert.ok(call !== undefined);
    assert.equal(judgeRequest(protocol, call.action, call.payload, "sent"), "clean");
    return `${call.action} ${JSON.stringify(call.payload)}`;
  } catch (thrown) {
    if (thrown instanceof PlatformError) return thrown.kind;
    throw thrown;
  }
}

test("requests carry exactly the filters that were named", () => {
  const old = (kind: StationCommandKind, body: Json): string => words("ocpp1.6", kind, body);
  const now = (kind: StationCommandKind, body: Json): string => words("ocpp2.0.1", kind, body);
  assert.equal(old("clear-charging-profile", {}), "ClearChargingProfile {}");
  assert.equal(
    old("clear-charging-profile", { evseId: 0, purpose: "ChargingStationMaxProfile" }),
    'ClearChargingProfile {"connectorId":0,"chargingProfilePurpose":"ChargePointMaxProfile"}',
  );
  assert.equal(now("clear-charging-profile", {}), "invalid-value");
  assert.equal(
    now("clear-charging-profile", { chargingProfileId: 5 }),
    'ClearChargingProfile {"chargingProfileId":5}',
  );
  assert.equal(now("clear-charging-profile", { chargingProfileId: 5, evseId: 1 }), "invalid-value");
  assert.equal(
    now("clear-charging-profile", { stackLevel: 0, evseId: 1, purpose: "TxProfile" }),
    'ClearChargingProfile {"chargingProfileCriteria":' +
      '{"evseId":1,"chargingProfilePurpose":"TxProfile","stackLevel":0}}',
  );
  assert.equal(
    now("clear-charging-profile", { purpose: "ChargingStationExternalConstraints" }),
    "invalid-value",
  );
  assert.equal(old("get-charging-profiles", { purpose: "TxProfile" }), "unsupported");
  assert.equal(now("get-charging-profiles", { evseId: 1 }), "invalid-value");
  assert.equal(
    now("get-charging-profiles", { evseId: 0, chargingLimitSources: ["CSO"] }),
    'GetChargingProfiles {"requestId":7,"evseId":0,' +
      '"chargingProfile":{"chargingLimitSource":["CSO"]}}',
  );
  assert.equal(
    now("get-charging-profiles", { chargingProfileIds: [5] }),
    'GetChargingProfiles {"requestId":7,"chargingProfile":{"chargingProfileId":[5]}}',
  );
  assert.equal(
    old("get-composite-schedule", { evseId: 1, durationSeconds: 60 }),
    'GetCompositeSchedule {"connectorId":1,"duration":60}',
  );
  assert.equal(
    now("get-composite-schedule", { evseId: 0, durationSeconds: 60, unit: "W" }),
    'GetCompositeSchedule {"duration":60,"chargingRateUnit":"W","evseId":0}',
  );
});

test("a profile of either version is worded for the station's own", () => {
  const body = { evseId: 1, chargingProfile: bareTx, sessionId: "CP1~1" };
  const sent16 = words("ocpp1.6", "set-charging-profile", body);
  assert.match(sent16, /^SetChargingProfile {"connectorId":1,"csChargingProfiles":{/);
  assert.match(sent16, /"chargingProfileId":5,"transactionId":815,/);
  assert.match(words("ocpp2.1", "set-charging-profile", body), /"transactionId":"815"/);
  const { id, chargingSchedule: __, ...rest } = good;
  const form16 = {
    chargingProfileId: id,
    ...rest,
    chargingSchedule: { ...schedule, id: undefined },
  };
  const converted = words("ocpp2.0.1", "set-charging-profile", {
    evseId: 1,
    chargingProfile: form16,
  });
  assert.match(converted, /"chargingProfile":{"id":5,.*"chargingSchedule":\[{/);
});
