import { type ClearCriteria, meets, withProfile } from "#actors/domain/charging_profile.ts";
import { type CompositeSchedule, compositeSchedule } from "#actors/domain/composite_schedule.ts";
import type { RateUnit } from "#schemas/charging_profile.ts";
import { profileOf, toProfile2 } from "#schemas/charging_profile.ts";
import { checkProfile, collides, type PlacedProfile } from "#schemas/charging_profile_rules.ts";
import { Part } from "../block.ts";
import type { Payload } from "../dialect.ts";
import type { Outlet, PowerLimit } from "../outlet.ts";
import type { Station } from "../station.ts";
import type { Transaction } from "../transaction.ts";
import { isOn, setting } from "./settings.ts";

/** A profile as it came, and what it means. */
export interface HeldProfile {
  readonly placed: PlacedProfile;
  /** In 2.x words. */
  readonly json: Payload;
  /** It came with a remote start and is for the transaction that begins there. */
  readonly isAwaiting: boolean;
}

export interface ProfileAnswer {
  readonly status: "Accepted" | "Rejected";
  readonly reasonCode?: string;
}

/** How a limit in A becomes one in W. */
const supply = { volts: 230, phases: 3 } as const;

/** OCPP 1.6J, 3.13; OCPP 2.0.1 Part 2, K. */
class ChargingProfiles {
  readonly #station: Station;
  #held: readonly HeldProfile[] = [];

  constructor(station: Station) {
    this.#station = station;
  }

  get all(): readonly HeldProfile[] {
    return this.#held;
  }

  /** @throws {PlatformError} when it cannot be read. */
  set(evseId: number, given: Payload, isAwaiting = false): ProfileAnswer {
    if (!isOn(this.#station, "SmartChargingEnabled")) return refused("UnsupportedRequest");
    const json = toProfile2(given);
    const outlets = this.#station.charger.outlets;
    if (evseId !== 0 && outlets[evseId - 1] === undefined) return refused("InvalidValue");
    const placed = { evseId, profile: profileOf(json) };
    const fault = this.#faultOf(placed, isAwaiting);
    if (fault !== undefined) return refused(fault);
    const placedProfiles = withProfile(this.#held.map((one) => one.placed), placed);
    const max = Number(setting(this.#station, "MaxChargingProfilesInstalled"));
    if (placedProfiles.length > max) return refused("TooManyElements");
    this.#held = [
      ...this.#held.filter((one) => placedProfiles.includes(one.placed)),
      { placed, json, isAwaiting },
    ];
    this.#station.afterwards(() => this.#station.charger.followLimits());
    return { status: "Accepted" };
  }

  clear(criteria: ClearCriteria): boolean {
    const left = this.#held.filter(({ placed }) => !meets(placed, criteria));
    const isAny = left.length < this.#held.length;
    this.#held = left;
    if (isAny) this.#station.afterwards(() => this.#station.charger.followLimits());
    return isAny;
  }

  /** As if a vehicle charged on each EVSE (K08). */
  composite(
    evseId: number,
    fromAt: number,
    span: { readonly durationS: number; readonly unit: RateUnit },
  ): CompositeSchedule {
    const profiles = this.#held.filter((one) => !one.isAwaiting).map((one) => one.placed);
    return this.#schedule(profiles, evseId, { ...span, fromAt });
  }

  #schedule(
    profiles: readonly PlacedProfile[],
    evseId: number,
    span: { readonly fromAt: number; readonly durationS: number; readonly unit: RateUnit },
  ): CompositeSchedule {
    const powerW = this.#station.charger.outlets[0]?.fullW ?? 0;
    return compositeSchedule({
      profiles,
      evseId,
      evses: this.#station.charger.outlets.map((outlet) => ({
        evseId: outlet.evseId,
        sessionStartAt: outlet.transaction?.startedAt ?? null,
        transactionId: outlet.transaction?.wireId ?? null,
      })),
      ...span,
      supply,
      defaultLimit: {
        W: powerW * 1_000,
        A: Math.round(powerW * 1_000 / supply.volts / supply.phases),
      },
      assumeTransaction: true,
    });
  }

