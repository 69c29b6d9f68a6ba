/**
 * What a vehicle says it needs, as a TxProfile within the limits of its EVSE (OCPP 2.0.1 Part 2,
 * K15; rule K8). The needs' own maximum is granted: sharing between vehicles is not decided here.
 */
import type { RateUnit } from "#schemas/charging_profile.ts";
import { formatInstant, parseInstant } from "#schemas/instant.ts";
import type { CompositePeriod, CompositeSchedule } from "./composite_schedule.ts";

type Json = Readonly<Record<string, unknown>>;

/** What the vehicle can take at most. */
export interface VehicleDemand {
  readonly unit: RateUnit;
  /** Thousandths of the unit. */
  readonly limit: number;
  /** Null = direct current. */
  readonly numberPhases: number | null;
  readonly departureAt: number | null;
}

/** How long a profile is for when nobody says when the vehicle leaves. */
const STAY_S_DEFAULT = 86_400;
const STAY_S_MAX = 7 * 86_400;
/** Periods of a schedule that every station takes (a vehicle may take less). */
const TUPLES_MAX = 12;

const phasesOf: ReadonlyMap<string, number> = new Map([
  ["AC_single_phase", 1],
  ["AC_two_phase", 2],
  ["AC_three_phase", 3],
]);

function record(value: unknown): Json {
  return typeof value === "object" && value !== null ? value as Json : {};
}

function positive(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : null;
}

/** The demand in ChargingNeeds, or null when it names no amount. */
export function demandOf(chargingNeeds: Json): VehicleDemand | null {
  const departureAt = parseInstant(chargingNeeds["departureTime"]);
  const ac = record(chargingNeeds["acChargingParameters"]);
  const current = positive(ac["evMaxCurrent"]);
  if (current !== null) {
    const numberPhases = phasesOf.get(String(chargingNeeds["requestedEnergyTransfer"])) ?? 3;
    return { unit: "A", limit: milli(current), numberPhases, departureAt };
  }
  const dc = record(chargingNeeds["dcChargingParameters"]);
  const [amperes, volts] = [positive(dc["evMaxCurrent"]), positive(dc["evMaxVoltage"])];
  const product = amperes !== null && volts !== null ? amperes * volts : null;
  const v2x = record(chargingNeeds["v2xChargingParameters"]);
  const watts = positive(dc["evMaxPower"]) ?? product ?? positive(v2x["maxChargePower"]);
  if (watts === null) return null;
  return { unit: "W", limit: milli(watts), numberPhases: null, departureAt };
}

function milli(amount: number): number {
  return Math.round(amount * 1_000);
}

/** Until when the profile is for. */
export function staySeconds({ departureAt }: VehicleDemand, now: number): number {
  if (departureAt === null || departureAt <= now) return STAY_S_DEFAULT;
  return Math.min(STAY_S_MAX, Math.max(1, Math.ceil((departureAt - now) / 1_000)));
}

/** Where a profile for needs goes. */
export interface NeedsProfile {
  readonly profileId: number;
  readonly stackLevel: number;
  readonly transactionId: string;
  /** Null = as many as fit. */
  readonly tuplesMax: number | null;
}

/** The profile: at each instant the lower of what is needed and what `limits` allow. */
export function needsProfile(
  demand: VehicleDemand,
  limits: CompositeSchedule,
  { profileId, stackLevel, transactionId, tuplesMax }: NeedsProfile,
): Json {
  const { limit, numberPhases, unit } = demand;
  const periods = fewer(
    granted(limits.periods, limit),
    Math.min(tuplesMax ?? Infinity, TUPLES_MAX),
  );
  return {
    id: profileId,
    stackLevel,
    chargingProfilePurpose: "TxProfile",
    chargingProfileKind: "Absolute",
    transactionId,
    chargingSchedule: [{
      id: profileId,
      startSchedule: formatInstant(limits.startAt),
      duration: limits.durationS,
      chargingRateUnit: unit,
      chargingSchedulePeriod: periods.map((period) => ({
        startPeriod: period.startS,
        // A tenth is what a limit may be exact to; cut, so that it is never above the limit.
        limit: Math.floor(period.limit / 100) / 10,
        ...(numberPhases === null ? {} : { numberPhases }),
      })),
    }],
  };
}

interface Granted {
  readonly startS: number;
  readonly limit: number;
}

function granted(periods: readonly CompositePeriod[], limit: number): Granted[] {
  return periods
    .map(({ startS, limit: allowed }) => ({ startS, limit: Math.min(limit, allowed?.l1 ?? limit) }))
    .filter(({ limit }, index, all) => all[index - 1]?.limit !== limit);
}

/** At most so many: the last one has the lowest limit of those that it stands for. */
function fewer(periods: readonly Granted[], most: number): Granted[] {
  const kept = Math.max(1, most);
  if (periods.length <= kept) return [...periods];
  const rest = periods.slice(kept - 1);
  const startS = rest[0]?.startS ?? 0;
  const limit = Math.min(...rest.map((period) => period.limit));
  return [...periods.slice(0, kept - 1), { startS, limit }];
}
