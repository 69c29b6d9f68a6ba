/**
 * Vehicles that say what they need and what they will do (OCPP 2.0.1 Part 2, K15 to K17): answered
 * at once, and the profile follows within the same commit.
 */
import {
  demandOf,
  needsProfile,
  staySeconds,
  type VehicleDemand,
} from "#actors/domain/charging_needs.ts";
import { isAbove } from "#actors/domain/composite_difference.ts";
import type { CompositeSchedule } from "#actors/domain/composite_schedule.ts";
import { believedSchedule, liveProfiles } from "#actors/domain/station_profiles.ts";
import { type ChargingSchedule, chargingScheduleOf } from "#schemas/charging_profile.ts";
import {
  heldProfiles,
  needsKey,
  OWN_PROFILE_ID,
  type VehicleNeeds,
  vehicleNeeds,
} from "#schemas/charging_profile_items.ts";
import { isObject } from "#schemas/command.ts";
import { parseInstant } from "#schemas/instant.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { orderCommand } from "../commands.ts";
import type { OpenSession } from "../context.ts";
import type { Turn } from "../turn.ts";
import type { HeardNotice } from "./block.ts";
import { evseIdsOf, legible, numberOrNull, sessionsOf } from "./charging_profiles_belief.ts";

type Json = Readonly<Record<string, unknown>>;

/** The answer to NotifyEVChargingNeeds: Accepted promises a profile, which leaves with it. */
export function answerNeeds(
  turn: Turn,
  { payload }: HeardNotice,
  items: readonly StationItem[],
): Json {
  const evseId = numberOrNull(payload["evseId"]) ?? 0;
  const session = sessionOn(turn, evseId);
  const chargingNeeds = isObject(payload["chargingNeeds"]) ? payload["chargingNeeds"] : {};
  const demand = demandOf(chargingNeeds);
  // Without a transaction or an amount there is nothing to set a profile for.
  if (session === undefined || demand === null) return { status: "Rejected" };
  const needs: VehicleNeeds = {
    evseId,
    chargingNeeds,
    scheduleTuplesMax: numberOrNull(payload["maxScheduleTuples"]),
    transactionId: session.transactionId,
    toldAt: turn.now,
  };
  turn.keepItem("charging-profile", needsKey(evseId), { ...needs });
  const isSent = sendNeedsProfile(turn, items, { needs, demand });
  return { status: isSent ? "Accepted" : "Rejected" };
}

/** Accepted while it stays within what is believed; otherwise the vehicle gets its profile anew. */
export function checkVehicleSchedule(
  turn: Turn,
  { payload }: HeardNotice,
  items: readonly StationItem[],
): Json {
  const evseId = numberOrNull(payload["evseId"]) ?? 0;
  const planned = legible(() => chargingScheduleOf(payload["chargingSchedule"]));
  if (planned === undefined) return { status: "Rejected" };
  const startAt = planned.startAt ?? parseInstant(payload["timeBase"]) ?? turn.now;
  const limits = limitsOf(turn, items, {
    evseId,
    fromAt: startAt,
    durationS: planned.durationS ?? lengthOf(planned),
    unit: planned.unit,
  });
  if (isWithin(planned, limits)) return { status: "Accepted" };
  const needs = vehicleNeeds(items).find((told) => told.evseId === evseId);
  const isCurrent = needs?.transactionId === sessionOn(turn, evseId)?.transactionId;
  const demand = needs === undefined ? null : demandOf(needs.chargingNeeds);
  if (needs !== undefined && isCurrent && demand !== null) {
    sendNeedsProfile(turn, items, { needs, demand });
  }
  return { status: "Rejected" };
}

function sessionOn({ context }: Turn, evseId: number): OpenSession | undefined {
  return context.open.findLast((session) => session.evseId === evseId);
}

/** Of a schedule without an end: as far as its periods say something. */
function lengthOf({ periods }: ChargingSchedule): number {
  return (periods.at(-1)?.startS ?? 0) + 1;
}

/** A vehicle may plan less than it is allowed at any time, never more. */
function isWithin(planned: ChargingSchedule, limits: CompositeSchedule): boolean {
  const starts = [...planned.periods, ...limits.periods].map(({ startS }) => startS);
  return starts.every((startS) => {
    const allowed = limits.periods.findLast((period) => period.startS <= startS)?.limit?.l1;
    const plan = planned.periods.findLast((period) => period.startS <= startS)?.limit?.l1;
    return allowed === undefined || plan === undefined || !isAbove(allowed, plan);
  });
}

interface LimitsQuestion extends Pick<CompositeSchedule, "evseId" | "durationS" | "unit"> {
  readonly fromAt: number;
  readonly except?: (profileId: number) => boolean;
}

function limitsOf(
  turn: Turn,
  items: readonly StationItem[],
  question: LimitsQuestion,
): CompositeSchedule {
  return believedSchedule({
    ...question,
    items,
    sessions: sessionsOf(turn),
    evseIds: evseIdsOf(turn),
    now: turn.now,
  });
}

/** Sets the TxProfile for the needs; false when it cannot be sent now. */
function sendNeedsProfile(
  turn: Turn,
  items: readonly StationItem[],
  { needs, demand }: { readonly needs: VehicleNeeds; readonly demand: VehicleDemand },
): boolean {
  const { evseId, transactionId, scheduleTuplesMax } = needs;
  const profileId = OWN_PROFILE_ID + evseId;
  const limits = limitsOf(turn, items, {
    evseId,
    fromAt: turn.now,
    durationS: staySeconds(demand, turn.now),
    unit: demand.unit,
    // It replaces itself.
    except: (id) => id === profileId,
  });
  const chargingProfile = needsProfile(demand, limits, {
    profileId,
    stackLevel: freeStackLevel(turn, items, { transactionId, profileId }),
    transactionId,
    tuplesMax: scheduleTuplesMax,
  });
  return orderCommand(turn, { kind: "set-charging-profile", body: { evseId, chargingProfile } });
}

/** Above the profiles of others for this transaction: within their limits it is anyway. */
function freeStackLevel(
  turn: Turn,
  items: readonly StationItem[],
  { transactionId, profileId }: { readonly transactionId: string; readonly profileId: number },
): number {
  const levels = liveProfiles(heldProfiles(items), sessionsOf(turn), turn.now)
    .filter(({ held, session }) =>
      held.profileId !== profileId && session?.transactionId === transactionId
    )
    .map(({ placed }) => placed.profile.stackLevel);
  return Math.max(-1, ...levels) + 1;
}
