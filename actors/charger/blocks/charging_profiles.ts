/**
 * Functional block K: what a station holds of charging profiles, by what it accepted, and what
 * follows for vehicles that say what they need.
 */
import { meets } from "#actors/domain/charging_profile.ts";
import { profileOf, toProfile2 } from "#schemas/charging_profile.ts";
import {
  askedKey,
  type AskedProfile,
  askedProfiles,
  type AskedState,
  heldKey,
  type HeldProfile,
  heldProfiles,
  type StartedWith,
} from "#schemas/charging_profile_items.ts";
import { isObject } from "#schemas/command.ts";
import type { StationItem } from "#schemas/station_items.ts";
import type { Turn } from "../turn.ts";
import { defineBlock, type Exchange, type SentCall } from "./block.ts";
import {
  clearCriteriaOf,
  dropReported,
  forgetGone,
  holdProfile,
  tell,
} from "./charging_profiles_belief.ts";
import {
  noteAnsweredQuestion,
  noteClearedLimit,
  noteComposite,
  noteLimit,
  noteQuestion,
  noteReport,
} from "./charging_profiles_reported.ts";
import { answerNeeds, checkVehicleSchedule } from "./charging_profiles_needs.ts";

type Json = Readonly<Record<string, unknown>>;

/** Profiles that were asked for and are not held. */
const ASKED_MAX = 100;

/** A profile as a CALL carries it, and for where. */
interface CarriedProfile {
  readonly evseId: number;
  /** In the words of 2.x. */
  readonly chargingProfile: Json;
  readonly profileId: number;
  readonly start: StartedWith | null;
}

export const chargingProfiles = defineBlock({
  name: "charging-profiles",
  calls: {
    SetChargingProfile: {
      reads: ["charging-profile"],
      sent: noteAsked,
      ended: noteAnswered,
    },
    RequestStartTransaction: { reads: ["charging-profile"], ended: noteStart },
    RemoteStartTransaction: { reads: ["charging-profile"], ended: noteStart },
    ClearChargingProfile: {
      reads: ["charging-profile", "reported-profile"],
      ended: noteCleared,
    },
    GetChargingProfiles: {
      reads: ["charging-profile", "reported-profile"],
      sent: noteQuestion,
      ended: noteAnsweredQuestion,
    },
    GetCompositeSchedule: {
      reads: ["charging-profile", "reported-profile", "charging-limit"],
      ended: noteComposite,
    },
  },
  notices: {
    ReportChargingProfiles: {
      reads: ["charging-profile", "reported-profile"],
      heard: noteReport,
    },
    NotifyChargingLimit: { reads: ["charging-limit"], heard: noteLimit },
    ClearedChargingLimit: { heard: noteClearedLimit },
    NotifyEVChargingNeeds: {
      reads: ["charging-profile", "reported-profile", "charging-limit"],
      heard: answerNeeds,
    },
    NotifyEVChargingSchedule: {
      reads: ["charging-profile", "reported-profile", "charging-limit"],
      heard: checkVehicleSchedule,
    },
  },
});

/** The profile of a SetChargingProfile; undefined when a raw call has none that can be read. */
function carriedBySet(payload: Json): CarriedProfile | undefined {
  const evseId = payload["evseId"] ?? payload["connectorId"];
  return carried(payload["chargingProfile"] ?? payload["csChargingProfiles"], {
    evseId: typeof evseId === "number" ? evseId : 0,
    start: null,
  });
}

/** The profile inside a remote start. */
function carriedByStart(turn: Turn, payload: Json): CarriedProfile | undefined {
  const evseId = payload["evseId"] ?? payload["connectorId"];
  const evse = typeof evseId === "number" ? evseId : null;
  const { idTag, idToken } = payload;
  const uid = isObject(idToken) ? idToken["idToken"] : idTag;
  const { sessions: afterSession } = turn.context.counts;
  return carried(payload["chargingProfile"], {
    evseId: evse ?? 0,
    start: { tokenUid: String(uid), evseId: evse, afterSession },
  });
}

