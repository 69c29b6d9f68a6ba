import { Type } from "@sinclair/typebox";
import { rateUnits } from "#schemas/charging_profile.ts";
import { OWN_PROFILE_ID } from "#schemas/charging_profile_items.ts";
import { Identifier, Instant, listQuery, nullable, oneOf, ReadOnly, type Static } from "./shape.ts";

/** In the words of 2.x, or of 1.6; we show those of 2.x. */
const ProfileObject = Type.Record(Type.String(), Type.Unknown());

/** Higher numbers are the platform's own. */
const ProfileId = Type.Integer({ minimum: 1, maximum: OWN_PROFILE_ID - 1 });
const EvseId = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });
const Description = Type.String({ default: "", maxLength: 500, pattern: "^[^\\u0000]*$" });

export const ChargingProfileTemplate = Type.Object({
  id: ProfileId,
  description: Type.String(),
  chargingProfile: ProfileObject,
  createdAt: Instant,
}, { title: "ChargingProfileTemplate" });
export type ChargingProfileTemplate = Static<typeof ChargingProfileTemplate>;

export const ChargingProfileCreate = Type.Object({
  id: Type.Optional(ProfileId),
  description: Description,
  chargingProfile: ProfileObject,
}, { additionalProperties: false, title: "ChargingProfileCreate" });
export type ChargingProfileCreate = Static<typeof ChargingProfileCreate>;

export const ChargingProfileReplace = Type.Object({
  id: ReadOnly,
  createdAt: ReadOnly,
  description: Description,
  chargingProfile: ProfileObject,
}, { additionalProperties: false, title: "ChargingProfileReplace" });

/** RFC 7396; the whole is checked after the merge. */
export const ChargingProfilePatch = Type.Object({
  id: ReadOnly,
  createdAt: ReadOnly,
  description: Type.Optional(Type.Unsafe<unknown>({ ...Description, default: undefined })),
  chargingProfile: Type.Optional(ProfileObject),
}, { additionalProperties: false, title: "ChargingProfilePatch" });

export const ChargingProfileParams = Type.Object({ id: ProfileId });
export const ChargingProfileQuery = Type.Object(listQuery, { additionalProperties: false });

export const StationProfileCreate = Type.Object({
  evseId: EvseId,
  chargingProfileId: Type.Optional(ProfileId),
  chargingProfile: Type.Optional(ProfileObject),
  sessionId: Type.Optional(nullable(Identifier)),
}, { additionalProperties: false, title: "StationProfileCreate" });
export type StationProfileCreate = Static<typeof StationProfileCreate>;

/** A profile may have any number: others than we set them too. */
export const StationProfileParams = Type.Object({
  id: Identifier,
  profileId: Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 }),
});

export type StationProfileParams = Static<typeof StationProfileParams>;

export const stationProfileStates = ["pending", "accepted", "rejected", "unknown"] as const;

export const StationProfile = Type.Object({
  id: Type.Integer(),
  stationId: Identifier,
  evseId: EvseId,
  chargingProfile: ProfileObject,
  state: oneOf(stationProfileStates, {
    description: "unknown: nobody knows whether the station took it",
  }),
  reason: nullable(Type.String()),
  sessionId: nullable(Identifier),
  commandId: Identifier,
  setAt: Instant,
}, { title: "StationProfile" });
export type StationProfile = Static<typeof StationProfile>;

const ReportedProfile = Type.Object({
  id: Type.Integer(),
  evseId: EvseId,
  source: Type.String({ description: "CSO = set by the operator" }),
  chargingProfile: ProfileObject,
  reportedAt: Instant,
}, { title: "ReportedProfile" });

const ChargingLimit = Type.Object({
  evseId: EvseId,
  source: Type.String(),
  isGridCritical: nullable(Type.Boolean()),
  chargingSchedules: Type.Array(ProfileObject),
  notifiedAt: Instant,
}, { title: "ChargingLimit" });

const SchedulePeriod = Type.Object({
  startPeriod: Type.Integer(),
  limit: nullable(Type.Number({ description: "null: no profile limits it" })),
  numberPhases: nullable(Type.Integer()),
});

const Schedule = {
  startAt: Instant,
  durationSeconds: Type.Integer(),
  unit: oneOf(rateUnits),
  periods: Type.Array(SchedulePeriod),
};

const CompositeSchedule = Type.Object({ evseId: EvseId, ...Schedule }, {
  title: "CompositeSchedule",
});

const AnsweredSchedule = Type.Object({
  evseId: EvseId,
  ...Schedule,
  answeredAt: Instant,
  computed: Type.Array(SchedulePeriod),
  differences: Type.Array(Type.Object({
    startPeriod: Type.Integer(),
    endPeriod: Type.Integer(),
    computed: Type.Number(),
    answered: nullable(Type.Number()),
  })),
}, {
  title: "AnsweredSchedule",
  description: "What the station answered, beside what we computed",
});

export const StationProfiles = Type.Object({
  items: Type.Array(StationProfile, { description: "All, also those not accepted" }),
  nextCursor: Type.Null(),
  believed: Type.Array(StationProfile, { description: "What the station has accepted" }),
  confirmed: Type.Array(ReportedProfile, { description: "What the station has reported" }),
  limits: Type.Array(ChargingLimit, { description: "What others limit" }),
  composite: Type.Array(CompositeSchedule, { description: "Per EVSE; 0 = the whole station" }),
  answered: Type.Array(AnsweredSchedule),
}, { title: "StationProfiles" });
export type StationProfiles = Static<typeof StationProfiles>;

const DURATION_S_MAX = 7 * 86_400;

export const StationProfilesQuery = Type.Object({
  unit: oneOf(rateUnits, { default: "A" }),
  durationSeconds: Type.Integer({ minimum: 1, maximum: DURATION_S_MAX, default: 86_400 }),
}, { additionalProperties: false });
export type StationProfilesQuery = Static<typeof StationProfilesQuery>;