  /** What an outlet may give between two instants: its own limit, and its share of the whole. */
  limits(outlet: Outlet, from: number, to: number): readonly PowerLimit[] {
    const span = { durationS: Math.ceil((to - from) / 1_000) + 1, unit: "W" } as const;
    const own = this.composite(outlet.evseId, from, span);
    const ofAll = this.#held.map((one) => one.placed)
      .filter(({ profile }) => profile.purpose === "ChargingStationMaxProfile");
    const whole = this.#schedule(ofAll, 0, { ...span, fromAt: from });
    const sharers = this.#station.charger.outlets.filter((one) => one.transaction !== undefined);
    const starts = [...own.periods, ...whole.periods].map(({ startS }) => startS);
    return [...new Set(starts)].toSorted((one, other) => one - other).map((startS) => ({
      fromAt: own.startAt + startS * 1_000,
      limitW: Math.min(
        outlet.fullW,
        limitAt(own, startS),
        limitAt(whole, startS) / Math.max(1, sharers.length),
      ),
    }));
  }

  /** A profile of a remote start has found its transaction. */
  began({ evseId, wireId, remoteStartId }: Transaction): void {
    if (remoteStartId === undefined && !this.#station.is16) return;
    this.#held = this.#held.map((one) => {
      if (!one.isAwaiting || one.placed.evseId !== evseId) return one;
      const profile = { ...one.placed.profile, transactionId: wireId ?? null };
      const named = wireId === undefined ? {} : { transactionId: wireId };
      return { placed: { evseId, profile }, json: { ...one.json, ...named }, isAwaiting: false };
    });
  }

  /** K01.FR.10: profiles of a transaction go with it. */
  ended({ evseId, wireId }: Transaction): void {
    this.#held = this.#held.filter(({ placed: { profile, evseId: place } }) =>
      profile.purpose !== "TxProfile" ||
      !(profile.transactionId === null ? place === evseId : profile.transactionId === wireId)
    );
  }

  #faultOf(placed: PlacedProfile, isAwaiting: boolean): string | undefined {
    const { profile, evseId } = placed;
    const max = (name: string): number => Number(setting(this.#station, name));
    if (profile.stackLevel > max("ChargeProfileMaxStackLevel")) return "InvalidStackLevel";
    const periods = max("ChargingScheduleMaxPeriods");
    if (profile.schedules.some((schedule) => schedule.periods.length > periods)) {
      return "InvalidSchedule";
    }
    try {
      const version = this.#station.is16 ? "1.6" : "2.x";
      checkProfile(profile, { version, evseId, startsTransaction: isAwaiting });
    } catch {
      return "InvalidProfile";
    }
    if (profile.purpose === "TxProfile" && !isAwaiting && !this.#hasTransaction(placed)) {
      return "TxNotFound";
    }
    const others = this.#held.map((one) => one.placed);
    const isDouble = !this.#station.is16 && others.some((other) => collides(placed, other));
    return isDouble ? "DuplicateProfile" : undefined;
  }

  #hasTransaction({ evseId, profile }: PlacedProfile): boolean {
    const transaction = this.#station.charger.outlet(evseId)?.transaction;
    if (transaction === undefined) return false;
    return profile.transactionId === null || transaction.wireId === profile.transactionId;
  }
}

function refused(reasonCode: string): ProfileAnswer {
  return { status: "Rejected", reasonCode };
}

/** In W. */
function limitAt(schedule: CompositeSchedule, startS: number): number {
  const period = schedule.periods.findLast((one) => one.startS <= startS);
  const limit = period?.limit ?? null;
  if (limit === null) return Infinity;
  return (limit.l1 + (limit.l2 ?? 0) + (limit.l3 ?? 0)) / 1_000;
}

export const chargingProfiles = new Part((station) => new ChargingProfiles(station));
