/**
 * What the standards forbid in a profile that we send (rules K4, K5): it is refused here, before
 * anything leaves.
 */
import { type ChargingProfile, type ChargingSchedule, profileOf } from "./charging_profile.ts";
import { type FieldError, PlatformError } from "./errors.ts";

/** A profile and where it was set: EVSE 0 is the whole station. */
export interface PlacedProfile {
  readonly evseId: number;
  readonly profile: ChargingProfile;
}

/** How a profile is to be sent. */
export interface ProfileUse {
  readonly version: "1.6" | "2.x";
  /** Null in a remote start that names no EVSE. */
  readonly evseId: number | null;
  /** Inside a remote start: the transaction does not exist yet. */
  readonly startsTransaction: boolean;
}

/** Of one ISO 15118 transaction (OCPP 2.0.1 Part 2, K15); 1.6 has one. */
const SCHEDULES_MAX = 3;
const PHASES_MAX = 3;

/** @throws {PlatformError} "invalid-value" with a pointer for every rule that is broken. */
export function checkProfile(profile: ChargingProfile, use: ProfileUse): void {
  const fields = [
    ...purposeFaults(profile, use),
    ...kindFaults(profile),
    ...validityFaults(profile),
    ...schedulesFaults(profile, use),
  ];
  if (fields.length === 0) return;
  const said = fields.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ");
  throw new PlatformError("invalid-value", `Cannot send the charging profile: ${said}`, { fields });
}

/**
 * The profile of a remote start, as it was given.
 *
 * @throws {PlatformError} as {@link checkProfile} and `profileOf`.
 */
export function checkedForStart(
  json: Readonly<Record<string, unknown>>,
  use: Pick<ProfileUse, "version" | "evseId">,
): Readonly<Record<string, unknown>> {
  checkProfile(profileOf(json), { ...use, startsTransaction: true });
  return json;
}

function fault(pointer: string, detail: string): FieldError {
  return { pointer, detail };
}

function purposeFaults(profile: ChargingProfile, use: ProfileUse): FieldError[] {
  const { purpose, transactionId } = profile;
  const { evseId, startsTransaction, version } = use;
  const at = "/chargingProfilePurpose";
  // K01.FR.22: limits of others are not ours to set.
  if (purpose === "ChargingStationExternalConstraints") {
    return [fault(at, "is for limits that others set")];
  }
  if (startsTransaction && purpose !== "TxProfile") {
    return [fault(at, "must be TxProfile in a remote start")];
  }
  const faults: FieldError[] = [];
  if (purpose === "TxProfile") {
    if (startsTransaction && transactionId !== null) {
      faults.push(fault("/transactionId", "must not be in a remote start"));
    }
    // K01.FR.03. In 1.6 it may be left out: then it is for the transaction on that connector.
    if (!startsTransaction && transactionId === null && version === "2.x") {
      faults.push(fault("/transactionId", "is missing: a TxProfile is for one transaction"));
    }
    if (evseId === 0) faults.push(fault(at, "must not be TxProfile on EVSE 0"));
  } else if (transactionId !== null) {
    faults.push(fault("/transactionId", "is for a TxProfile alone"));
  }
  if (purpose === "ChargingStationMaxProfile" && evseId !== 0) {
    faults.push(fault(at, "must not be ChargingStationMaxProfile on an EVSE: it is for EVSE 0"));
  }
  return faults;
}

function kindFaults({ kind, recurrency, purpose }: ChargingProfile): FieldError[] {
  const faults: FieldError[] = [];
  if (kind === "Recurring" && recurrency === null) {
    faults.push(fault("/recurrencyKind", "is missing: the profile is Recurring"));
  }
  if (kind !== "Recurring" && recurrency !== null) {
    faults.push(fault("/recurrencyKind", `is surplus: the profile is ${kind}`));
  }
  // K01.FR.38: there is nothing that it could be relative to.
  if (kind === "Relative" && purpose === "ChargingStationMaxProfile") {
    faults.push(fault("/chargingProfileKind", "must not be Relative for the whole station"));
  }
  return faults;
}

function validityFaults(profile: ChargingProfile): FieldError[] {
  const { stackLevel, validFromAt, validToAt } = profile;
  const faults: FieldError[] = [];
  if (stackLevel < 0) faults.push(fault("/stackLevel", "must be 0 or more"));
  if (validFromAt !== null && validToAt !== null && validFromAt >= validToAt) {
    faults.push(fault("/validTo", "must be after validFrom"));
  }
  return faults;
}

