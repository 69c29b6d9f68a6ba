/**
 * Charging profiles: the wire forms of 1.6 and of 2.x, and the one form that everything inside
 * uses.
 */
import { PlatformError } from "./errors.ts";
import { parseInstant } from "./instant.ts";

type Json = Readonly<Record<string, unknown>>;

export const rateUnits = ["A", "W"] as const;
export type RateUnit = typeof rateUnits[number];

export const profileKinds = ["Absolute", "Recurring", "Relative", "Dynamic"] as const;
export type ProfileKind = typeof profileKinds[number];

export const recurrencyKinds = ["Daily", "Weekly"] as const;
export type RecurrencyKind = typeof recurrencyKinds[number];

/** The purposes of 2.x; 1.6 has the first three, 2.1 adds the last two. */
export const profilePurposes = [
  "ChargingStationMaxProfile",
  "TxDefaultProfile",
  "TxProfile",
  "ChargingStationExternalConstraints",
  "PriorityCharging",
  "LocalGeneration",
] as const;
export type ProfilePurpose = typeof profilePurposes[number];

/**
 * Thousandths of A or of W: whole numbers, so that sums and comparisons are exact. `l2` and `l3`
 * null = one amount for all phases: in A on each of them, in W of them together. Otherwise `l1` is
 * the amount of the first phase (2.1).
 */
export interface PhaseAmounts {
  readonly l1: number;
  readonly l2: number | null;
  readonly l3: number | null;
}

export interface SchedulePeriod {
  /** From the schedule's start. */
  readonly startS: number;
  readonly limit: PhaseAmounts | null;
  /** Zero or less (2.1). */
  readonly dischargeLimit: PhaseAmounts | null;
  /** Below zero = discharge (2.1). */
  readonly setpoint: PhaseAmounts | null;
  /** Null = not said, which means 3 for AC (OCPP 1.6J, 7.14; OCPP 2.0.1 Part 2, K01.FR.49). */
  readonly numberPhases: number | null;
  readonly phaseToUse: number | null;
  /** 2.1; null = ChargingOnly. */
  readonly operationMode: string | null;
}

export interface ChargingSchedule {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly startAt: number | null;
  /** Null = the last period goes on for ever. */
  readonly durationS: number | null;
  readonly unit: RateUnit;
  /** Thousandths of the unit. */
  readonly minChargingRate: number | null;
  readonly periods: readonly SchedulePeriod[];
}

/** A charging profile in the words of 2.x, whichever version it came in. */
export interface ChargingProfile {
  readonly id: number;
  readonly stackLevel: number;
  readonly purpose: ProfilePurpose;
  readonly kind: ProfileKind;
  readonly recurrency: RecurrencyKind | null;
  readonly validFromAt: number | null;
  readonly validToAt: number | null;
  readonly transactionId: string | null;
  /** 2.1: a station that is offline for longer does not use it any more. */
  readonly offlineMaxS: number | null;
  readonly schedules: readonly ChargingSchedule[];
}

/** Purposes by their 2.x names; the other 2.x purposes do not exist in 1.6. */
const purposes16: ReadonlyMap<string, string> = new Map([
  ["ChargingStationMaxProfile", "ChargePointMaxProfile"],
  ["TxDefaultProfile", "TxDefaultProfile"],
  ["TxProfile", "TxProfile"],
]);

export function purpose2Of(purpose: unknown): unknown {
  return [...purposes16].find(([, purpose16]) => purpose16 === purpose)?.[0] ?? purpose;
}

/** The purpose in 1.6 words. @throws {PlatformError} "unsupported" when 1.6 has none. */
export function purpose16Of(purpose: string): string {
  const purpose16 = purposes16.get(purpose);
  if (purpose16 !== undefined) return purpose16;
  throw new PlatformError("unsupported", `Cannot say ${purpose}: OCPP 1.6 has no such purpose`);
}

/** True for the 1.6 form, whose id has the longer name. */
function isForm16(profile: Json): boolean {
  return profile["chargingProfileId"] !== undefined;
}

