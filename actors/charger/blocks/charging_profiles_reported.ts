/** What a station tells of its profiles when it is asked, and of limits that others set. */
import { scheduleDifferences } from "#actors/domain/composite_difference.ts";
import { believedSchedule } from "#actors/domain/station_profiles.ts";
import {
  chargingScheduleOf,
  profileOf,
  type ProfilePurpose,
  toProfile2,
} from "#schemas/charging_profile.ts";
import {
  type ChargingLimit,
  chargingLimits,
  questionKey,
  type ReportedProfile,
  reportedProfiles,
} from "#schemas/charging_profile_items.ts";
import { isObject } from "#schemas/command.ts";
import { parseInstant } from "#schemas/instant.ts";
import type { StationItem } from "#schemas/station_items.ts";
import type { Turn } from "../turn.ts";
import type { Exchange, HeardNotice, SentCall } from "./block.ts";
import {
  evseIdsOf,
  legible,
  numberOrNull,
  purposeOrNull,
  sessionsOf,
  tell,
} from "./charging_profiles_belief.ts";

type Json = Readonly<Record<string, unknown>>;

/** What a GetChargingProfiles asked for; null or empty = any. */
interface ProfileQuestion {
  readonly requestId: number;
  readonly evseId: number | null;
  readonly profileIds: readonly number[];
  readonly purpose: ProfilePurpose | null;
  readonly stackLevel: number | null;
  readonly sources: readonly string[];
  readonly askedAt: number;
  /** Profiles of its reports so far. */
  readonly reported: readonly ReportedProfile[];
}

/** Of a station with more profiles than this the oldest reports are forgotten. */
const REPORTED_MAX = 500;
/** Reports that may be under way at once; of more the newest count. */
const QUESTIONS_MAX = 8;
const QUESTION_PREFIX = "question/";
/** Of one station: its EVSEs, by source. */
const LIMITS_MAX = 200;

export function noteQuestion(turn: Turn, { payload }: SentCall): void {
  const { requestId, evseId, chargingProfile } = payload;
  if (typeof requestId !== "number") return;
  const criteria = isObject(chargingProfile) ? chargingProfile : {};
  const question: ProfileQuestion = {
    requestId,
    evseId: numberOrNull(evseId),
    profileIds: numbersOf(criteria["chargingProfileId"]),
    purpose: purposeOrNull(criteria["chargingProfilePurpose"]),
    stackLevel: numberOrNull(criteria["stackLevel"]),
    sources: textsOf(criteria["chargingLimitSource"]),
    askedAt: turn.now,
    reported: [],
  };
  turn.keepItem("charging-profile", questionKey(requestId), { ...question });
}

function numbersOf(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "number") : [];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** There are none: what was reported earlier is gone. Otherwise the reports come. */
export function noteAnsweredQuestion(
  turn: Turn,
  { outcome, payload, response }: Exchange,
  items: readonly StationItem[],
): void {
  const requestId = payload["requestId"];
  forgetQuestions(turn, items);
  if (typeof requestId !== "number" || outcome === "silent") return;
  if (response["status"] === "Accepted") return;
  const question = questionOf(items, requestId);
  if (response["status"] === "NoProfiles" && question !== undefined) {
    replaceReported(turn, items, question);
  }
  turn.keepItem("charging-profile", questionKey(requestId), null);
}

/** Stations accept questions and never report: such a question is forgotten after some others. */
function forgetQuestions(turn: Turn, items: readonly StationItem[]): void {
  const questions = items.filter(({ block, key }) =>
    block === "charging-profile" && key.startsWith(QUESTION_PREFIX)
  );
  const newestFirst = questions.toSorted((one, other) => askedAt(other) - askedAt(one));
  for (const { key } of newestFirst.slice(QUESTIONS_MAX)) {
    turn.keepItem("charging-profile", key, null);
  }
}

function askedAt({ body }: StationItem): number {
  return numberOrNull(body["askedAt"]) ?? 0;
}

function questionOf(items: readonly StationItem[], requestId: number): ProfileQuestion | undefined {
  const item = items.find(({ block, key }) =>
    block === "charging-profile" && key === questionKey(requestId)
  );
  return item?.body as ProfileQuestion | undefined;
}

/** What was reported earlier and meets the question gives way to what its reports say now. */
function replaceReported(
  turn: Turn,
  items: readonly StationItem[],
  question: ProfileQuestion,
): void {
  const before = reportedProfiles(items);
  for (const known of before) {
    if (!isAsked(known, question)) continue;
    turn.keepItem("reported-profile", String(known.profileId), null);
  }
  keepReported(turn, question.reported, before.filter((known) => !isAsked(known, question)));
}

function keepReported(
  turn: Turn,
  reported: readonly ReportedProfile[],
  before: readonly ReportedProfile[],
): void {
  const ids = new Set(reported.map(({ profileId }) => profileId));
  const others = before.filter(({ profileId }) => !ids.has(profileId))
    .toSorted((one, other) => other.reportedAt - one.reportedAt);
  for (const { profileId } of others.slice(Math.max(0, REPORTED_MAX - ids.size))) {
    turn.keepItem("reported-profile", String(profileId), null);
  }
  for (const profile of reported) {
    turn.keepItem("reported-profile", String(profile.profileId), { ...profile });
  }
}

function isAsked(
  { profileId, evseId, source, chargingProfile }: ReportedProfile,
  question: ProfileQuestion,
): boolean {
  const { purpose, stackLevel } = profileOf(chargingProfile);
  const { profileIds, sources } = question;
  return (question.evseId === null || question.evseId === evseId) &&
    (profileIds.length === 0 || profileIds.includes(profileId)) &&
    (question.purpose === null || question.purpose === purpose) &&
    (question.stackLevel === null || question.stackLevel === stackLevel) &&
    (sources.length === 0 || sources.includes(source));
}