function schedulesFaults(profile: ChargingProfile, { version }: ProfileUse): FieldError[] {
  const { schedules, purpose } = profile;
  const most = version === "2.x" && purpose === "TxProfile" ? SCHEDULES_MAX : 1;
  if (schedules.length < 1 || schedules.length > most) {
    return [fault("/chargingSchedule", most === 1 ? "must be one" : `must be 1 to ${most}`)];
  }
  return schedules.flatMap((schedule, index) => {
    const at = schedules.length === 1 ? "/chargingSchedule" : `/chargingSchedule/${index}`;
    return [...startFaults(profile, schedule, at), ...periodFaults(schedule, at)];
  });
}

function startFaults(
  { kind }: ChargingProfile,
  { startAt, durationS }: ChargingSchedule,
  at: string,
): FieldError[] {
  const faults: FieldError[] = [];
  const needsStart = kind === "Absolute" || kind === "Recurring";
  // K01.FR.40, K01.FR.41.
  if (needsStart && startAt === null) {
    faults.push(fault(`${at}/startSchedule`, `is missing: the profile is ${kind}`));
  }
  if (kind === "Relative" && startAt !== null) {
    faults.push(fault(`${at}/startSchedule`, "is surplus: the profile is Relative"));
  }
  if (durationS !== null && durationS <= 0) {
    faults.push(fault(`${at}/duration`, "must be more than 0"));
  }
  return faults;
}

function periodFaults({ periods }: ChargingSchedule, at: string): FieldError[] {
  const list = `${at}/chargingSchedulePeriod`;
  if (periods.length === 0) return [fault(list, "must not be empty")];
  return periods.flatMap((period, index) => {
    const here = `${list}/${index}`;
    const before = periods[index - 1];
    const { startS, limit, operationMode, numberPhases, phaseToUse } = period;
    const faults: FieldError[] = [];
    if (before === undefined && startS !== 0) {
      faults.push(fault(`${here}/startPeriod`, "must be 0"));
    }
    if (before !== undefined && startS <= before.startS) {
      faults.push(fault(`${here}/startPeriod`, "must be after the period before"));
    }
    if (limit === null && operationMode === null) {
      faults.push(fault(`${here}/limit`, "is missing"));
    }
    if (limit !== null && limit.l1 < 0) faults.push(fault(`${here}/limit`, "must be 0 or more"));
    if (numberPhases !== null && (numberPhases < 1 || numberPhases > PHASES_MAX)) {
      faults.push(fault(`${here}/numberPhases`, `must be 1 to ${PHASES_MAX}`));
    }
    if (phaseToUse !== null && numberPhases !== 1) {
      faults.push(fault(`${here}/phaseToUse`, "needs numberPhases 1"));
    }
    return faults;
  });
}

/** True when both could hold at one instant by their validity. */
function validityOverlaps(one: ChargingProfile, other: ChargingProfile): boolean {
  const from = Math.max(one.validFromAt ?? -Infinity, other.validFromAt ?? -Infinity);
  const to = Math.min(one.validToAt ?? Infinity, other.validToAt ?? Infinity);
  return from < to;
}

/** EVSE 0 stands for all of them. */
function sharesPlace(one: number, other: number): boolean {
  return one === other || one === 0 || other === 0;
}

/**
 * True when a station may not hold both (rule K4): equal purpose and stack level at the same place
 * and time. For a TxProfile the place is its transaction.
 */
export function collides(one: PlacedProfile, other: PlacedProfile): boolean {
  const [a, b] = [one.profile, other.profile];
  if (a.id === b.id || a.purpose !== b.purpose || a.stackLevel !== b.stackLevel) return false;
  if (a.purpose === "TxProfile") {
    return one.evseId === other.evseId && a.transactionId === b.transactionId;
  }
  return sharesPlace(one.evseId, other.evseId) && validityOverlaps(a, b);
}

/**
 * A 2.x station refuses a profile that collides with one it holds (K01.FR.06, K01.FR.39), so it is
 * not sent.
 *
 * @throws {PlatformError} "conflict" naming the one that is in the way.
 */
export function checkRoom(placed: PlacedProfile, held: readonly PlacedProfile[]): void {
  const other = held.find((one) => collides(placed, one));
  if (other === undefined) return;
  const { purpose, stackLevel } = placed.profile;
  throw new PlatformError(
    "conflict",
    `Cannot set charging profile ${placed.profile.id}: profile ${other.profile.id} has the same ` +
      `purpose (${purpose}) and stack level (${stackLevel}) on EVSE ${other.evseId}`,
  );
}
