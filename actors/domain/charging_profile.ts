/**
 * Which period of which charging profile holds at an instant (rules K1-K3, K6), and which profiles
 * a station holds at the same time (rule K4). Seconds are whole: OCPP counts no fractions.
 */
import type {
  ChargingProfile,
  ChargingSchedule,
  ProfilePurpose,
  SchedulePeriod,
} from "#schemas/charging_profile.ts";
import { collides, type PlacedProfile } from "#schemas/charging_profile_rules.ts";

/** What the time of a profile depends on beside itself. Milliseconds since the epoch. */
export interface Occasion {
  /** Where a profile starts that has no start of its own. */
  readonly fromAt: number;
  /** Start of the transaction on the EVSE, which Relative profiles count from; null = none. */
  readonly sessionStartAt: number | null;
  /** How long the station has been offline. */
  readonly offlineS: number;
}

/** What a period says, and in which unit. */
export interface ActivePeriod {
  readonly placed: PlacedProfile;
  readonly schedule: ChargingSchedule;
  readonly period: SchedulePeriod;
}

const DAY_S = 86_400;
/** UTC days and weeks: daylight saving needs other profiles (rule K6). */
const recurrenceS = { Daily: DAY_S, Weekly: 7 * DAY_S } as const;

export function secondOf(at: number): number {
  return Math.floor(at / 1_000);
}

/** Modes of 2.1 in which a period must say a limit, as all others did before. */
const limitedModes: ReadonlySet<string> = new Set(["ChargingOnly", "Idle"]);

/** A period that charges only says how much; a profile without it is not used (2.1, Q08.FR.04). */
function isUsable(schedule: ChargingSchedule): boolean {
  return schedule.periods.every((period) =>
    period.limit !== null || !limitedModes.has(period.operationMode ?? "ChargingOnly")
  );
}

/**
 * The schedule that counts. Of the up to three of an ISO 15118 transaction (rule K5) the vehicle
 * picks one; until it is known the first is assumed.
 */
export function scheduleInUse(profile: ChargingProfile): ChargingSchedule | null {
  const [schedule] = profile.schedules;
  return schedule !== undefined && isUsable(schedule) ? schedule : null;
}

/** Second at which the run of the schedule began that holds at `second`; it may lie ahead. */
function startSecond(
  profile: ChargingProfile,
  schedule: ChargingSchedule,
  occasion: Occasion,
  second: number,
): number {
  const origin = originOf(profile, schedule, occasion);
  if (profile.kind !== "Recurring" || profile.recurrency === null) return origin;
  // startSchedule is the phase of the recurrence, not its first day: validFrom is for that.
  const every = recurrenceS[profile.recurrency];
  return second - modulo(second - origin, every);
}

