/** Charging profiles in words that need no OCPP. */
import type { StationProfile } from "#schemas/rest/charging_profile.ts";
import { isRecord } from "./live_feed.ts";
import type { Look } from "./status.ts";

type Json = Readonly<Record<string, unknown>>;

const purposes: Readonly<Record<string, string>> = {
  ChargingStationMaxProfile: "Limit of the whole station",
  TxDefaultProfile: "Limit of every session",
  TxProfile: "Limit of one session",
  ChargingStationExternalConstraints: "Limit set by others",
  PriorityCharging: "Priority charging",
  LocalGeneration: "Local generation",
};

const kinds: Readonly<Record<string, string>> = {
  Absolute: "from a set time",
  Relative: "from the start of charging",
  Dynamic: "changing at any time",
};

const looks: Readonly<Record<StationProfile["state"], Look>> = {
  pending: { word: "Sent", tone: "occupied", shape: "clock" },
  accepted: { word: "In force", tone: "available", shape: "check" },
  rejected: { word: "Refused", tone: "faulted", shape: "cross" },
  unknown: { word: "No answer", tone: "suspended", shape: "dotted" },
};

export function lookOfProfile(state: StationProfile["state"]): Look {
  return looks[state];
}

export function wordsOfEvse(evseId: number): string {
  return evseId === 0 ? "Whole station" : `EVSE ${evseId}`;
}

export function wordsOfPurpose(profile: Json): string {
  const purpose = String(profile["chargingProfilePurpose"]);
  return purposes[purpose] ?? purpose;
}

export function wordsOfKind(profile: Json): string {
  if (profile["chargingProfileKind"] === "Recurring") {
    return profile["recurrencyKind"] === "Weekly" ? "every week" : "every day";
  }
  return kinds[String(profile["chargingProfileKind"])] ?? "";
}

export interface DrawnSchedule {
  readonly unit: "A" | "W";
  readonly startAt: number | null;
  readonly durationSeconds: number | null;
  readonly periods: readonly { readonly startPeriod: number; readonly limit: number | null }[];
}

/** The (first) schedule of a profile in the words of 2.x. */
export function scheduleOf(profile: Json): DrawnSchedule {
  const list = profile["chargingSchedule"];
  const schedule = Array.isArray(list) && isRecord(list[0]) ? list[0] : {};
  const start = Date.parse(String(schedule["startSchedule"]));
  const { duration, chargingSchedulePeriod } = schedule;
  const periods = Array.isArray(chargingSchedulePeriod)
    ? chargingSchedulePeriod.filter(isRecord)
    : [];
  return {
    unit: schedule["chargingRateUnit"] === "W" ? "W" : "A",
    startAt: Number.isNaN(start) ? null : start,
    durationSeconds: typeof duration === "number" ? duration : null,
    periods: periods.map(({ startPeriod, limit }) => ({
      startPeriod: Number(startPeriod),
      limit: typeof limit === "number" ? limit : null,
    })),
  };
}

export function wordsOfLimit(value: number | null | undefined, unit: "A" | "W"): string {
  if (value === null || value === undefined) return "no limit";
  if (unit === "A") return `${value} A`;
  return value >= 10_000 ? `${Math.round(value / 100) / 10} kW` : `${value} W`;
}

/** `16 A`, or `6 A to 16 A` of a schedule that changes. */
export function wordsOfSchedule({ periods, unit }: DrawnSchedule): string {
  const limits = periods.flatMap(({ limit }) => limit === null ? [] : [limit]);
  if (limits.length === 0) return "no limit";
  const [low, high] = [Math.min(...limits), Math.max(...limits)];
  return low === high
    ? wordsOfLimit(low, unit)
    : `${wordsOfLimit(low, unit)} to ${wordsOfLimit(high, unit)}`;
}
