/** What the CSMS asks of charging profiles, and how this charger answers. */
import type { ClearCriteria } from "#actors/domain/charging_profile.ts";
import type { CompositeSchedule } from "#actors/domain/composite_schedule.ts";
import { profilePurposes } from "#schemas/charging_profile.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { ChargerBlock } from "../block.ts";
import {
  fieldOf,
  instantText,
  numberField,
  objectField,
  partsOf,
  type Payload,
  present,
  textField,
  textsField,
} from "../dialect.ts";
import type { Station } from "../station.ts";
import { chargingProfiles, type HeldProfile, type ProfileAnswer } from "./charging_profiles.ts";

const PROFILES_PER_REPORT = 2;

/** Sets a profile; what cannot be read is refused. */
export function setProfile(
  station: Station,
  evseId: number,
  profile: { readonly json: Payload; readonly isAwaiting: boolean },
): ProfileAnswer {
  try {
    return chargingProfiles.of(station).set(evseId, profile.json, profile.isAwaiting);
  } catch (thrown) {
    if (!(thrown instanceof PlatformError)) throw thrown;
    return { status: "Rejected", reasonCode: "InvalidProfile" };
  }
}

function set16(station: Station, payload: Payload): Payload {
  const json = objectField(payload, "csChargingProfiles") ?? {};
  const evseId = numberField(payload, "connectorId") ?? 0;
  return { status: setProfile(station, evseId, { json, isAwaiting: false }).status };
}

function set2x(station: Station, payload: Payload): Payload {
  const json = objectField(payload, "chargingProfile") ?? {};
  const evseId = numberField(payload, "evseId") ?? 0;
  const { status, reasonCode } = setProfile(station, evseId, { json, isAwaiting: false });
  return present({
    status,
    statusInfo: reasonCode === undefined ? undefined : { reasonCode },
  });
}

function clear16(station: Station, payload: Payload): Payload {
  return cleared(station, {
    profileId: numberField(payload, "id") ?? null,
    evseId: numberField(payload, "connectorId") ?? null,
    purpose: purposeOf(textField(payload, "chargingProfilePurpose")),
    stackLevel: numberField(payload, "stackLevel") ?? null,
  });
}

function clear2x(station: Station, payload: Payload): Payload {
  const criteria = objectField(payload, "chargingProfileCriteria");
  return cleared(station, {
    profileId: numberField(payload, "chargingProfileId") ?? null,
    evseId: numberField(criteria, "evseId") ?? null,
    purpose: purposeOf(textField(criteria, "chargingProfilePurpose")),
    stackLevel: numberField(criteria, "stackLevel") ?? null,
  });
}

function cleared(station: Station, criteria: ClearCriteria): Payload {
  return { status: chargingProfiles.of(station).clear(criteria) ? "Accepted" : "Unknown" };
}

function purposeOf(word: string | undefined): ClearCriteria["purpose"] {
  const word2 = word === "ChargePointMaxProfile" ? "ChargingStationMaxProfile" : word;
  return profilePurposes.find((purpose) => purpose === word2) ?? null;
}

function asked(
  station: Station,
  payload: Payload,
  evseId: number | undefined,
): CompositeSchedule | undefined {
  if (evseId === undefined || evseId > station.charger.outlets.length) return undefined;
  return chargingProfiles.of(station).composite(evseId, station.now(), {
    durationS: numberField(payload, "duration") ?? 0,
    unit: fieldOf(payload, "chargingRateUnit") === "A" ? "A" : "W",
  });
}

/** With one decimal, cut: a limit is never reported above what holds. */
function periodsOf(schedule: CompositeSchedule): readonly Payload[] {
  return schedule.periods.map(({ startS, limit, numberPhases }) =>
    present({
      startPeriod: startS,
      limit: Math.floor((limit?.l1 ?? 0) / 100) / 10,
      numberPhases: numberPhases ?? undefined,
    })
  );
}

function composite16(station: Station, payload: Payload): Payload {
  const connectorId = numberField(payload, "connectorId");
  const schedule = asked(station, payload, connectorId);
  if (schedule === undefined) return { status: "Rejected" };
  return {
    status: "Accepted",
    connectorId,
    scheduleStart: instantText(schedule.startAt),
    chargingSchedule: {
      duration: schedule.durationS,
      chargingRateUnit: schedule.unit,
      chargingSchedulePeriod: periodsOf(schedule),
    },
  };
}

function composite2x(station: Station, payload: Payload): Payload {
  const evseId = numberField(payload, "evseId");
  const schedule = asked(station, payload, evseId);
  if (schedule === undefined) return { status: "Rejected" };
  return {
    status: "Accepted",
    schedule: {
      chargingSchedulePeriod: periodsOf(schedule),
      evseId,
      duration: schedule.durationS,
      scheduleStart: instantText(schedule.startAt),
      chargingRateUnit: schedule.unit,
    },
  };
}

/** OCPP 2.0.1 Part 2, K09: each report tells of one EVSE. */
function report(station: Station, payload: Payload): Payload {
  const criterion = objectField(payload, "chargingProfile");
  const evseId = numberField(payload, "evseId");
  const found = chargingProfiles.of(station).all.filter((held) =>
    (evseId === undefined || held.placed.evseId === evseId) && isAskedFor(held, criterion)
  );
  if (found.length === 0) return { status: "NoProfiles" };
  const parts = [...Map.groupBy(found, (held) => held.placed.evseId)]
    .flatMap(([place, held]) =>
      partsOf(held, PROFILES_PER_REPORT).map((part) => [place, part] as const)
    );
  for (const [index, [place, held]] of parts.entries()) {
    station.tell({
      action: "ReportChargingProfiles",
      payload: {
        requestId: numberField(payload, "requestId"),
        chargingLimitSource: "CSO",
        chargingProfile: held.map(({ json }) => json),
        tbc: index < parts.length - 1,
        evseId: place,
      },
    });
  }
  return { status: "Accepted" };
}

function isAskedFor({ placed: { profile } }: HeldProfile, criterion: unknown): boolean {
  const ids = textsField(criterion, "chargingProfileId");
  if (ids.length > 0) return ids.includes(String(profile.id));
  const sources = textsField(criterion, "chargingLimitSource");
  const purpose = textField(criterion, "chargingProfilePurpose");
  const level = numberField(criterion, "stackLevel");
  return (sources.length === 0 || sources.includes("CSO")) &&
    (purpose === undefined || profile.purpose === purpose) &&
    (level === undefined || profile.stackLevel === level);
}

export const chargingProfileBlock: ChargerBlock = {
  answers16: {
    SetChargingProfile: set16,
    ClearChargingProfile: clear16,
    GetCompositeSchedule: composite16,
  },
  answers2x: {
    SetChargingProfile: set2x,
    ClearChargingProfile: clear2x,
    GetCompositeSchedule: composite2x,
    GetChargingProfiles: report,
  },
  began: (station, transaction) => chargingProfiles.ifMade(station)?.began(transaction),
  ended: (station, transaction) => chargingProfiles.ifMade(station)?.ended(transaction),
};
