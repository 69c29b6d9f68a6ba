/** Charging profiles in the words of 1.6 and of 2.x, for commands that take either. */
import { PlatformError } from "./errors.ts";

type Json = Readonly<Record<string, unknown>>;

/** Purposes by their 2.x names; the other 2.x purposes do not exist in 1.6. */
const purposes16: ReadonlyMap<string, string> = new Map([
  ["ChargingStationMaxProfile", "ChargePointMaxProfile"],
  ["TxDefaultProfile", "TxDefaultProfile"],
  ["TxProfile", "TxProfile"],
]);

/** A profile as 1.6 wants it. One schedule is left, as 1.6 has no more. */
export function toProfile16(profile: Json): Json {
  if (profile["chargingProfileId"] !== undefined) return profile;
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
      chargingSchedulePeriod: schedule?.["chargingSchedulePeriod"],
      minChargingRate: schedule?.["minChargingRate"],
    }),
  });
}

/** A profile as 2.x wants it. */
export function toProfile2(profile: Json): Json {
  if (profile["chargingProfileId"] === undefined) return profile;
  const id = profile["chargingProfileId"];
  const purpose = [...purposes16]
    .find(([, purpose16]) => purpose16 === profile["chargingProfilePurpose"])?.[0];
  return present({
    id,
    stackLevel: profile["stackLevel"],
    chargingProfilePurpose: purpose ?? profile["chargingProfilePurpose"],
    chargingProfileKind: profile["chargingProfileKind"],
    recurrencyKind: profile["recurrencyKind"],
    validFrom: profile["validFrom"],
    validTo: profile["validTo"],
    chargingSchedule: [{ id, ...(profile["chargingSchedule"] as Json) }],
  });
}

function present(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
