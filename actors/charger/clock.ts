/**
 * Station clocks that are off, by timestamps of messages that cannot have waited in a queue for
 * long.
 */
import { clockOffsetMs, clockOffsetMsMax } from "#actors/domain/plausible_time.ts";
import { findAlert, openAlert, settleAlert } from "./alerts.ts";
import type { ChargerContext } from "./context.ts";
import type { Turn } from "./turn.ts";

/**
 * A station may queue without saying so: only that many late timestamps in a row are a clock
 * behind.
 */
const LATE_IN_A_ROW = 3;

/** Whether `stationAt` is news of the clock: what is not needs no step. */
export function isClockNews(context: ChargerContext, stationAt: number, now: number): boolean {
  const offset = clockOffsetMs(stationAt, now);
  const isAlerted = findAlert(context, "clockOff") !== undefined;
  const isOff = Math.abs(offset) > clockOffsetMsMax;
  return isOff !== isAlerted || (!isOff && context.clock.lateInARow > 0);
}

/**
 * Judges the station's clock. A timestamp ahead of ours is a clock ahead, whatever waited; one
 * behind counts at once right after a boot, when nothing can have waited, else when several follow
 * each other.
 */
export function judgeClock(turn: Turn, stationAt: number, isQueued: boolean): void {
  const { clock, link } = turn.context;
  const offsetMs = clockOffsetMs(stationAt, turn.now);
  const isLate = offsetMs < -clockOffsetMsMax;
  if (isLate && isQueued) return;
  if (offsetMs > clockOffsetMsMax || (isLate && isSure(turn, clock.lateInARow + 1))) {
    const seconds = Math.round(Math.abs(offsetMs) / 1_000);
    openAlert(turn, "clockOff", `Clock ${seconds} s ${isLate ? "behind" : "ahead"}`);
  } else if (!isLate) settleAlert(turn, "clockOff");
  const hasJustBooted = link?.hasBooted === true;
  const lateInARow = isLate && !hasJustBooted ? clock.lateInARow + 1 : 0;
  // What may have waited says nothing of how far the clock is off.
  const isKnown = !isLate || isSure(turn, clock.lateInARow + 1);
  turn.set({ clock: { offsetMs: isKnown ? offsetMs : clock.offsetMs, lateInARow } });
}

function isSure(turn: Turn, lateInARow: number): boolean {
  return turn.context.link?.hasBooted === true || lateInARow >= LATE_IN_A_ROW;
}

/** Our time of an instant by the station's clock, as far as we know that clock. */
export function ourTime(context: ChargerContext, stationAt: number): number {
  return stationAt - (context.clock.offsetMs ?? 0);
}
