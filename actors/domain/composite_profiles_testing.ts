/** Charging profiles that several situations of composite schedules share. */
import { hourly, type ShortProfile, type Version } from "./composite_testing.ts";

export const both: readonly Version[] = ["1.6", "2.x"];
export const only16: readonly Version[] = ["1.6"];
const day = 86_400;

export const absolute301: ShortProfile = {
  id: 301,
  purpose: "TxDefault",
  stack: 5,
  unit: "A",
  start: "2024-01-01T12:02:00Z",
  seconds: 3_600,
  valid: ["2024-01-01T12:00:00Z", "2024-01-01T14:00:00Z"],
  periods: [[0, 32], [1_800, 31], [2_700, 30]],
};

const falling: ShortProfile["periods"] = [[0, 16], [1_800, 15], [2_700, 14]];

export const relative303: ShortProfile = {
  id: 301,
  purpose: "TxDefault",
  stack: 5,
  unit: "A",
  seconds: 3_600,
  valid: ["2024-01-01T12:00:00Z", "2025-01-01T14:00:00Z"],
  periods: falling,
};

export const relative302: ShortProfile = {
  ...relative303,
  id: 302,
  periods: [[0, 16, 3], [1_800, 15, 1], [2_700, 14, 3]],
};

export const daily301: ShortProfile = {
  id: 301,
  purpose: "TxDefault",
  stack: 5,
  unit: "A",
  repeats: "Daily",
  start: "2024-01-01T08:00:00Z",
  seconds: 3_600,
  valid: ["2024-01-01T12:00:00Z", "2024-02-01T12:00:00Z"],
  periods: falling,
};

export const max401: ShortProfile = {
  id: 24,
  purpose: "StationMax",
  unit: "A",
  repeats: "Daily",
  start: "2024-01-17T08:00:00Z",
  seconds: day,
  periods: [[0, 24, 1], [900, 28, 1], [1_800, 30, 1], [2_700, 32, 1]],
};

export const max24: ShortProfile = {
  ...max401,
  start: "2024-01-17T00:00:00Z",
  periods: [[0, 16, 1], [3_600, 16, 3], [7_200, 10, 1], [10_800, 10, 3]],
};

export const watts25: ShortProfile = {
  id: 25,
  purpose: "TxDefault",
  unit: "W",
  seconds: 3_600,
  periods: [[0, 12_420], [300, 8_280], [600, 6_210], [900, 4_140], [1_200, 2_070]],
};

export const relativeWatts: ShortProfile = {
  id: 66,
  purpose: "TxDefault",
  stack: 1,
  unit: "W",
  periods: [[0, 1_000], [70, 7_000], [140, 0], [210, 6_000], [280, 1_500], [350, 5_000]],
};

export const grid: ShortProfile = {
  id: 24,
  purpose: "Tx",
  unit: "W",
  repeats: "Daily",
  start: "2024-01-17T00:00:00Z",
  seconds: day,
  periods: hourly(1),
};

export const evening: ShortProfile = {
  id: 2_000,
  purpose: "Tx",
  stack: 1,
  unit: "W",
  start: "2024-01-17T18:04:00Z",
  seconds: 1_080,
  periods: [[0, 2_000, 1]],
};

export const night: ShortProfile = {
  id: 100,
  purpose: "Tx",
  unit: "W",
  repeats: "Daily",
  start: "2023-01-17T17:00:00Z",
  seconds: day,
  periods: [[0, 11_000, 3], [28_800, 6_000, 3], [72_000, 12_000, 3]],
};

export const sixOClock: ShortProfile = { ...evening, id: 1, start: "2024-01-17T18:00:00Z" };

export const tx = { 1: "2024-01-01T00:00:00Z" };
export const oneDay = { from: "2024-01-02T00:00:00Z", to: "2024-01-02T01:00:00Z" };

/** An hour of 2024-01-02 from `time` on. */
export function hourFrom(time: string): { from: string; to: string } {
  const from = `2024-01-02T${time}:00Z`;
  return { from, to: new Date(Date.parse(from) + 3_600_000).toISOString() };
}

export const dailyOnPhases: ShortProfile = {
  ...daily301,
  id: 302,
  periods: [[0, 16, 1], [1_800, 15, 1], [2_700, 14, 3]],
};

export const nightOnOnePhase: ShortProfile = {
  ...night,
  periods: [[0, 11_000, 1], [28_800, 6_000, 1], [72_000, 12_000, 1]],
};

/** 10 W more in each hour of the day. */
export const hoursOfStation: ShortProfile = { ...grid, purpose: "StationMax", periods: hourly(10) };
