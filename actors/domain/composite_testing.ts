/** Charging profiles in short form, for tests of composite schedules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { profileOf, type RateUnit, toProfile16 } from "#schemas/charging_profile.ts";
import type { PlacedProfile } from "#schemas/charging_profile_rules.ts";
import {
  type CompositePeriod,
  type CompositeQuestion,
  compositeSchedule,
  type EvseOccasion,
} from "./composite_schedule.ts";

export type Json = Readonly<Record<string, unknown>>;

/** [start in seconds, limit, phases]; a fourth part holds further fields of a 2.1 period. */
export type ShortPeriod = readonly [
  startS: number,
  limit?: number | undefined,
  phases?: number | undefined,
  more?: Json,
];

export interface ShortProfile {
  readonly id: number;
  readonly purpose: "StationMax" | "TxDefault" | "Tx" | "External";
  readonly stack?: number;
  readonly unit: RateUnit;
  /** "Absolute" with a start; "Daily" or "Weekly" with a start; without one it is Relative. */
  readonly repeats?: "Daily" | "Weekly";
  readonly start?: string;
  readonly seconds?: number;
  readonly valid?: readonly [string, string];
  readonly periods: readonly ShortPeriod[];
  readonly more?: Json;
}

export const TRANSACTION = "tx-of-the-vectors";

const purposes = {
  StationMax: "ChargingStationMaxProfile",
  TxDefault: "TxDefaultProfile",
  Tx: "TxProfile",
  External: "ChargingStationExternalConstraints",
} as const;

/** The profile as OCPP 2.x sends it. */
export function wireProfile(short: ShortProfile): Json {
  const { id, purpose, stack = 0, unit, repeats, start, seconds, valid, periods, more } = short;
  const kind = start === undefined ? "Relative" : repeats === undefined ? "Absolute" : "Recurring";
  return {
    id,
    stackLevel: stack,
    chargingProfilePurpose: purposes[purpose],
    chargingProfileKind: kind,
    ...(repeats === undefined ? {} : { recurrencyKind: repeats }),
    ...(valid === undefined ? {} : { validFrom: valid[0], validTo: valid[1] }),
    ...(purpose === "Tx" ? { transactionId: TRANSACTION } : {}),
    ...more,
    chargingSchedule: [{
      id: 1,
      ...(start === undefined ? {} : { startSchedule: start }),
      ...(seconds === undefined ? {} : { duration: seconds }),
      chargingRateUnit: unit,
      chargingSchedulePeriod: periods.map(([startPeriod, limit, numberPhases, others]) => ({
        startPeriod,
        ...(limit === undefined ? {} : { limit }),
        ...(numberPhases === undefined ? {} : { numberPhases }),
        ...others,
      })),
    }],
  };
}

export type Version = "1.6" | "2.x";

/** The profile at its place, after a journey over the wire form of the version. */
export function placed(evseId: number, short: ShortProfile, version: Version): PlacedProfile {
  const wire = wireProfile(short);
  if (version === "2.x") return { evseId, profile: profileOf(wire) };
  const { transactionId: _, ...without } = wire;
  return { evseId, profile: profileOf(toProfile16(without)) };
}

/** One period that must come out: `phases` undefined = whatever it is. */
export type Expected = readonly [
  startS: number,
  limit: number,
  phases?: number | null,
  more?: Json,
];

export interface Vector {
  /** Name of libocpp's published test of the same situation. */
  readonly name: string;
  readonly versions?: readonly Version[];
  readonly profiles: readonly (readonly [evseId: number, profile: ShortProfile])[];
  readonly evseId: number;
  readonly evses?: number;
  /** Starts of the transactions by EVSE. */
  readonly transactions?: Readonly<Record<number, string>>;
  readonly from: string;
  readonly to: string;
  readonly unit: RateUnit;
  readonly assume?: boolean;
  readonly offlineS?: number;
  readonly expected: readonly Expected[];
}

/** What libocpp's tests are configured with: 57 A and 55,612 W in 2.x, its defaults in 1.6. */
const defaults = {
  "1.6": { A: 48_000, W: 33_120_000 },
  "2.x": { A: 57_000, W: 55_612_000 },
} as const;

export function defaultLimit(version: Version, unit: RateUnit): number {
  return defaults[version][unit] / 1_000;
}

export function questionOf(vector: Vector, version: Version): CompositeQuestion {
  const transactions = vector.transactions ?? {};
  const evses: EvseOccasion[] = Array.from({ length: vector.evses ?? 1 }, (_, index) => {
    const start = transactions[index + 1];
    return {
      evseId: index + 1,
      sessionStartAt: start === undefined ? null : Date.parse(start),
      transactionId: start === undefined ? null : TRANSACTION,
    };
  });
  const [from, to] = [Date.parse(vector.from), Date.parse(vector.to)];
  return {
    profiles: vector.profiles.map(([evseId, short]) => placed(evseId, short, version)),
    evseId: vector.evseId,
    evses,
    // libocpp answers a question that runs backwards at its earlier end.
    fromAt: Math.min(from, to),
    durationS: (to - from) / 1_000,
    unit: vector.unit,
    supply: { volts: 230, phases: 3 },
    defaultLimit: defaults[version],
    assumeTransaction: vector.assume ?? true,
    offlineS: vector.offlineS ?? 0,
  };
}

/** What came out, in the form of the expectation and only as far as that says something. */
export function outcome(question: CompositeQuestion, expected: readonly Expected[]): Expected[] {
  return compositeSchedule(question).periods.map((period, index) => {
    const [, , phases, more] = expected[index] ?? [0, 0, null];
    const shown = [period.startS, (period.limit?.l1 ?? NaN) / 1_000] as const;
    if (more !== undefined) return [...shown, period.numberPhases, wordsOf(period)] as const;
    return phases === undefined ? shown : [...shown, period.numberPhases] as const;
  });
}

/** Everything that a period says beside its first limit. */
function wordsOf(period: CompositePeriod): Json {
  const amounts = {
    limit: period.limit,
    dischargeLimit: period.dischargeLimit,
    setpoint: period.setpoint,
  };
  const words = Object.entries(amounts).flatMap(([name, value]) => [
    [name, name === "limit" ? undefined : value?.l1],
    [`${name}_L2`, value?.l2 ?? undefined],
    [`${name}_L3`, value?.l3 ?? undefined],
  ]);
  return Object.fromEntries(
    words.flatMap(([name, value]) => typeof value === "number" ? [[name, value / 1_000]] : []),
  );
}

/** `count` periods of an hour: `step`, twice `step`, … */
export function hourly(step: number, count = 24, phases = 1): ShortPeriod[] {
  return Array.from({ length: count }, (_, hour) => [hour * 3_600, step * (hour + 1), phases]);
}

/** One test per vector and version: exactly the expected periods come out. */
export function testVectors(vectors: readonly Vector[]): void {
  for (const vector of vectors) {
    for (const version of vector.versions ?? ["2.x"]) {
      test(`libocpp ${version} ${vector.name}`, () => {
        const question = questionOf(vector, version);
        assert.deepEqual(outcome(question, vector.expected), vector.expected);
      });
    }
  }
}
