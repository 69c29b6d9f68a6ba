/** The steps of `register.ts`: what one reading does to what is known. */
import type { Intervals } from "./meter_intervals.ts";
import type { PowerOverTime } from "./meter_power.ts";
import type { Reading } from "./meter_readings.ts";

export const meterFlags = [
  /** There was no start reading: the first one counts as such. */
  "inferredStart",
  /** The start reading was 0 in place of an unknown one: the first one counts instead. */
  "placeholderStart",
  /** The end came without a reading: the last one counts as such. */
  "inferredStop",
  /** The final reading was 0 in place of an unknown one: the last one counts instead. */
  "placeholderStop",
  /** The final reading lies below one before it. */
  "stopBelowReadings",
  /** A reading lay below one before it (rule T8). */
  "wentBack",
  /** A reading lay above what the station can deliver in that time (rule M6). */
  "implausibleJump",
  /** More than can have been delivered by the station's clock, no more than a car takes. */
  "tooFast",
  /** The readings go on from another level: another meter, or one that began again (rule T8). */
  "meterSwap",
  /** Kilowatt-hours were sent as watt-hours (rule M6). */
  "kWhAsWh",
] as const;
export type MeterFlag = typeof meterFlags[number];

/** A reading and its time. */
export type Point = Pick<Reading, "wh" | "at">;

export interface MeterRegister {
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** From which energy counts: the station's own, or the inferred one. */
  readonly meterStartWh: number | null;
  readonly startSource: "station" | "begin" | "inferred" | null;
  /** The final reading: 1.6's meterStop, 2.x's Transaction.End. */
  readonly stop: Point | null;
  /** The final reading was credible: later samples change nothing. */
  readonly isFinal: boolean;
  /** Energy of meters before a swap. */
  readonly settledWh: number;
  /** The first and the last credible reading of the present meter. */
  readonly firstWh: number;
  readonly firstAt: number;
  readonly lastWh: number;
  readonly lastAt: number;
  /** Whether the register said anything after its start. */
  readonly isRead: boolean;
  /** Which of several sources is followed (location, total or phases); null = none yet. */
  readonly rank: number | null;
  readonly doubt: Point | null;
  readonly intervals: Intervals;
  readonly power: PowerOverTime;
  readonly flags: readonly MeterFlag[];
}

export interface MeterLimits {
  /** The most that this connector can deliver. */
  readonly maxPowerW: number;
  /**
   * How long the session has been open by our own clock: a final reading is judged by that time
   * where a station's clock was set back in between.
   */
  readonly openMs?: number;
}

/** No connector in public use delivers more than 400 kW; a megawatt one needs its own limit. */
export const meterLimitsDefault: MeterLimits = { maxPowerW: 400_000 };

/** Registers of whole kilowatt-hours and clocks of whole seconds make jumps that mean nothing. */
const RESOLUTION_WH = 1_000;
/**
 * A final reading that is wrong by the clock is shown up to this: clocks are set back and forth in
 * mid-session, while nothing below a car's battery tells a lifetime register.
 */
const CAR_WH = 100_000;
/** The limit is a rating, not a fuse. */
const MARGIN = 1.1;
/** Stations that report Wh here and kWh with one decimal there step back by up to this. */
const ROUNDING_WH = 100;

/**
 * Totals beat sums of phases (rule M3) and the outlet beats other places: a better source takes
 * over, a lesser one is left alone (null).
 */
export function follow(register: MeterRegister, reading: Reading): MeterRegister | null {
  const { rank } = register;
  if (rank === reading.rank) return register;
  if (rank !== null && reading.rank < rank) return null;
  const followed = { ...register, rank: reading.rank };
  const isStationsOwn = register.startSource === "station" || register.startSource === null;
  // What the station itself gave as start is the best source's; an inferred start was the lesser
  // one's.
  if (rank === null || register.isFinal || isStationsOwn) return followed;
  return {
    ...followed,
    settledWh: settledTo(register),
    firstWh: reading.wh,
    lastWh: reading.wh,
    lastAt: reading.at,
    doubt: null,
  };
}

export function startAt(
  register: MeterRegister,
  { wh, at }: Reading,
  startSource: "begin" | "inferred",
): MeterRegister {
  const point = { firstWh: wh, firstAt: at, lastWh: wh, lastAt: at };
  return { ...register, meterStartWh: wh, startSource, ...point };
}

/**
 * Transaction.Begin beats a periodic start and a 0 in its place (rule M4), not the station's
 * meterStart.
 */
export function begin(
  register: MeterRegister,
  reading: Reading,
  limits: MeterLimits,
): MeterRegister {
  if (register.meterStartWh === null) return startAt(register, reading, "begin");
  if (register.startSource === "inferred") {
    const lowered = earlier(register, reading, limits);
    return lowered === register ? register : { ...lowered, startSource: "begin" };
  }
  const isPlaceholder = isUnmoved(register) && register.meterStartWh === 0;
  return isPlaceholder && reading.wh > RESOLUTION_WH
    ? flagged(startAt(register, reading, "begin"), "placeholderStart")
    : register;
}

/** A reading from before the last one: it can only show that an inferred start was too late. */
export function earlier(
  register: MeterRegister,
  reading: Reading,
  limits: MeterLimits,
): MeterRegister {
  const { startSource, settledWh, firstWh, firstAt } = register;
  const isSooner = startSource === "inferred" && settledWh === 0 && reading.at < firstAt;
  if (!isSooner || !follows(reading, { wh: firstWh, at: firstAt }, limits)) return register;
  const { wh, at } = reading;
  return { ...register, meterStartWh: wh, firstWh: wh, firstAt: at, isRead: true };
}

