import { Type } from "@sinclair/typebox";
import {
  profileOf,
  profilePurposes,
  purpose16Of,
  rateUnits,
  toProfile16,
  toProfile2,
} from "#schemas/charging_profile.ts";
import { heldProfiles, placedOf } from "#schemas/charging_profile_items.ts";
import { checkProfile, checkRoom } from "#schemas/charging_profile_rules.ts";
import { type CommandOutcome, isObject, outcomeOfStatus } from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import { Identifier, nullable, oneOf } from "#schemas/rest/shape.ts";
import { defineStationCommand, type StationCommand, unsupported } from "./define.ts";

type Json = Readonly<Record<string, unknown>>;

const whole = { minimum: 0, maximum: 2_147_483_647 } as const;
const EvseId = Type.Integer({ ...whole, description: "0 = the whole station" });
const ProfileId = Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 });
const StackLevel = Type.Integer(whole);
const ProfileObject = Type.Record(Type.String(), Type.Unknown());

/** The longest schedule that is asked for: a week. */
const DURATION_S_MAX = 7 * 86_400;
const PROFILE_IDS_MAX = 1_000;
const SOURCES_MAX = 4;

const SetChargingProfile = Type.Object({
  evseId: EvseId,
  chargingProfile: ProfileObject,
  sessionId: Type.Optional(nullable(Identifier)),
}, { additionalProperties: false, title: "SetChargingProfile" });

const ClearChargingProfile = Type.Object({
  chargingProfileId: Type.Optional(nullable(ProfileId)),
  evseId: Type.Optional(nullable(EvseId)),
  purpose: Type.Optional(nullable(oneOf(profilePurposes))),
  stackLevel: Type.Optional(nullable(StackLevel)),
}, { additionalProperties: false, title: "ClearChargingProfile" });

const GetChargingProfiles = Type.Object({
  evseId: Type.Optional(nullable(EvseId)),
  chargingProfileIds: Type.Optional(
    Type.Array(ProfileId, { minItems: 1, maxItems: PROFILE_IDS_MAX }),
  ),
  purpose: Type.Optional(nullable(oneOf(profilePurposes))),
  stackLevel: Type.Optional(nullable(StackLevel)),
  chargingLimitSources: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 20 }), {
      minItems: 1,
      maxItems: SOURCES_MAX,
    }),
  ),
}, { additionalProperties: false, title: "GetChargingProfiles" });

const GetCompositeSchedule = Type.Object({
  evseId: EvseId,
  durationSeconds: Type.Integer({ minimum: 1, maximum: DURATION_S_MAX }),
  unit: Type.Optional(nullable(oneOf(rateUnits))),
}, { additionalProperties: false, title: "GetCompositeSchedule" });

