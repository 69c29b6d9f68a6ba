/** Where two schedules of one EVSE say different things. */
import type { ChargingSchedule, RateUnit } from "#schemas/charging_profile.ts";
import type { CompositeSchedule } from "./composite_schedule.ts";

export interface ScheduleDifference {
  /** From the start of ours. */
  readonly startS: number;
  readonly endS: number;
  /** Thousandths of the unit. */
  readonly ours: number;
  /** Null = the station says nothing for this time. */
  readonly theirs: number | null;
}

/** Stations round to a tenth, and calculate with their own voltage. */
const TOLERANCE_MILLI = 100;
const TOLERANCE_SHARE = 0.01;

/** A schedule as a station answers it. */
export interface AnsweredSchedule extends Pick<ChargingSchedule, "periods"> {
  readonly startAt: number;
  readonly durationS: number | null;
  readonly unit: RateUnit;
}

/**
 * The spans in which the answer is another than ours, in their order and joined where both stay the
 * same. Where we know of no limit any answer is right: a station names its own.
 */
export function scheduleDifferences(
  ours: CompositeSchedule,
  answered: AnsweredSchedule,
): ScheduleDifference[] {
  const shift = Math.floor(answered.startAt / 1_000) - Math.floor(ours.startAt / 1_000);
  const theirs = answered.periods.map(({ startS, limit }) => ({ startS: startS + shift, limit }));
  const theirEnd = answered.durationS === null ? Infinity : shift + answered.durationS;
  const starts = [
    ...ours.periods.map(({ startS }) => startS),
    ...theirs.map(({ startS }) => startS),
    theirEnd,
  ].filter((startS) => startS > 0 && startS < ours.durationS);
  const edges = [...new Set([0, ...starts])].toSorted((one, other) => one - other);
  const found: ScheduleDifference[] = [];
  for (const [index, startS] of edges.entries()) {
    const mine = ours.periods.findLast((period) => period.startS <= startS)?.limit?.l1;
    if (mine === undefined) continue;
    const period = theirs.findLast((other) => other.startS <= startS);
    const their = startS >= theirEnd ? null : period?.limit?.l1 ?? null;
    if (their !== null && isClose(mine, their)) continue;
    const endS = edges[index + 1] ?? ours.durationS;
    const last = found.at(-1);
    if (last !== undefined && last.endS === startS && last.ours === mine && last.theirs === their) {
      found.splice(-1, 1, { ...last, endS });
    } else found.push({ startS, endS, ours: mine, theirs: their });
  }
  return found;
}

/** True when `theirs` is above `ours` by more than rounding explains. */
export function isAbove(ours: number, theirs: number): boolean {
  return theirs > ours && !isClose(ours, theirs);
}

function isClose(ours: number, theirs: number): boolean {
  return Math.abs(ours - theirs) <= Math.max(TOLERANCE_MILLI, ours * TOLERANCE_SHARE);
}
