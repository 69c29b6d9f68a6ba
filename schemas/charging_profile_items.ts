/**
 * What is kept of a station's charging profiles as items: `charging-profile` holds what we believe
 * by what the station accepted (`held/<id>`), what was asked of it (`asked/<id>`), our questions
 * (`question/<requestId>`) and what vehicles need (`needs/<evseId>`); `reported-profile` what the
 * station says it holds; `charging-limit` what others limit.
 */
import { type ChargingProfile, profileOf } from "./charging_profile.ts";
import type { PlacedProfile } from "./charging_profile_rules.ts";
import type { StationItem } from "./station_items.ts";

type Json = Readonly<Record<string, unknown>>;

/** Of a profile that was inside a remote start: which session it is for shows later. */
export interface StartedWith {
  readonly tokenUid: string;
  /** Null = the station chooses. */
  readonly evseId: number | null;
  /** Sessions of the station by then: its own has a higher number. */
  readonly afterSession: number;
}

export interface HeldProfile {
  readonly profileId: number;
  readonly evseId: number;
  /** As it was sent, in the words of 2.x. */
  readonly chargingProfile: Json;
  readonly commandId: string;
  readonly acceptedAt: number;
  readonly start: StartedWith | null;
}

export const askedStates = ["pending", "rejected", "unknown"] as const;
export type AskedState = typeof askedStates[number];

/** A profile that the station has not accepted, or not yet. */
export interface AskedProfile {
  readonly profileId: number;
  readonly evseId: number;
  readonly chargingProfile: Json;
  readonly commandId: string;
  readonly isOwn: boolean;
  readonly askedAt: number;
  readonly state: AskedState;
  /** The station's word, its reason code, or the code of its CALLERROR. */
  readonly reason: string | null;
}

/** What a station told that it holds (ReportChargingProfiles). */
export interface ReportedProfile {
  readonly profileId: number;
  readonly evseId: number;
  /** CSO = ours; EMS, SO, Other (2.0.1). */
  readonly source: string;
  readonly chargingProfile: Json;
  readonly reportedAt: number;
}

/** A limit of somebody else (NotifyChargingLimit). */
export interface ChargingLimit {
  /** 0 = the whole station. */
  readonly evseId: number;
  readonly source: string;
  readonly isGridCritical: boolean | null;
  readonly schedules: readonly Json[];
  readonly notifiedAt: number;
}

/** What a vehicle asked for (NotifyEVChargingNeeds). */
export interface VehicleNeeds {
  readonly evseId: number;
  readonly chargingNeeds: Json;
  readonly scheduleTuplesMax: number | null;
  readonly transactionId: string;
  readonly toldAt: number;
}

/** Profiles from here on are the platform's own: templates and operators use lower numbers. */
export const OWN_PROFILE_ID = 1_000_000_000;

export function heldKey(profileId: number): string {
  return `held/${profileId}`;
}

export function askedKey(profileId: number): string {
  return `asked/${profileId}`;
}

export function needsKey(evseId: number): string {
  return `needs/${evseId}`;
}

export function questionKey(requestId: number): string {
  return `question/${requestId}`;
}

function bodies<Body>(items: readonly StationItem[], prefix: string): Body[] {
  return items
    .filter(({ block, key }) => block === "charging-profile" && key.startsWith(prefix))
    .map(({ body }) => body as Body);
}

export function heldProfiles(items: readonly StationItem[]): HeldProfile[] {
  return bodies(items, "held/");
}

export function askedProfiles(items: readonly StationItem[]): AskedProfile[] {
  return bodies(items, "asked/");
}

export function vehicleNeeds(items: readonly StationItem[]): VehicleNeeds[] {
  return bodies(items, "needs/");
}

export function reportedProfiles(items: readonly StationItem[]): ReportedProfile[] {
  return items.filter(({ block }) => block === "reported-profile")
    .map(({ body }) => body as unknown as ReportedProfile);
}

export function chargingLimits(items: readonly StationItem[]): ChargingLimit[] {
  return items.filter(({ block }) => block === "charging-limit")
    .map(({ body }) => body as unknown as ChargingLimit);
}

export function placedOf({ evseId, chargingProfile }: {
  readonly evseId: number;
  readonly chargingProfile: Json;
}): PlacedProfile {
  return { evseId, profile: profileOf(chargingProfile) };
}

/** A limit of others as a profile; null = it says no amount. */
export function placedLimit(limit: ChargingLimit): PlacedProfile | null {
  if (limit.schedules.length === 0) return null;
  const profile: ChargingProfile = profileOf({
    id: 0,
    stackLevel: 0,
    chargingProfilePurpose: "ChargingStationExternalConstraints",
    chargingProfileKind: "Absolute",
    chargingSchedule: limit.schedules,
  });
  // Without a start of its own it holds from when it was told.
  const isStarted = profile.schedules[0]?.startAt !== null;
  return {
    evseId: limit.evseId,
    profile: isStarted ? profile : { ...profile, validFromAt: limit.notifiedAt },
  };
}
