/** A station's charging profiles as REST shows them: believed, asked for, confirmed, computed. */
import type { ScheduleDifference } from "#actors/domain/composite_difference.ts";
import type { CompositePeriod, CompositeSchedule } from "#actors/domain/composite_schedule.ts";
import { believedSchedule, liveProfiles } from "#actors/domain/station_profiles.ts";
import {
  profileOf,
  type RateUnit,
  type SchedulePeriod,
  toProfile2,
} from "#schemas/charging_profile.ts";
import {
  type AskedProfile,
  askedProfiles,
  chargingLimits,
  heldProfiles,
  reportedProfiles,
} from "#schemas/charging_profile_items.ts";
import { stationKey } from "#schemas/address.ts";
import { isObject } from "#schemas/command.ts";
import { formatInstant } from "#schemas/instant.ts";
import type { StationProfile, StationProfiles } from "#schemas/rest/charging_profile.ts";
import type { ProfileCommand, StationProfileFacts } from "./queries/charging_profile_rows.ts";

type Json = Readonly<Record<string, unknown>>;

/** What a reader wants to know. */
export interface ProfilesQuestion {
  readonly stationId: string;
  readonly unit: RateUnit;
  readonly durationSeconds: number;
  readonly now: number;
}

export function shownProfiles(
  facts: StationProfileFacts,
  question: ProfilesQuestion,
): StationProfiles {
  const { stationId, now } = question;
  const believed = believedOf(facts, stationId, now);
  const { items } = facts;
  return {
    items: [...askedOf(facts, stationId), ...believed],
    nextCursor: null,
    believed,
    confirmed: reportedProfiles(items).map(({ profileId, reportedAt, ...reported }) => ({
      id: profileId,
      ...reported,
      reportedAt: formatInstant(reportedAt),
    })),
    limits: chargingLimits(items).map(({ schedules, notifiedAt, ...limit }) => ({
      ...limit,
      chargingSchedules: [...schedules],
      notifiedAt: formatInstant(notifiedAt),
    })),
    composite: compositesOf(facts, question),
    answered: answeredOf(facts),
  };
}

/** The newest that was asked for under this number, or what is believed. */
export function shownProfile(
  facts: StationProfileFacts,
  { stationId, profileId, now }: {
    readonly stationId: string;
    readonly profileId: number;
    readonly now: number;
  },
): StationProfile | undefined {
  return [...askedOf(facts, stationId), ...believedOf(facts, stationId, now)]
    .find(({ id }) => id === profileId);
}

function believedOf(
  { items, sessions }: StationProfileFacts,
  stationId: string,
  now: number,
): StationProfile[] {
  return liveProfiles(heldProfiles(items), sessions, now).map(({ held, placed, session }) => ({
    id: held.profileId,
    stationId,
    evseId: placed.evseId,
    chargingProfile: held.chargingProfile,
    state: "accepted",
    reason: null,
    sessionId: session === null ? null : `${stationKey(stationId)}~${session.n}`,
    commandId: held.commandId,
    setAt: formatInstant(held.acceptedAt),
  }));
}

/** What the station has not accepted: as its items tell, and what waits for it. */
function askedOf(facts: StationProfileFacts, stationId: string): StationProfile[] {
  const { items, commands } = facts;
  const asked = askedProfiles(items);
  const known = new Set([...asked, ...heldProfiles(items)].map(({ commandId }) => commandId));
  const waiting = commands.filter(({ id }) => !known.has(id)).flatMap(waitingOf);
  const newest = new Map<number, AskedProfile>();
  for (const one of [...asked.map((told) => settled(told, commands)), ...waiting]) {
    const other = newest.get(one.profileId);
    if (other === undefined || other.askedAt < one.askedAt) newest.set(one.profileId, one);
  }
  const held = new Map(heldProfiles(items).map((one) => [one.profileId, one.acceptedAt]));
  return [...newest.values()]
    .filter(({ profileId, askedAt }) => askedAt >= (held.get(profileId) ?? 0))
    .map(({ profileId, evseId, chargingProfile, state, reason, commandId, askedAt }) => ({
      id: profileId,
      stationId,
      evseId,
      chargingProfile,
      state,
      reason,
      sessionId: null,
      commandId,
      setAt: formatInstant(askedAt),
    }));
}