/** A profile as 1.6 wants it. One schedule is left, as 1.6 has no more. */
export function toProfile16(profile: Json): Json {
  if (isForm16(profile)) return profile;
  const purpose = purposes16.get(String(profile["chargingProfilePurpose"]));
  const schedules = profile["chargingSchedule"];
  if (purpose === undefined || !Array.isArray(schedules) || schedules.length !== 1) {
    throw new PlatformError(
      "unsupported",
      "Cannot send the charging profile: OCPP 1.6 has no form for its purpose or its schedules",
    );
  }
  const [schedule] = schedules as readonly Json[];
  return present({
    chargingProfileId: profile["id"],
    transactionId: transactionNumber(profile["transactionId"]),
    stackLevel: profile["stackLevel"],
    chargingProfilePurpose: purpose,
    chargingProfileKind: profile["chargingProfileKind"],
    recurrencyKind: profile["recurrencyKind"],
    validFrom: profile["validFrom"],
    validTo: profile["validTo"],
    chargingSchedule: present({
      duration: schedule?.["duration"],
      startSchedule: schedule?.["startSchedule"],
      chargingRateUnit: schedule?.["chargingRateUnit"],
      chargingSchedulePeriod: periods16(schedule?.["chargingSchedulePeriod"]),
      minChargingRate: schedule?.["minChargingRate"],
    }),
  });
}

/** What 1.6 knows of a period; a station may refuse a profile with more. */
function periods16(periods: unknown): unknown {
  if (!Array.isArray(periods)) return periods;
  return (periods as readonly Json[]).map((period) =>
    present({
      startPeriod: period["startPeriod"],
      limit: period["limit"],
      numberPhases: period["numberPhases"],
    })
  );
}

/** A profile as 2.x wants it. */
export function toProfile2(profile: Json): Json {
  if (!isForm16(profile)) return profile;
  const id = profile["chargingProfileId"];
  const transactionId = profile["transactionId"];
  return present({
    id,
    stackLevel: profile["stackLevel"],
    chargingProfilePurpose: purpose2Of(profile["chargingProfilePurpose"]),
    chargingProfileKind: profile["chargingProfileKind"],
    recurrencyKind: profile["recurrencyKind"],
    validFrom: profile["validFrom"],
    validTo: profile["validTo"],
    transactionId: transactionId === undefined ? undefined : String(transactionId),
    chargingSchedule: [{ id, ...present(profile["chargingSchedule"] as Json) }],
  });
}

function transactionNumber(transactionId: unknown): number | undefined {
  if (transactionId === undefined) return undefined;
  if (/^-?\d{1,10}$/.test(String(transactionId))) return Number(transactionId);
  throw new PlatformError(
    "invalid-value",
    `Cannot send the charging profile: OCPP 1.6 has no transaction "${transactionId}"`,
  );
}