function carried(
  json: unknown,
  place: Pick<CarriedProfile, "evseId" | "start">,
): CarriedProfile | undefined {
  if (!isObject(json)) return undefined;
  try {
    const chargingProfile = toProfile2(json);
    return { ...place, chargingProfile, profileId: profileOf(chargingProfile).id };
  } catch {
    // What a raw call carries need not be a profile: the station says what it thinks of it.
    return undefined;
  }
}

function noteAsked(turn: Turn, call: SentCall): void {
  const profile = carriedBySet(call.payload);
  if (profile !== undefined) keepAsked(turn, call, { profile, state: "pending", reason: null });
}

function keepAsked(
  turn: Turn,
  { commandId, isOwn }: SentCall,
  { profile, state, reason }: {
    readonly profile: CarriedProfile;
    readonly state: AskedState;
    readonly reason: string | null;
  },
): void {
  const { profileId, evseId, chargingProfile } = profile;
  const asked: AskedProfile = {
    profileId,
    evseId,
    chargingProfile,
    commandId,
    isOwn,
    askedAt: turn.now,
    state,
    reason,
  };
  turn.keepItem("charging-profile", askedKey(profileId), { ...asked });
  tell(turn, "profile.updated", { profileId, evseId, state });
}

/** What was refused, or never answered, is history: the newest of it is kept. */
function forgetAsked(turn: Turn, items: readonly StationItem[]): void {
  const newestFirst = askedProfiles(items).toSorted((one, other) => other.askedAt - one.askedAt);
  for (const { profileId } of newestFirst.slice(ASKED_MAX)) {
    turn.keepItem("charging-profile", askedKey(profileId), null);
  }
}

function noteAnswered(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  forgetAsked(turn, items);
  const profile = carriedBySet(exchange.payload);
  if (profile === undefined) return;
  if (exchange.outcome === "silent") {
    keepAsked(turn, exchange, { profile, state: "unknown", reason: null });
  } else if (isAccepted(exchange)) hold(turn, exchange, { profile, items });
  else keepAsked(turn, exchange, { profile, state: "rejected", reason: reasonOf(exchange) });
}

/** A remote start may carry a TxProfile: it is for the session that follows. */
function noteStart(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const profile = carriedByStart(turn, exchange.payload);
  if (profile !== undefined && isAccepted(exchange)) hold(turn, exchange, { profile, items });
}

function hold(
  turn: Turn,
  { commandId }: Exchange,
  { profile, items }: { readonly profile: CarriedProfile; readonly items: readonly StationItem[] },
): void {
  const held: HeldProfile = { ...profile, commandId, acceptedAt: turn.now };
  const left = forgetGone(turn, heldProfiles(items));
  holdProfile(turn, held, left);
  turn.keepItem("charging-profile", askedKey(profile.profileId), null);
  const { profileId, evseId } = profile;
  tell(turn, "profile.updated", { profileId, evseId, state: "accepted" });
}

/** `Unknown` says the same: whatever we believed, the station has none such. */
function noteCleared(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const isNone = exchange.response["status"] === "Unknown";
  if (!isAccepted(exchange) && !isNone) return;
  const criteria = clearCriteriaOf(exchange.payload);
  const held = forgetGone(turn, heldProfiles(items));
  for (const one of held) {
    const { profileId, evseId, chargingProfile } = one;
    if (!meets({ evseId, profile: profileOf(chargingProfile) }, criteria)) continue;
    turn.keepItem("charging-profile", heldKey(profileId), null);
    tell(turn, "profile.updated", { profileId, evseId, state: "cleared" });
  }
  for (const { profileId, evseId, chargingProfile, state } of askedProfiles(items)) {
    const isOver = state !== "pending" && criteria.profileId === profileId;
    if (isOver && meets({ evseId, profile: profileOf(chargingProfile) }, criteria)) {
      turn.keepItem("charging-profile", askedKey(profileId), null);
    }
  }
  dropReported(turn, items, criteria);
}

function isAccepted({ outcome, response }: Exchange): boolean {
  return outcome === "answered" && response["status"] === "Accepted";
}

function reasonOf({ outcome, errorCode, response }: Exchange): string | null {
  if (outcome === "failed") return errorCode;
  const { status, statusInfo } = response;
  const reason = isObject(statusInfo) ? statusInfo["reasonCode"] : undefined;
  if (typeof status !== "string") return null;
  return typeof reason === "string" ? `${status} (${reason})` : status;
}