/** A report in parts counts when its last part has come; one that nobody asked for at once. */
export function noteReport(turn: Turn, notice: HeardNotice, items: readonly StationItem[]): Json {
  const { requestId, tbc } = notice.payload;
  const reported = reportedOf(turn, notice.payload);
  const question = typeof requestId === "number" ? questionOf(items, requestId) : undefined;
  if (question === undefined) {
    keepReported(turn, reported, reportedProfiles(items));
    return {};
  }
  const all = [...question.reported, ...reported].slice(0, REPORTED_MAX);
  const whole = { ...question, reported: all };
  if (tbc === true) {
    turn.keepItem("charging-profile", questionKey(question.requestId), whole);
    return {};
  }
  replaceReported(turn, items, whole);
  turn.keepItem("charging-profile", questionKey(question.requestId), null);
  tell(turn, "profiles.reported", { requestId: question.requestId, count: all.length });
  return {};
}

function reportedOf(turn: Turn, payload: Json): ReportedProfile[] {
  const { evseId, chargingLimitSource, chargingProfile } = payload;
  const profiles = Array.isArray(chargingProfile) ? chargingProfile.filter(isObject) : [];
  return profiles.flatMap((profile) => {
    // Everything that counts with it later would fail on one that cannot be read.
    const chargingProfile = legible(() => {
      const form2 = toProfile2(profile);
      profileOf(form2);
      return form2;
    });
    if (chargingProfile === undefined) return [];
    return [{
      profileId: numberOrNull(chargingProfile["id"]) ?? 0,
      evseId: numberOrNull(evseId) ?? 0,
      source: String(chargingLimitSource),
      chargingProfile,
      reportedAt: turn.now,
    }];
  });
}

/** Keeps the schedule that the station computed beside ours, and where they differ. */
export function noteComposite(
  turn: Turn,
  { response, payload, outcome }: Exchange,
  items: readonly StationItem[],
): void {
  if (outcome !== "answered" || response["status"] !== "Accepted") return;
  const schedule = isObject(response["schedule"]) ? response["schedule"] : undefined;
  const chargingSchedule = schedule ?? response["chargingSchedule"];
  if (!isObject(chargingSchedule)) return;
  const asked = payload["evseId"] ?? payload["connectorId"];
  const evseId = numberOrNull(asked) ?? numberOrNull(schedule?.["evseId"]) ?? 0;
  const read = legible(() => chargingScheduleOf(chargingSchedule));
  if (read === undefined) return;
  const { unit, durationS, periods, startAt } = read;
  const told = parseInstant(schedule?.["scheduleStart"] ?? response["scheduleStart"]);
  const from = told ?? startAt ?? turn.now;
  const duration = durationS ?? numberOrNull(payload["duration"]) ?? 0;
  const computed = believedSchedule({
    items,
    sessions: sessionsOf(turn),
    evseIds: evseIdsOf(turn),
    now: turn.now,
    evseId,
    fromAt: from,
    durationS: duration,
    unit,
  });
  const differences = scheduleDifferences(computed, { startAt: from, durationS, unit, periods });
  const answered = { startAt: from, durationS: duration, unit, periods };
  turn.keepItem("composite-schedule", `${evseId}/${unit}`, {
    evseId,
    answeredAt: turn.now,
    answered,
    computed,
    differences,
  });
  tell(turn, "composite.answered", { evseId, unit, differences: differences.length });
}

/** OCPP 2.0.1 Part 2, K11 and K12. */
export function noteLimit(
  turn: Turn,
  { payload }: HeardNotice,
  items: readonly StationItem[],
): Json {
  const { evseId, chargingLimit, chargingSchedule } = payload;
  const told = isObject(chargingLimit) ? chargingLimit : {};
  const limit: ChargingLimit = {
    evseId: numberOrNull(evseId) ?? 0,
    source: String(told["chargingLimitSource"]),
    isGridCritical: typeof told["isGridCritical"] === "boolean" ? told["isGridCritical"] : null,
    schedules: legible(() => legibleSchedules(chargingSchedule)) ?? [],
    notifiedAt: turn.now,
  };
  forgetLimits(turn, items);
  turn.keepItem("charging-limit", limitKey(limit), { ...limit });
  tell(turn, "limit.updated", { evseId: limit.evseId, source: limit.source });
  return {};
}

/** Of limits for more EVSEs than there can be the oldest are forgotten. */
function forgetLimits(turn: Turn, items: readonly StationItem[]): void {
  const oldest = chargingLimits(items).toSorted((one, other) => other.notifiedAt - one.notifiedAt)
    .slice(LIMITS_MAX - 1);
  for (const limit of oldest) turn.keepItem("charging-limit", limitKey(limit), null);
}

/** @throws when one of them cannot be read. */
function legibleSchedules(chargingSchedule: unknown): readonly Json[] {
  const schedules = Array.isArray(chargingSchedule) ? chargingSchedule.filter(isObject) : [];
  for (const schedule of schedules) chargingScheduleOf(schedule);
  return schedules;
}

/** OCPP 2.0.1 Part 2, K13. */
export function noteClearedLimit(turn: Turn, { payload }: HeardNotice): Json {
  const evseId = numberOrNull(payload["evseId"]) ?? 0;
  const source = String(payload["chargingLimitSource"]);
  turn.keepItem("charging-limit", limitKey({ evseId, source }), null);
  tell(turn, "limit.cleared", { evseId, source });
  return {};
}

function limitKey({ evseId, source }: Pick<ChargingLimit, "evseId" | "source">): string {
  return `${evseId}/${source}`;
}