function present(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * The profile inside a payload of either version. Limits are rounded to thousandths.
 *
 * @throws {PlatformError} "missing-field", "wrong-type" or "invalid-value" with the pointer.
 */
export function profileOf(json: unknown, at = ""): ChargingProfile {
  const fields = new ProfileFields(json, at);
  const form16 = fields.has("chargingProfileId");
  const schedules = form16 ? [fields.object("chargingSchedule")] : fields.list("chargingSchedule");
  return {
    id: fields.whole(form16 ? "chargingProfileId" : "id"),
    stackLevel: fields.whole("stackLevel"),
    purpose: fields.word("chargingProfilePurpose", profilePurposes, purpose2Of),
    kind: fields.word("chargingProfileKind", profileKinds),
    recurrency: fields.has("recurrencyKind")
      ? fields.word("recurrencyKind", recurrencyKinds)
      : null,
    validFromAt: fields.instantOrNull("validFrom"),
    validToAt: fields.instantOrNull("validTo"),
    transactionId: fields.textOrNull("transactionId"),
    offlineMaxS: fields.wholeOrNull("maxOfflineDuration"),
    schedules: schedules.map((schedule, index) => scheduleOf(schedule, index)),
  };
}

function scheduleOf(fields: ProfileFields, index: number): ChargingSchedule {
  return {
    id: fields.wholeOrNull("id") ?? index,
    startAt: fields.instantOrNull("startSchedule"),
    durationS: fields.wholeOrNull("duration"),
    unit: fields.word("chargingRateUnit", rateUnits),
    minChargingRate: fields.milliOrNull("minChargingRate"),
    periods: fields.list("chargingSchedulePeriod").map(periodOf),
  };
}

function periodOf(fields: ProfileFields): SchedulePeriod {
  return {
    startS: fields.whole("startPeriod"),
    limit: fields.amountsOrNull("limit"),
    dischargeLimit: fields.amountsOrNull("dischargeLimit"),
    setpoint: fields.amountsOrNull("setpoint"),
    numberPhases: fields.wholeOrNull("numberPhases"),
    phaseToUse: fields.wholeOrNull("phaseToUse"),
    operationMode: fields.textOrNull("operationMode"),
  };
}

/** A charging schedule by itself, as a station answers or reports it. @throws as `profileOf`. */
export function chargingScheduleOf(json: unknown, at = ""): ChargingSchedule {
  return scheduleOf(new ProfileFields(json, at), 0);
}

/** Reads one object of a profile and knows where it stands. */
class ProfileFields {
  readonly #at: string;
  readonly #json: Json;

  constructor(json: unknown, at: string) {
    this.#at = at;
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw profileError("wrong-type", at, "must be an object");
    }
    this.#json = json as Json;
  }

  has(name: string): boolean {
    return this.#json[name] !== undefined && this.#json[name] !== null;
  }

  object(name: string): ProfileFields {
    return new ProfileFields(this.#required(name), `${this.#at}/${name}`);
  }

  list(name: string): ProfileFields[] {
    const value = this.#required(name);
    if (!Array.isArray(value)) throw this.#refusal("wrong-type", name, "must be a list");
    return value.map((item, index) => new ProfileFields(item, `${this.#at}/${name}/${index}`));
  }

  whole(name: string): number {
    const value = this.#required(name);
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    throw this.#refusal("wrong-type", name, "must be a whole number");
  }

  wholeOrNull(name: string): number | null {
    return this.has(name) ? this.whole(name) : null;
  }

  /** A 1.6 transaction is a number, a 2.x one a text. */
  textOrNull(name: string): string | null {
    if (!this.has(name)) return null;
    const value = this.#json[name];
    if (typeof value === "string" || typeof value === "number") return String(value);
    throw this.#refusal("wrong-type", name, "must be a text");
  }

  instantOrNull(name: string): number | null {
    if (!this.has(name)) return null;
    const at = parseInstant(this.#json[name]);
    if (at === null) throw this.#refusal("invalid-value", name, "must be a date and time");
    return at;
  }

  milliOrNull(name: string): number | null {
    if (!this.has(name)) return null;
    const value = this.#json[name];
    if (typeof value === "number" && Number.isFinite(value)) return Math.round(value * 1_000);
    throw this.#refusal("wrong-type", name, "must be a number");
  }

  amountsOrNull(name: string): PhaseAmounts | null {
    const l1 = this.milliOrNull(name);
    if (l1 === null) return null;
    return { l1, l2: this.milliOrNull(`${name}_L2`), l3: this.milliOrNull(`${name}_L3`) };
  }

  word<Word extends string>(
    name: string,
    words: readonly Word[],
    translate: (value: unknown) => unknown = (value) => value,
  ): Word {
    const value = translate(this.#required(name));
    const word = words.find((known) => known === value);
    if (word !== undefined) return word;
    throw this.#refusal("invalid-value", name, `must be one of ${words.join(", ")}`);
  }

  #required(name: string): unknown {
    if (this.has(name)) return this.#json[name];
    throw this.#refusal("missing-field", name, "is missing");
  }

  #refusal(kind: ProfileErrorKind, name: string, detail: string): PlatformError {
    return profileError(kind, `${this.#at}/${name}`, detail);
  }
}

type ProfileErrorKind = "missing-field" | "wrong-type" | "invalid-value";

function profileError(kind: ProfileErrorKind, pointer: string, detail: string): PlatformError {
  return new PlatformError(
    kind,
    `Cannot read the charging profile: ${pointer || "it"} ${detail}`,
    { fields: [{ pointer, detail }] },
  );
}