export const chargingProfilesCommands = {
  /** OCPP 1.6J, 5.16; OCPP 2.0.1 Part 2, K01 to K04. */
  "set-charging-profile": defineStationCommand({
    summary: "Sets a charging profile, in the words of 1.6 or of 2.x",
    body: SetChargingProfile,
    isIdempotent: true,
    reads: ["charging-profile"],
    to16: ({ evseId, chargingProfile, sessionId }, facts) => {
      const profile = ofSession(chargingProfile, sessionId, facts.transactionOf);
      checkProfile(profileOf(profile), { version: "1.6", evseId, startsTransaction: false });
      return {
        action: "SetChargingProfile",
        payload: { connectorId: evseId, csChargingProfiles: toProfile16(profile) },
      };
    },
    to2: ({ evseId, chargingProfile, sessionId }, facts) => {
      const profile = ofSession(chargingProfile, sessionId, facts.transactionOf);
      const known = profileOf(profile);
      checkProfile(known, { version: "2.x", evseId, startsTransaction: false });
      checkRoom({ evseId, profile: known }, heldProfiles(facts.items).map(placedOf));
      return {
        action: "SetChargingProfile",
        payload: { evseId, chargingProfile: toProfile2(profile) },
      };
    },
  }),

  /** OCPP 1.6J, 5.5; OCPP 2.0.1 Part 2, K10. */
  "clear-charging-profile": defineStationCommand({
    summary: "Removes charging profiles, by id or by what they have in common",
    body: ClearChargingProfile,
    isIdempotent: true,
    to16: ({ chargingProfileId, evseId, purpose, stackLevel }) => ({
      action: "ClearChargingProfile",
      payload: {
        ...said("id", chargingProfileId),
        ...said("connectorId", evseId),
        ...said(
          "chargingProfilePurpose",
          isGiven(purpose) ? purpose16Of(cleared(purpose)) : undefined,
        ),
        ...said("stackLevel", stackLevel),
      },
    }),
    to2: ({ chargingProfileId, evseId, purpose, stackLevel }) => {
      const criteria = {
        ...said("evseId", evseId),
        ...said("chargingProfilePurpose", isGiven(purpose) ? cleared(purpose) : undefined),
        ...said("stackLevel", stackLevel),
      };
      const hasCriteria = Object.keys(criteria).length > 0;
      // K10.FR.02: one or the other.
      if (isGiven(chargingProfileId) === hasCriteria) {
        throw new PlatformError(
          "invalid-value",
          "Cannot clear charging profiles: give either the id or what they have in common",
        );
      }
      return {
        action: "ClearChargingProfile",
        payload: {
          ...said("chargingProfileId", chargingProfileId),
          ...(hasCriteria ? { chargingProfileCriteria: criteria } : {}),
        },
      };
    },
  }),

  /** OCPP 2.0.1 Part 2, K09. The profiles come in reports. */
  "get-charging-profiles": defineStationCommand({
    summary: "Asks the station to report the profiles that it holds",
    body: GetChargingProfiles,
    isIdempotent: true,
    to16: () => {
      throw unsupported("ask for charging profiles", "OCPP 1.6");
    },
    to2: ({ evseId, chargingProfileIds, purpose, stackLevel, chargingLimitSources }, facts) => {
      const chargingProfile = {
        ...said("chargingProfilePurpose", purpose),
        ...said("stackLevel", stackLevel),
        ...said("chargingProfileId", chargingProfileIds),
        ...said("chargingLimitSource", chargingLimitSources),
      };
      // K09.FR.03.
      if (Object.keys(chargingProfile).length === 0) {
        throw new PlatformError(
          "invalid-value",
          "Cannot ask for charging profiles: name ids, purpose, stack level or source",
        );
      }
      const { requestId } = facts;
      return {
        action: "GetChargingProfiles",
        payload: { requestId, ...said("evseId", evseId), chargingProfile },
      };
    },
    toOutcome: profilesOutcome,
  }),

  /** OCPP 1.6J, 5.7; OCPP 2.0.1 Part 2, K08. */
  "get-composite-schedule": defineStationCommand({
    summary: "Asks for the schedule that follows from all profiles, and compares it with ours",
    body: GetCompositeSchedule,
    isIdempotent: true,
    to16: ({ evseId, durationSeconds, unit }) => ({
      action: "GetCompositeSchedule",
      payload: {
        connectorId: evseId,
        duration: durationSeconds,
        ...said("chargingRateUnit", unit),
      },
    }),
    to2: ({ evseId, durationSeconds, unit }) => ({
      action: "GetCompositeSchedule",
      payload: { duration: durationSeconds, ...said("chargingRateUnit", unit), evseId },
    }),
  }),
} as const satisfies Record<string, StationCommand>;

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** The field, or nothing: some stations refuse what they were not asked. */
function said(name: string, value: unknown): Json {
  return isGiven(value) ? { [name]: value } : {};
}

/** A TxProfile says which transaction it is for; given a session, that session's. */
function ofSession(
  profile: Json,
  sessionId: string | null | undefined,
  transactionOf: (sessionId: string) => string,
): Json {
  if (sessionId === undefined || sessionId === null) return profile;
  if (profile["chargingProfilePurpose"] !== "TxProfile") {
    throw new PlatformError(
      "invalid-value",
      "Cannot set the charging profile for a session: its purpose is not TxProfile",
    );
  }
  const transactionId = transactionOf(sessionId);
  const isForm16 = profile["chargingProfileId"] !== undefined;
  return { ...profile, transactionId: isForm16 ? Number(transactionId) : transactionId };
}

/** K10.FR.06: limits of others are not ours to clear. */
function cleared(purpose: unknown): string {
  if (purpose !== "ChargingStationExternalConstraints") return String(purpose);
  throw new PlatformError(
    "invalid-value",
    "Cannot clear ChargingStationExternalConstraints: others have set them",
  );
}

/** That there are none is an answer, not a refusal. */
function profilesOutcome(response: unknown): CommandOutcome {
  const outcome = outcomeOfStatus(response);
  const isNone = isObject(response) && response["status"] === "NoProfiles";
  return isNone ? { ...outcome, status: "accepted" } : outcome;
}
