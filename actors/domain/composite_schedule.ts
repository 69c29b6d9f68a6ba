/**
 * All charging profiles of a station as one schedule (OCPP 1.6J, 3.13.4; OCPP 2.0.1 Part 2, K08;
 * rules K1-K3, K7). At each instant: TxProfile, else TxDefaultProfile; the lowest of that, of the
 * external limits and of the station's maximum. The station as a whole may use what its EVSEs may
 * together, at most its own maximum.
 */
import type { PhaseAmounts, RateUnit } from "#schemas/charging_profile.ts";
import type { PlacedProfile } from "#schemas/charging_profile_rules.ts";
import {
  activePeriod,
  changesWithin,
  type Occasion,
  profilesFor,
  secondOf,
} from "./charging_profile.ts";
import { type Draw, drawIn, drawOf, lowest, type Supply, total } from "./power_draw.ts";

/** An EVSE and the transaction on it, if any. */
export interface EvseOccasion {
  readonly evseId: number;
  readonly sessionStartAt: number | null;
  readonly transactionId: string | null;
}

export interface CompositeQuestion {
  readonly profiles: readonly PlacedProfile[];
  /** 0 = the whole station. */
  readonly evseId: number;
  readonly evses: readonly EvseOccasion[];
  /** Milliseconds since the epoch; cut to the second. */
  readonly fromAt: number;
  readonly durationS: number;
  readonly unit: RateUnit;
  readonly supply: Supply;
  /** What an EVSE may draw that no profile limits, in thousandths; null = nobody knows. */
  readonly defaultLimit: Readonly<Record<RateUnit, number | null>>;
  /** True = as if a vehicle charged on each EVSE: transaction profiles count without one. */
  readonly assumeTransaction: boolean;
  readonly offlineS?: number;
}

export interface CompositePeriod {
  /** From the schedule's start. */
  readonly startS: number;
  /** Thousandths of the schedule's unit; null = no profile limits it. */
  readonly limit: PhaseAmounts | null;
  readonly dischargeLimit: PhaseAmounts | null;
  readonly setpoint: PhaseAmounts | null;
  /** Null = no profile says it. */
  readonly numberPhases: number | null;
}

export interface CompositeSchedule {
  readonly evseId: number;
  readonly startAt: number;
  readonly durationS: number;
  readonly unit: RateUnit;
  readonly periods: readonly CompositePeriod[];
}

/** Longer questions are cut: a daily profile of a thousand periods has a million changes a year. */
export const COMPOSITE_DURATION_S_MAX = 31 * 86_400;

/** The composite schedule. Neighbouring periods differ; the first starts at 0. */
export function compositeSchedule(question: CompositeQuestion): CompositeSchedule {
  const start = secondOf(question.fromAt);
  const durationS = Math.min(Math.max(0, question.durationS), COMPOSITE_DURATION_S_MAX);
  const periods: CompositePeriod[] = [];
  for (const second of instants(question, start, start + durationS)) {
    const period = periodOf(drawAt(question, second), second - start, question);
    const last = periods.at(-1);
    if (last === undefined || !isSame(last, period)) periods.push(period);
  }
  const { evseId, unit } = question;
  return { evseId, startAt: start * 1_000, durationS, unit, periods };
}

/** Seconds at which something may change, ascending; the first one always. */
function instants(question: CompositeQuestion, start: number, end: number): number[] {
  const found = new Set([start]);
  const { evses, evseId } = question;
  const asked = evseId === 0 ? evses : evses.filter((evse) => evse.evseId === evseId);
  const occasions = [stationOccasion(question), ...asked.map((evse) => occasionOf(question, evse))];
  for (const { profile } of question.profiles) {
    for (const occasion of occasions) {
      for (const second of changesWithin(profile, occasion, start, end)) found.add(second);
    }
  }
  return [...found].toSorted((one, other) => one - other);
}

function stationOccasion({ fromAt, offlineS }: CompositeQuestion): Occasion {
  return { fromAt, sessionStartAt: null, offlineS: offlineS ?? 0 };
}

function occasionOf({ fromAt, offlineS }: CompositeQuestion, evse: EvseOccasion): Occasion {
  return { fromAt, sessionStartAt: evse.sessionStartAt, offlineS: offlineS ?? 0 };
}

