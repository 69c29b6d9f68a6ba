/**
 * Situations of the published composite schedule tests of EVerest libocpp (Apache-2.0;
 * test_composite_schedule.cpp of v16 and v2), each by its name: what comes out must be what they
 * expect (rule K9). The profiles are our own words for theirs.
 */
import { hourly, type ShortProfile, testVectors, type Vector } from "./composite_testing.ts";
import {
  absolute301,
  both,
  daily301,
  evening,
  grid,
  hoursOfStation,
  max401,
  nightOnOnePhase,
  oneDay,
  only16,
  relativeWatts,
  sixOClock,
  tx,
} from "./composite_profiles_testing.ts";

const fundamentals: readonly Vector[] = [
  {
    name: "NoSchedulesPresent",
    versions: ["2.x"],
    profiles: [],
    evseId: 0,
    ...oneDay,
    unit: "A",
    expected: [[0, 57]],
  },
  {
    name: "NoSchedulesPresent",
    versions: only16,
    profiles: [],
    evseId: 0,
    ...oneDay,
    unit: "A",
    expected: [[0, 48]],
  },
  {
    name: "ExtraSeconds",
    versions: ["2.x"],
    profiles: [[0, absolute301]],
    evseId: 0,
    from: "2024-01-01T12:01:59Z",
    to: "2024-01-01T13:02:01Z",
    unit: "A",
    expected: [[0, 57], [1, 32], [1_801, 31], [2_701, 30], [3_601, 57]],
  },
  {
    name: "ExtraSeconds",
    versions: only16,
    profiles: [[0, absolute301]],
    evseId: 0,
    from: "2024-01-01T12:01:59Z",
    to: "2024-01-01T13:02:01Z",
    unit: "A",
    expected: [[0, 48], [1, 32], [1_801, 31], [2_701, 30], [3_601, 48]],
  },
  {
    name: "FoundationTest_Grid",
    profiles: [[1, grid]],
    evseId: 1,
    transactions: tx,
    from: "2024-01-17T00:00:00Z",
    to: "2024-01-18T00:00:00Z",
    unit: "W",
    assume: false,
    expected: hourly(1).map(([start, limit = 0]) => [start, limit, 1]),
  },
  {
    name: "SingleStationMaxForEvse0",
    versions: both,
    profiles: [[0, max401]],
    evseId: 0,
    from: "2024-08-21T08:00:00Z",
    to: "2024-08-21T09:00:00Z",
    unit: "A",
    assume: false,
    expected: [[0, 24, 1], [900, 28, 1], [1_800, 30, 1], [2_700, 32, 1]],
  },
  {
    name: "ZeroDuration: a second",
    profiles: [[0, absolute301]],
    evseId: 0,
    from: "2024-01-01T12:02:00Z",
    to: "2024-01-01T12:02:01Z",
    unit: "A",
    versions: both,
    expected: [[0, 32]],
  },
  {
    name: "ZeroDuration: none",
    profiles: [[0, absolute301]],
    evseId: 0,
    from: "2024-01-01T12:02:00Z",
    to: "2024-01-01T12:02:00Z",
    unit: "A",
    versions: both,
    expected: [[0, 32]],
  },
  {
    name: "ZeroDuration: backwards",
    profiles: [[0, absolute301]],
    evseId: 1,
    from: "2024-01-01T12:02:01Z",
    to: "2024-01-01T12:02:00Z",
    unit: "A",
    versions: both,
    expected: [[0, 32]],
  },
];

const relativeTx: ShortProfile = {
  id: 66,
  purpose: "Tx",
  stack: 1,
  unit: "W",
  seconds: 3_601,
  periods: [[0, 2_000, 1]],
};

const relativeAndHours: readonly Vector[] = [
  {
    name: "RelativeProfile_minutia",
    profiles: [[1, grid], [1, relativeTx]],
    evseId: 1,
    transactions: { 1: "2024-05-17T05:00:00Z" },
    from: "2024-05-17T05:00:00Z",
    to: "2024-05-17T06:00:00Z",
    unit: "W",
    assume: false,
    expected: [[0, 2_000, 1]],
  },
  {
    name: "RelativeProfile_e2e",
    profiles: [[1, grid], [1, relativeTx], [1, relativeWatts]],
    evseId: 1,
    transactions: { 1: "2024-05-17T05:00:00Z" },
    from: "2024-05-17T05:00:00Z",
    to: "2024-05-17T06:01:00Z",
    unit: "W",
    assume: false,
    expected: [[0, 2_000, 1], [3_601, 7, 1]],
  },
  {
    name: "DemoCaseOne_17th",
    profiles: [[1, sixOClock], [1, nightOnOnePhase]],
    evseId: 1,
    transactions: tx,
    from: "2024-01-17T18:00:00Z",
    to: "2024-01-18T06:00:00Z",
    unit: "W",
    assume: false,
    expected: [[0, 2_000, 1], [1_080, 11_000, 1], [25_200, 6_000, 1]],
  },
  {
    name: "DemoCaseOne_19th",
    profiles: [[1, sixOClock], [1, nightOnOnePhase]],
    evseId: 1,
    transactions: tx,
    from: "2024-01-19T18:00:00Z",
    to: "2024-01-20T06:00:00Z",
    unit: "W",
    assume: false,
    expected: [[0, 11_000, 1], [25_200, 6_000, 1]],
  },
];

