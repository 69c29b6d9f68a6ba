/** Station clocks against ours (rule T4): both times are kept, this says which one to believe. */
import type { Sample } from "#schemas/events/station.ts";

const dayMs = 86_400_000;

/** Clocks apart by more than this get an alert; a minute is far more than any network delay. */
export const clockOffsetMsMax = 60_000;
/**
 * No station of today ran before OCPP 1.6 was published; 1970 and 2000 are clocks that were never
 * set.
 */
const earliest = 1_420_070_400_000; // 2015-01-01T00:00:00Z
/**
 * Offline queues reach back weeks; a message from the future beyond a day is a clock that is wrong.
 */
const futureMsMax = dayMs;

export type TimeFlag = "clockNeverSet" | "clockAhead";

export interface BelievedTime {
  readonly at: number;
  /** Null when the station's own time is believed. */
  readonly flag: TimeFlag | null;
}

/** The station's timestamp, unless its clock cannot have been right; then the time it arrived. */
export function believedTime(stationAt: number, receivedAt: number): BelievedTime {
  if (stationAt < earliest) return { at: receivedAt, flag: "clockNeverSet" };
  if (stationAt > receivedAt + futureMsMax) return { at: receivedAt, flag: "clockAhead" };
  return { at: stationAt, flag: null };
}

/** Samples with their times made believable, as `believedTime` does it for a message. */
export function believedSamples(samples: readonly Sample[], receivedAt: number): readonly Sample[] {
  if (samples.every((sample) => believedTime(sample.at, receivedAt).flag === null)) return samples;
  return samples.map((sample) => ({ ...sample, at: believedTime(sample.at, receivedAt).at }));
}

/** An end that is not before its start: a clock that was set in between makes one. */
export function believedEnd(endedAt: number, startedAt: number): number {
  return Math.max(endedAt, startedAt);
}

/**
 * How far the station's clock is ahead of ours (negative: behind), from a message that was sent
 * live. A message from an offline queue says nothing about the clock: give only those that are not
 * queued.
 */
export function clockOffsetMs(stationAt: number, receivedAt: number): number {
  return stationAt - receivedAt;
}

/**
 * The offset to remember after one more live message. A station may queue without saying so, which
 * looks like a clock behind: the offset nearest to the future is the one with the least delay in
 * it, and it is forgotten slowly.
 */
export function rememberedOffset(remembered: number | null, offset: number): number {
  if (remembered === null || offset >= remembered) return offset;
  return Math.round(remembered + (offset - remembered) / 8);
}

export function isClockOff(offsetMs: number | null): boolean {
  return offsetMs !== null && Math.abs(offsetMs) > clockOffsetMsMax;
}
