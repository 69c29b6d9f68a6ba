/** Energy per period, summed: what counts when a station reports no register (rule M5). */
import type { Sample } from "#schemas/events/station.ts";

export interface Intervals {
  readonly wh: number;
  /** Periodic and clock-aligned intervals cover the same time: the first kind seen is followed. */
  readonly context: string | null;
  /** Ends of the latest periods, ascending: a repeat is known by them. */
  readonly ats: readonly number[];
}

export const noIntervals: Intervals = { wh: 0, context: null, ats: [] };

/** Repeats come within minutes; what is older than so many periods is taken for one. */
const REMEMBERED = 16;

export interface IntervalLimits {
  /** Where the first period begins. */
  readonly from: number;
  /** Whether so much can be delivered in such a time. */
  credible(wh: number, ms: number): boolean;
}

/** The sum with the intervals among `samples`; the same object when there are none. */
export function accepted(
  intervals: Intervals,
  samples: readonly Sample[],
  limits: IntervalLimits,
): Intervals {
  return samples.filter(isInterval).reduce(
    (sum, sample) => withSample(sum, sample, limits),
    intervals,
  );
}

function isInterval(sample: Sample): boolean {
  return sample.measurand === "Energy.Active.Import.Interval" && sample.phase === null &&
    sample.unit === "Wh" && sample.value >= 0;
}

function withSample(intervals: Intervals, sample: Sample, limits: IntervalLimits): Intervals {
  const { ats, context } = intervals;
  const isLast = sample.context === "Transaction.End";
  if (!isLast && sample.context !== "Sample.Periodic" && sample.context !== "Sample.Clock") {
    return intervals;
  }
  if (!isLast && context !== null && context !== sample.context) return intervals;
  const isForgotten = ats.length === REMEMBERED && sample.at < (ats[0] ?? 0);
  if (ats.includes(sample.at) || isForgotten) return intervals;
  const previous = ats.findLast((at) => at < sample.at) ?? limits.from;
  if (!limits.credible(sample.value, sample.at - previous)) return intervals;
  return {
    wh: intervals.wh + sample.value,
    context: context ?? (isLast ? null : sample.context),
    ats: [...ats, sample.at].toSorted((one, other) => one - other).slice(-REMEMBERED),
  };
}