function originOf(
  profile: ChargingProfile,
  schedule: ChargingSchedule,
  occasion: Occasion,
): number {
  const { sessionStartAt, fromAt } = occasion;
  if (profile.kind === "Relative") return secondOf(sessionStartAt ?? fromAt);
  if (profile.kind === "Dynamic") return secondOf(schedule.startAt ?? fromAt);
  // OCPP 1.6J, 7.13: without a start it is relative to the start of charging.
  return secondOf(schedule.startAt ?? profile.validFromAt ?? sessionStartAt ?? fromAt);
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

function isValidAt(profile: ChargingProfile, second: number): boolean {
  const { validFromAt, validToAt } = profile;
  if (validFromAt !== null && second < secondOf(validFromAt)) return false;
  return validToAt === null || second < secondOf(validToAt);
}

/** The period that the profile has at `second` (since the epoch), or null. */
export function periodAt(
  placed: PlacedProfile,
  second: number,
  occasion: Occasion,
): ActivePeriod | null {
  const { profile } = placed;
  const schedule = scheduleInUse(profile);
  if (schedule === null || !isValidAt(profile, second)) return null;
  if (profile.offlineMaxS !== null && occasion.offlineS > profile.offlineMaxS) return null;
  const elapsed = second - startSecond(profile, schedule, occasion, second);
  if (elapsed < 0 || (schedule.durationS !== null && elapsed >= schedule.durationS)) return null;
  const period = schedule.periods.findLast(({ startS }) => startS <= elapsed);
  return period === undefined ? null : { placed, schedule, period };
}

/** Seconds in `from < second < to` at which the profile's period may change; unordered. */
export function changesWithin(
  profile: ChargingProfile,
  occasion: Occasion,
  from: number,
  to: number,
): number[] {
  const schedule = scheduleInUse(profile);
  if (schedule === null) return [];
  const offsets = schedule.periods.map(({ startS }) => startS);
  if (schedule.durationS !== null) offsets.push(schedule.durationS);
  const recurs = profile.kind === "Recurring" && profile.recurrency !== null;
  const every = recurs && profile.recurrency !== null ? recurrenceS[profile.recurrency] : Infinity;
  const changes: number[] = [];
  let start = startSecond(profile, schedule, occasion, from);
  while (start < to) {
    for (const offset of offsets) if (offset <= every) changes.push(start + offset);
    start += every;
  }
  if (recurs) changes.push(start);
  const { validFromAt, validToAt } = profile;
  if (validFromAt !== null) changes.push(secondOf(validFromAt));
  if (validToAt !== null) changes.push(secondOf(validToAt));
  return changes.filter((second) => second > from && second < to);
}

/**
 * The period that a purpose has on an EVSE: the highest stack level that has one at that instant
 * (rule K1). Equal levels should not be; then the EVSE's own profile comes before the station's,
 * and the higher id before the lower, so that the order in which they are known changes nothing.
 */
export function activePeriod(
  profiles: readonly PlacedProfile[],
  second: number,
  occasion: Occasion,
): ActivePeriod | null {
  let chosen: ActivePeriod | null = null;
  for (const placed of profiles) {
    if (chosen !== null && !precedes(placed, chosen.placed)) continue;
    chosen = periodAt(placed, second, occasion) ?? chosen;
  }
  return chosen;
}

function precedes(one: PlacedProfile, other: PlacedProfile): boolean {
  if (one.profile.stackLevel !== other.profile.stackLevel) {
    return one.profile.stackLevel > other.profile.stackLevel;
  }
  if (one.evseId !== other.evseId) return one.evseId > other.evseId;
  return one.profile.id > other.profile.id;
}

/** Profiles of `purpose` that count for an EVSE: its own and the station's. */
export function profilesFor(
  profiles: readonly PlacedProfile[],
  purpose: ProfilePurpose,
  evseId: number,
): PlacedProfile[] {
  return profiles.filter((placed) =>
    placed.profile.purpose === purpose && (placed.evseId === evseId || placed.evseId === 0)
  );
}

/**
 * What a station holds after it accepted `placed`: one with the same id is replaced wherever it
 * was, and so is one with the same purpose and stack level at the very same place (OCPP 1.6J,
 * 5.16.2; 2.x stations refuse such a one, K01.FR.06).
 */
export function withProfile(
  held: readonly PlacedProfile[],
  placed: PlacedProfile,
): PlacedProfile[] {
  const left = held.filter((other) =>
    other.profile.id !== placed.profile.id &&
    !(other.evseId === placed.evseId && collides(other, placed))
  );
  return [...left, placed];
}

/** Which profiles a ClearChargingProfile means; null = any. An id alone decides (K10.FR.02). */
export interface ClearCriteria {
  readonly profileId: number | null;
  readonly evseId: number | null;
  readonly purpose: ProfilePurpose | null;
  readonly stackLevel: number | null;
}

export function meets(placed: PlacedProfile, criteria: ClearCriteria): boolean {
  const { profile, evseId } = placed;
  // What others than the operator's platform set is not the operator's to clear (K10.FR.06).
  if (profile.purpose === "ChargingStationExternalConstraints") return false;
  if (criteria.profileId !== null) return profile.id === criteria.profileId;
  if (criteria.evseId !== null && evseId !== criteria.evseId) return false;
  if (criteria.purpose !== null && profile.purpose !== criteria.purpose) return false;
  return criteria.stackLevel === null || profile.stackLevel === criteria.stackLevel;
}