/** What limits the station as a whole, and with it each EVSE. */
const stationPurposes = [
  "ChargingStationMaxProfile",
  "ChargingStationExternalConstraints",
] as const;

/** What may be drawn at `second`; null = nothing limits it. */
function drawAt(question: CompositeQuestion, second: number): Draw | null {
  const { evses, evseId, supply, profiles } = question;
  const station = stationOccasion(question);
  const limits = stationPurposes.flatMap((purpose) => {
    const own = profilesFor(profiles, purpose, 0);
    const active = activePeriod(own, second, station);
    return active === null ? [] : [drawOf(active)];
  });
  if (evseId !== 0) {
    const evse = evses.find((known) => known.evseId === evseId) ??
      { evseId, sessionStartAt: null, transactionId: null };
    return lowest([...evseDraws(question, evse, second), ...limits], question.unit, supply);
  }
  const all = evses.map((evse) => evseDraw(question, evse, second));
  const together = all.length === 0 ? null : total(all, supply);
  return lowest([...(together === null ? [] : [together]), ...limits], question.unit, supply);
}

/** What one EVSE may draw, as a part of its station. */
function evseDraw(
  question: CompositeQuestion,
  evse: EvseOccasion,
  second: number,
): Draw | null {
  const { unit, supply, defaultLimit } = question;
  const draw = lowest(evseDraws(question, evse, second), unit, supply);
  if (draw !== null && draw.limit !== null) return draw;
  const limit = defaultLimit[unit];
  if (limit === null) return null;
  const free = { l1: limit, l2: null, l3: null };
  return draw === null
    ? { unit, numberPhases: null, limit: free, dischargeLimit: null, setpoint: null }
    : { ...draw, limit: free };
}

/** What the profiles of one EVSE say, without the station's maximum. */
function evseDraws(question: CompositeQuestion, evse: EvseOccasion, second: number): Draw[] {
  const { profiles, assumeTransaction } = question;
  const occasion = occasionOf(question, evse);
  const find = (placed: readonly PlacedProfile[]) => activePeriod(placed, second, occasion);
  const external = find(profilesFor(profiles, "ChargingStationExternalConstraints", evse.evseId));
  const found = [external];
  if (assumeTransaction || evse.sessionStartAt !== null) {
    const own = profilesFor(profiles, "TxProfile", evse.evseId)
      .filter(({ profile }) => isForTransaction(profile.transactionId, evse));
    const byDefault = profilesFor(profiles, "TxDefaultProfile", evse.evseId);
    // Rule K2: instant by instant, the transaction's own profile or else the default.
    found.push(find(own) ?? find(byDefault));
  }
  return found.flatMap((active) => active === null ? [] : [drawOf(active)]);
}

/** A profile that came with a remote start names no transaction: it is of the one that followed. */
function isForTransaction(transactionId: string | null, evse: EvseOccasion): boolean {
  return transactionId === null || transactionId === evse.transactionId;
}

function periodOf(
  draw: Draw | null,
  startS: number,
  { unit, supply, defaultLimit }: CompositeQuestion,
): CompositePeriod {
  const free = defaultLimit[unit];
  const limit = free === null ? null : { l1: free, l2: null, l3: null };
  if (draw === null) {
    return { startS, limit, dischargeLimit: null, setpoint: null, numberPhases: null };
  }
  const said = drawIn(draw, unit, supply);
  return {
    startS,
    limit: said.limit ?? limit,
    dischargeLimit: said.dischargeLimit,
    setpoint: said.setpoint,
    numberPhases: said.numberPhases,
  };
}

function isSame(one: CompositePeriod, other: CompositePeriod): boolean {
  return one.numberPhases === other.numberPhases &&
    isSameAmount(one.limit, other.limit) &&
    isSameAmount(one.dischargeLimit, other.dischargeLimit) &&
    isSameAmount(one.setpoint, other.setpoint);
}

function isSameAmount(one: PhaseAmounts | null, other: PhaseAmounts | null): boolean {
  if (one === null || other === null) return one === other;
  return one.l1 === other.l1 && one.l2 === other.l2 && one.l3 === other.l3;
}
