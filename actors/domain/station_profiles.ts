/**
 * What is believed of a station's charging profiles: which of those that it accepted still count,
 * for which session, and what they come to together with the limits of others.
 */
import type { RateUnit } from "#schemas/charging_profile.ts";
import {
  chargingLimits,
  type HeldProfile,
  heldProfiles,
  placedLimit,
  placedOf,
  reportedProfiles,
} from "#schemas/charging_profile_items.ts";
import type { PlacedProfile } from "#schemas/charging_profile_rules.ts";
import type { StationItem } from "#schemas/station_items.ts";
import {
  type CompositeQuestion,
  type CompositeSchedule,
  compositeSchedule,
  type EvseOccasion,
} from "./composite_schedule.ts";

/** An open session of the station. */
export interface StationSession {
  /** Counts the station's sessions. */
  readonly n: number;
  readonly transactionId: string;
  readonly evseId: number | null;
  readonly tokenUid: string | null;
  readonly startedAt: number;
}

/** A profile that counts. */
export interface LiveProfile {
  readonly held: HeldProfile;
  readonly placed: PlacedProfile;
  /** Of a TxProfile: the session that it is for; null = it has not begun yet, or it is none. */
  readonly session: StationSession | null;
}

/** A driver may take that long to plug in after a remote start. */
const START_WINDOW_MS = 5 * 60_000;

/** What a station has in Europe; conversions between A and W need it. */
export const supplyDefault = { volts: 230, phases: 3 } as const;

/** Nobody knows what an EVSE may draw that no profile limits. */
export const limitUnknown = { A: null, W: null } as const;

/** The profiles that still count: a TxProfile is gone with its session. */
export function liveProfiles(
  held: readonly HeldProfile[],
  sessions: readonly StationSession[],
  now: number,
): LiveProfile[] {
  return held.flatMap((one): LiveProfile[] => {
    const placed = placedOf(one);
    const { purpose, transactionId } = placed.profile;
    if (purpose !== "TxProfile") return [{ held: one, placed, session: null }];
    const session = sessionOf(one, transactionId, sessions);
    if (session === null) {
      const isAwaited = one.start !== null && now < one.acceptedAt + START_WINDOW_MS;
      return isAwaited ? [{ held: one, placed, session }] : [];
    }
    const evseId = placed.evseId === 0 ? session.evseId ?? 0 : placed.evseId;
    const profile = { ...placed.profile, transactionId: session.transactionId };
    return [{ held: one, placed: { evseId, profile }, session }];
  });
}

function sessionOf(
  { start, evseId }: HeldProfile,
  transactionId: string | null,
  sessions: readonly StationSession[],
): StationSession | null {
  const isIts = (session: StationSession): boolean => {
    if (transactionId !== null) return session.transactionId === transactionId;
    // A 1.6 profile may name the connector alone.
    if (start === null) return session.evseId === evseId;
    return session.n > start.afterSession &&
      session.tokenUid?.toLowerCase() === start.tokenUid.toLowerCase() &&
      (start.evseId === null || session.evseId === start.evseId);
  };
  return sessions.find(isIts) ?? null;
}

/** What is asked of the profiles of a station. */
export interface StationQuestion {
  readonly items: readonly StationItem[];
  readonly sessions: readonly StationSession[];
  /** Its EVSEs, as far as they are known. */
  readonly evseIds: readonly number[];
  readonly now: number;
  readonly evseId: number;
  readonly fromAt: number;
  readonly durationS: number;
  readonly unit: RateUnit;
  /** Leaves out profiles of which this is true. */
  readonly except?: (profileId: number) => boolean;
}

/** The schedule that follows from what is believed, as if a vehicle charged on each EVSE. */
export function believedSchedule(question: StationQuestion): CompositeSchedule {
  return compositeSchedule(compositeQuestion(question));
}

function compositeQuestion(question: StationQuestion): CompositeQuestion {
  const { items, sessions, now, evseId, fromAt, durationS, unit } = question;
  const evseIds = new Set([...question.evseIds, ...(evseId === 0 ? [] : [evseId])]);
  return {
    profiles: believedProfiles(question, liveProfiles(heldProfiles(items), sessions, now)),
    evseId,
    evses: [...evseIds].map((id): EvseOccasion => {
      const session = sessions.find((open) => open.evseId === id);
      return {
        evseId: id,
        sessionStartAt: session?.startedAt ?? null,
        transactionId: session?.transactionId ?? null,
      };
    }),
    fromAt,
    durationS,
    unit,
    supply: supplyDefault,
    defaultLimit: limitUnknown,
    assumeTransaction: true,
  };
}

function believedProfiles(
  { items, except }: StationQuestion,
  live: readonly LiveProfile[],
): PlacedProfile[] {
  const ours = live.filter(({ placed, session, held }) =>
    (placed.profile.purpose !== "TxProfile" || session !== null) &&
    except?.(held.profileId) !== true
  );
  const others = reportedProfiles(items).map(placedOf)
    .filter(({ profile }) => profile.purpose === "ChargingStationExternalConstraints");
  const limits = chargingLimits(items).map(placedLimit).filter((limit) => limit !== null);
  return [...ours.map(({ placed }) => placed), ...others, ...limits];
}