const wholeNight: readonly Vector[] = (["StationMax", "External"] as const).flatMap((purpose) => {
  const name = purpose === "StationMax" ? "Max" : "External";
  const profiles: Vector["profiles"] = [
    [0, { ...hoursOfStation, purpose }],
    [1, { ...evening, stack: 0, start: "2024-01-17T00:00:00Z", seconds: 3_600 }],
    [1, {
      ...evening,
      id: 2_001,
      start: "2024-01-17T23:00:00Z",
      seconds: 3_600,
      periods: [[0, 10, 1]],
    }],
  ];
  const about = { profiles, evseId: 1, transactions: tx, unit: "W", assume: false } as const;
  return [
    {
      ...about,
      name: `${name}OverridesHigherLimits`,
      from: "2024-01-17T00:00:00Z",
      to: "2024-01-17T02:00:00Z",
      expected: [[0, 10, 1], [3_600, 20, 1]],
    },
    {
      ...about,
      name: `${name}OverridenByLowerLimits`,
      from: "2024-01-17T22:00:00Z",
      to: "2024-01-18T00:00:00Z",
      expected: [[0, 230, 1], [3_600, 10, 1]],
    },
  ];
});

/** Seconds that the profiles of TC_K_41 start before the question. */
const k41Start = "2024-08-21T12:24:36Z";

const certification: readonly Vector[] = [{
  name: "OCTT_TC_K_41_CS",
  profiles: [
    [0, {
      id: 1,
      purpose: "StationMax",
      unit: "A",
      start: k41Start,
      seconds: 86_404,
      periods: [[0, 10, 3]],
    }],
    [1, {
      id: 2,
      purpose: "TxDefault",
      unit: "A",
      start: k41Start,
      seconds: 304,
      valid: [k41Start, "2024-08-21T12:31:25Z"],
      periods: [[0, 6, 3], [60, 10, 3], [120, 8, 3], [180, 15, 3], [260, 8, 3]],
    }],
    [1, {
      id: 2,
      purpose: "Tx",
      unit: "A",
      start: k41Start,
      seconds: 264,
      periods: [[0, 8, 3], [50, 11, 3], [140, 16, 3], [200, 6, 3], [240, 12, 3]],
    }],
  ],
  evseId: 1,
  transactions: tx,
  from: "2024-08-21T12:24:40Z",
  to: "2024-08-21T12:31:20Z",
  unit: "A",
  assume: false,
  expected: [[0, 8, 3], [46, 10, 3], [196, 6, 3], [236, 10, 3], [260, 8, 3], [300, 10, 3]],
}];

const sequence: readonly Vector[] = [{
  name: "NoGapsWithSequentialProfiles",
  profiles: [
    [0, { ...daily301, id: 401, seconds: 300, periods: [[0, 16]] }],
    [0, { ...daily301, id: 402, start: "2024-01-01T08:05:00Z", seconds: 300, periods: [[0, 12]] }],
  ],
  evseId: 1,
  from: "2024-01-02T08:00:00Z",
  to: "2024-01-02T08:20:00Z",
  unit: "A",
  expected: [[0, 16], [300, 12], [600, 57]],
}];

/** What holds while online, and what is left when the other one has been offline for too long. */
function offlineProfiles(isInvalidAfter: boolean): Vector["profiles"] {
  const { seconds: _, ...endless } = sixOClock;
  const online: ShortProfile = {
    ...endless,
    id: isInvalidAfter ? 3 : 2,
    stack: 2,
    more: {
      maxOfflineDuration: 600,
      ...(isInvalidAfter ? { invalidAfterOfflineDuration: true } : {}),
    },
    periods: [[0, 2_000, 3, { operationMode: "CentralSetpoint", setpoint: -2_000 }]],
  };
  return [[1, { ...endless, periods: [[0, 2_000, 3]] }], [1, online]];
}

const offline: readonly Vector[] = ([
  ["OfflineDuration_Online", 0, { setpoint: -2_000 }],
  ["OfflineDuration_OfflineNotLongEnough", 300, { setpoint: -2_000 }],
  ["OfflineDuration_OfflineTooLong", 900, {}],
  ["OfflineDuration_OfflineTooLong_ValidAfterOfflineDuration", 0, { setpoint: -2_000 }],
  ["OfflineDuration_OfflineTooLong_InvalidAfterOfflineDuration", 900, {}],
] as const).map(([name, offlineS, more]) => ({
  name,
  profiles: offlineProfiles(name.endsWith("_InvalidAfterOfflineDuration")),
  evseId: 1,
  transactions: tx,
  from: "2024-01-17T18:00:00Z",
  to: "2024-01-18T06:00:00Z",
  unit: "W",
  assume: false,
  offlineS,
  expected: [[0, 2_000, 3, more]],
}));

testVectors([
  ...fundamentals,
  ...relativeAndHours,
  ...wholeNight,
  ...certification,
  ...sequence,
  ...offline,
]);
