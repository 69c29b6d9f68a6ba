/** What we believe that a station holds, as its answers change it. */
import { type ClearCriteria, meets, withProfile } from "#actors/domain/charging_profile.ts";
import { liveProfiles, type StationSession } from "#actors/domain/station_profiles.ts";
import { type ProfilePurpose, profilePurposes, purpose2Of } from "#schemas/charging_profile.ts";
import {
  heldKey,
  type HeldProfile,
  placedOf,
  reportedProfiles,
} from "#schemas/charging_profile_items.ts";
import { isObject } from "#schemas/command.ts";
import type { StationItem } from "#schemas/station_items.ts";
import type { Turn } from "../turn.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * What `read` makes of a station's words, or undefined: responses pass no schema, and that of
 * requests bears more than can be understood.
 */
export function legible<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export function sessionsOf({ context }: Turn): StationSession[] {
  return context.open.map(({ n, transactionId, evseId, tokenUid, startedAt }) => ({
    n,
    transactionId,
    evseId,
    tokenUid,
    startedAt,
  }));
}

/** EVSEs that the station has told of. */
export function evseIdsOf({ context }: Turn): number[] {
  const ids = context.connectors.map(({ evseId }) => evseId).filter((evseId) => evseId > 0);
  return [...new Set(ids)];
}

/** Tells the world: pages that show the station's profiles read them again. */
export function tell(turn: Turn, name: string, data: Json): void {
  turn.announce(name, { stationId: turn.context.stationId, ...data });
}

/** Removes the profiles of sessions that are over; gives the others. */
export function forgetGone(turn: Turn, held: readonly HeldProfile[]): readonly HeldProfile[] {
  const live = new Set(
    liveProfiles(held, sessionsOf(turn), turn.now).map((profile) => profile.held.profileId),
  );
  for (const { profileId } of held) {
    if (!live.has(profileId)) turn.keepItem("charging-profile", heldKey(profileId), null);
  }
  return held.filter(({ profileId }) => live.has(profileId));
}

/** The station accepted it: it takes the place of those that it replaces. */
export function holdProfile(turn: Turn, held: HeldProfile, before: readonly HeldProfile[]): void {
  const kept = withProfile(before.map(placedOf), placedOf(held));
  for (const { profileId } of before) {
    if (profileId !== held.profileId && !kept.some(({ profile }) => profile.id === profileId)) {
      turn.keepItem("charging-profile", heldKey(profileId), null);
    }
  }
  turn.keepItem("charging-profile", heldKey(held.profileId), { ...held });
}

/** What a ClearChargingProfile of either version means. */
export function clearCriteriaOf(payload: Json): ClearCriteria {
  const inner = isObject(payload["chargingProfileCriteria"])
    ? payload["chargingProfileCriteria"]
    : payload;
  return {
    profileId: numberOrNull(payload["chargingProfileId"] ?? payload["id"]),
    evseId: numberOrNull(inner["evseId"] ?? inner["connectorId"]),
    purpose: purposeOrNull(inner["chargingProfilePurpose"]),
    stackLevel: numberOrNull(inner["stackLevel"]),
  };
}

/** What the station reported earlier and does not hold any more. */
export function dropReported(
  turn: Turn,
  items: readonly StationItem[],
  criteria: ClearCriteria,
): void {
  for (const reported of reportedProfiles(items)) {
    if (!meets(placedOf(reported), criteria)) continue;
    turn.keepItem("reported-profile", String(reported.profileId), null);
  }
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

export function purposeOrNull(value: unknown): ProfilePurpose | null {
  const purpose = purpose2Of(value);
  return profilePurposes.find((known) => known === purpose) ?? null;
}