/** The line was lost before the answer: then only the command knows. */
function settled(asked: AskedProfile, commands: readonly ProfileCommand[]): AskedProfile {
  if (asked.state !== "pending") return asked;
  const status = commands.find(({ id }) => id === asked.commandId)?.status;
  return status === "unknown" || status === "timedOut" ? { ...asked, state: "unknown" } : asked;
}

/** A command that has not left: its station is away, or did not come back in time. */
function waitingOf({ id, kind, status, request, createdMs }: ProfileCommand): AskedProfile[] {
  const { evseId, chargingProfile } = request;
  if (kind !== "set-charging-profile" || !isObject(chargingProfile)) return [];
  if (status !== "queued" && status !== "expired" && status !== "failed") return [];
  const profile = toProfile2(chargingProfile);
  return [{
    profileId: profileOf(profile).id,
    evseId: Number(evseId),
    chargingProfile: profile,
    commandId: id,
    isOwn: false,
    askedAt: createdMs,
    state: status === "queued" ? "pending" : "rejected",
    reason: status === "queued" ? null : status,
  }];
}

function compositesOf(
  { items, sessions, evseIds }: StationProfileFacts,
  { unit, durationSeconds, now }: ProfilesQuestion,
): StationProfiles["composite"] {
  const named = heldProfiles(items).map(({ evseId }) => evseId);
  const all = [...new Set([...evseIds, ...named])].filter((evseId) => evseId > 0).toSorted();
  return [0, ...all].map((evseId) => {
    const schedule = believedSchedule({
      items,
      sessions,
      evseIds: all,
      now,
      evseId,
      fromAt: now,
      durationS: durationSeconds,
      unit,
    });
    return {
      evseId,
      startAt: formatInstant(schedule.startAt),
      durationSeconds: schedule.durationS,
      unit,
      periods: shownPeriods(schedule.periods),
    };
  });
}

/** As the charger actor keeps it. */
interface KeptAnswer {
  readonly evseId: number;
  readonly answeredAt: number;
  readonly answered: {
    readonly startAt: number;
    readonly durationS: number;
    readonly unit: RateUnit;
    readonly periods: readonly SchedulePeriod[];
  };
  readonly computed: CompositeSchedule;
  readonly differences: readonly ScheduleDifference[];
}

function answeredOf({ items }: StationProfileFacts): StationProfiles["answered"] {
  return items.filter(({ block }) => block === "composite-schedule").map(({ body }) => {
    const { evseId, answeredAt, answered, computed, differences } = keptAnswer(body);
    return {
      evseId,
      startAt: formatInstant(answered.startAt),
      durationSeconds: answered.durationS,
      unit: answered.unit,
      periods: shownPeriods(answered.periods),
      answeredAt: formatInstant(answeredAt),
      computed: shownPeriods(computed.periods),
      differences: differences.map(({ startS, endS, ours, theirs }) => ({
        startPeriod: startS,
        endPeriod: endS,
        computed: ours / 1_000,
        answered: theirs === null ? null : theirs / 1_000,
      })),
    };
  });
}

function keptAnswer(body: Json): KeptAnswer {
  const kept: unknown = body;
  return kept as KeptAnswer;
}

function shownPeriods(
  periods: readonly Pick<CompositePeriod, "startS" | "limit" | "numberPhases">[],
): StationProfiles["composite"][number]["periods"] {
  return periods.map(({ startS, limit, numberPhases }) => ({
    startPeriod: startS,
    limit: limit === null ? null : limit.l1 / 1_000,
    numberPhases,
  }));
}
