/**
 * Whole stations and mixed units: situations of the published composite schedule tests of EVerest
 * libocpp (Apache-2.0), each by its name, as in composite_schedule_vectors_test.ts.
 */
import { defaultLimit, testVectors, type Vector } from "./composite_testing.ts";
import {
  both,
  daily301,
  dailyOnPhases,
  hourFrom,
  max24,
  max401,
  relative302,
  relative303,
  relativeWatts,
  watts25,
} from "./composite_profiles_testing.ts";

const atEight = hourFrom("08:00");
const aMinuteLater = hourFrom("08:01");

const stations: readonly Vector[] = [
  {
    name: "SingleTxDefaultProfileForEvse0WithSingleEvse",
    versions: both,
    profiles: [[0, relative303]],
    evseId: 0,
    ...atEight,
    unit: "A",
    expected: [[0, 16, 3], [1_800, 15, 3], [2_700, 14, 3]],
  },
  {
    name: "SingleTxDefaultProfileForEvse0WithMultipleEvses_Current",
    versions: both,
    profiles: [[0, relative303]],
    evseId: 0,
    evses: 2,
    ...atEight,
    unit: "A",
    expected: [[0, 32, 3], [1_800, 30, 3], [2_700, 28, 3]],
  },
  {
    name: "SingleTxDefaultProfileForEvse0WithMultipleEvses_Power",
    versions: both,
    profiles: [[0, watts25]],
    evseId: 0,
    evses: 2,
    ...atEight,
    unit: "A",
    expected: [[0, 36, 3], [300, 24, 3], [600, 18, 3], [900, 12, 3], [1_200, 6, 3]],
  },
  {
    name: "SingleTxDefaultProfileWithStationMaxForEvse0WithSingleEvse",
    versions: both,
    profiles: [[0, max401], [1, relative303]],
    evseId: 0,
    ...aMinuteLater,
    unit: "A",
    expected: [[0, 16, 1], [1_800, 15, 1], [2_700, 14, 1]],
  },
  {
    name: "SingleTxDefaultProfileWithStationMaxForEvse0WithMultipleEvses",
    versions: both,
    profiles: [[0, max401], [1, relative303], [2, relative303]],
    evseId: 0,
    evses: 2,
    ...aMinuteLater,
    unit: "A",
    expected: [[0, 24, 1], [840, 28, 1], [1_740, 30, 1], [2_700, 28, 1]],
  },
  ...(["1.6", "2.x"] as const).map((version): Vector => ({
    name: "TxProfilePerEvseWithMultipleEvses",
    versions: [version],
    profiles: [[1, daily301], [2, relative303]],
    evseId: 0,
    evses: 2,
    ...aMinuteLater,
    unit: "A",
    expected: [
      [0, 32, 3],
      [1_740, 31, 3],
      [1_800, 30, 3],
      [2_640, 29, 3],
      [2_700, 28, 3],
      [3_540, 14 + defaultLimit(version, "A"), 3],
    ],
  })),
  {
    name: "TxProfilePerEvseWithMultipleEvses_DifferentNrOfPhases",
    versions: both,
    profiles: [[1, dailyOnPhases], [2, relative302]],
    evseId: 0,
    evses: 2,
    ...atEight,
    unit: "A",
    expected: [[0, 32, 3], [1_800, 30, 1], [2_700, 28, 3]],
  },
];

const mixed: readonly Vector[] = ([
  ["MixingCurrentAndPower_16A_1P", "00:00", "A", [[0, 16, 1], [1_200, 9, 1]]],
  ["MixingCurrentAndPower_16A_3P", "01:00", "A", [
    [0, 16, 3],
    [300, 12, 3],
    [600, 9, 3],
    [900, 6, 3],
    [1_200, 3, 3],
  ]],
  ["MixingCurrentAndPower_10A_1P", "02:00", "A", [[0, 10, 1], [1_200, 9, 1]]],
  ["MixingCurrentAndPower_10A_3P", "03:00", "A", [
    [0, 10, 3],
    [600, 9, 3],
    [900, 6, 3],
    [1_200, 3, 3],
  ]],
  ["MixingCurrentAndPower_10A_1P_RequestPower", "02:00", "W", [[0, 2_300, 1], [1_200, 2_070, 1]]],
  ["MixingCurrentAndPower_10A_3P_RequestPower", "03:00", "W", [
    [0, 6_900, 3],
    [600, 6_210, 3],
    [900, 4_140, 3],
    [1_200, 2_070, 3],
  ]],
] as const).map(([name, time, unit, expected]) => ({
  name,
  versions: both,
  profiles: [[0, max24], [1, watts25]],
  evseId: 1,
  ...hourFrom(time),
  unit,
  expected,
}));

const phases: readonly Vector[] = [{
  name: "MixingNumberOfPhasesOnSingleEvse",
  versions: both,
  profiles: [[0, max24], [1, relative302]],
  evseId: 1,
  ...hourFrom("00:40"),
  unit: "A",
  expected: [[0, 16, 1], [1_200, 16, 3], [1_800, 15, 1], [2_700, 14, 3]],
}];

const forAll: Pick<Vector, "versions" | "profiles" | "evses" | "unit"> = {
  versions: both,
  profiles: [[0, relativeWatts]],
  evses: 2,
  unit: "W",
};
const twentyMinutes = { from: "2024-01-02T08:00:00Z", to: "2024-01-02T08:20:00Z" };
const duringOne = {
  from: "2024-01-02T08:03:00Z",
  to: "2024-01-02T08:20:00Z",
  transactions: { 1: "2024-01-02T08:00:00Z" },
};
const perEvse: Vector["expected"] = [
  [0, 1_000],
  [70, 7_000],
  [140, 0],
  [210, 6_000],
  [280, 1_500],
  [350, 5_000],
];

const forAllConnectors: readonly Vector[] = [
  {
    ...forAll,
    ...twentyMinutes,
    name: "TxDefaultConnector0: station",
    evseId: 0,
    expected: perEvse.map(([start, limit]) => [start, 2 * limit]),
  },
  {
    ...forAll,
    ...twentyMinutes,
    name: "TxDefaultConnector0: EVSE 1",
    evseId: 1,
    expected: perEvse,
  },
  {
    ...forAll,
    ...twentyMinutes,
    name: "TxDefaultConnector0: EVSE 2",
    evseId: 2,
    expected: perEvse,
  },
  {
    ...forAll,
    ...duringOne,
    name: "TxDefaultConnector0: EVSE 1 in a transaction",
    evseId: 1,
    expected: [[0, 0], [30, 6_000], [100, 1_500], [170, 5_000]],
  },
  {
    ...forAll,
    ...duringOne,
    name: "TxDefaultConnector0: station with a transaction",
    evseId: 0,
    expected: [
      [0, 1_000],
      [30, 7_000],
      [70, 13_000],
      [100, 8_500],
      [140, 1_500],
      [170, 5_000],
      [210, 11_000],
      [280, 6_500],
      [350, 10_000],
    ],
  },
];

testVectors([...stations, ...mixed, ...phases, ...forAllConnectors]);