/** A reading after the last one. */
export function advance(
  register: MeterRegister,
  reading: Reading,
  limits: MeterLimits,
): MeterRegister {
  const { lastWh: wh, lastAt: at, doubt } = register;
  const last = { wh, at };
  if (reading.wh < wh && reading.wh >= wh - ROUNDING_WH) return { ...register, isRead: true };
  if (follows(last, reading, limits)) return moved(register, reading);
  const inWh = { ...reading, wh: reading.wh * 1_000 };
  if (reading.wh > 0 && reading.wh < wh && follows(last, inWh, limits)) {
    return flagged(moved(register, inWh), "kWhAsWh");
  }
  if (isUnmoved(register) && wh === 0 && reading.wh > CAR_WH) {
    return flagged(startAt(register, reading, "inferred"), "placeholderStart");
  }
  if (isUnmoved(register) && isKilo(last, reading, limits)) {
    return flagged(startAt(register, reading, "inferred"), "kWhAsWh");
  }
  if (doubt !== null && reading.wh > doubt.wh && follows(doubt, reading, limits)) {
    return flagged(swapped(register, doubt, reading), "meterSwap");
  }
  return flagged(
    { ...register, doubt: { wh: reading.wh, at: reading.at } },
    reading.wh < wh ? "wentBack" : "implausibleJump",
  );
}

/** The final reading: authoritative, unless what it says cannot have been delivered (rule T8). */
export function finish(
  register: MeterRegister,
  { wh, at }: Point,
  limits: MeterLimits,
): MeterRegister {
  const stop = { wh, at };
  const { meterStartWh, lastAt } = register;
  if (meterStartWh === null) return { ...register, stop };
  const fault = faultOfFinal(register, stop, limits);
  if (fault !== null && fault !== "tooFast") {
    return flagged(register.isFinal ? register : { ...register, stop }, fault);
  }
  const final: MeterRegister = {
    ...register,
    stop,
    isFinal: true,
    isRead: true,
    settledWh: 0,
    firstWh: meterStartWh,
    lastWh: wh,
    lastAt: Math.max(at, lastAt),
    doubt: null,
  };
  if (fault !== null) return flagged(final, fault);
  if (fault !== null) return flagged(final, fault);
  const isBelow = wh - meterStartWh < settledTo(register) - ROUNDING_WH;
  return isBelow ? flagged(final, "stopBelowReadings") : final;
}

/** Why a final reading is not believed; null when it is. */
function faultOfFinal(register: MeterRegister, stop: Point, limits: MeterLimits): MeterFlag | null {
  const startWh = register.meterStartWh ?? 0;
  const total = stop.wh - startWh;
  const soFar = settledTo(register);
  const ms = Math.max(stop.at - register.lastAt, limits.openMs ?? 0);
  const most = soFar + deliverableWh(ms, limits);
  if (stop.wh === 0 && total < soFar - ROUNDING_WH) return "placeholderStop";
  if (total < 0) {
    const inWh = stop.wh * 1_000 - startWh;
    return inWh >= -RESOLUTION_WH && inWh <= most ? "kWhAsWh" : "wentBack";
  }
  if (total <= most) return null;
  if (total <= CAR_WH && !register.isFinal) return "tooFast";
  return isUnmoved(register) && startWh === 0 ? "placeholderStart" : "implausibleJump";
}

/** Energy of all readings so far. */
export function settledTo({ settledWh, lastWh, firstWh }: MeterRegister): number {
  return settledWh + lastWh - firstWh;
}

/** The most that can have been delivered in `ms`. */
export function deliverableWh(ms: number, { maxPowerW }: MeterLimits): number {
  return maxPowerW * Math.max(0, ms) / 3_600_000 * MARGIN + RESOLUTION_WH;
}

export function flagged(register: MeterRegister, flag: MeterFlag): MeterRegister {
  if (register.flags.includes(flag)) return register;
  return { ...register, flags: [...register.flags, flag] };
}

/** Nothing has been counted yet. */
function isUnmoved(register: MeterRegister): boolean {
  return !register.isFinal && settledTo(register) === 0;
}

function moved(register: MeterRegister, { wh, at }: Reading): MeterRegister {
  return { ...register, lastWh: wh, lastAt: at, isRead: true, doubt: null };
}

function swapped(register: MeterRegister, doubt: Point, { wh, at }: Reading): MeterRegister {
  return {
    ...register,
    settledWh: settledTo(register),
    firstWh: doubt.wh,
    lastWh: wh,
    lastAt: at,
    isRead: true,
    doubt: null,
  };
}

/** Whether `later` can be what the meter shows after `sooner`. */
function follows(sooner: Point, later: Point, limits: MeterLimits): boolean {
  const delta = later.wh - sooner.wh;
  return delta >= 0 && delta <= deliverableWh(later.at - sooner.at, limits);
}

/** Whether `sooner` is in whole kilowatt-hours what `later` is in watt-hours. */
function isKilo(sooner: Point, later: Point, limits: MeterLimits): boolean {
  const floor = { wh: sooner.wh * 1_000 - RESOLUTION_WH, at: sooner.at };
  return sooner.wh > 0 && follows(floor, later, limits);
}
