/** Pure: meter values as the lines of a chart. */
import type { MeterValue } from "./shapes.ts";

export interface TimeLine {
  /** Milliseconds since the epoch, rising. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** After these instants the line breaks: a session ended there. */
  readonly endsAt?: readonly number[];
}

/** Newest values of one measurand, totals only (rule M3: phases are never added to totals). */
export function totalsOf(values: readonly MeterValue[], measurand: string): TimeLine {
  const byTime = new Map<number, number>();
  for (const value of values) {
    if (value.measurand !== measurand || value.phase !== undefined) continue;
    if (value.location !== undefined && value.location !== "Outlet" && measurand !== "SoC") {
      continue;
    }
    byTime.set(Date.parse(value.at), value.value);
  }
  return timeLine(byTime);
}

/** Power: the total where the station sends one, else the sum of its phases. */
export function powerOf(values: readonly MeterValue[]): TimeLine {
  const total = totalsOf(values, "Power.Active.Import");
  return total.times.length > 0 ? total : phaseSums(values, "Power.Active.Import");
}

/** Register readings as energy since the first one. */
export function energySince(line: TimeLine, startWh: number | null): TimeLine {
  const start = startWh ?? line.values[0] ?? 0;
  return { times: line.times, values: line.values.map((value) => Math.max(0, value - start)) };
}

/**
 * Mean power between register readings, for stations that report no power; each value stands at the
 * end of its interval.
 */
export function powerFromEnergy(line: TimeLine): TimeLine {
  const byTime = new Map<number, number>();
  line.times.forEach((at, index) => {
    const before = line.times[index - 1];
    if (before === undefined) return;
    const wattHours = (line.values[index] ?? 0) - (line.values[index - 1] ?? 0);
    const hours = (at - before) / 3_600_000;
    if (hours > 0 && wattHours >= 0) byTime.set(at, wattHours / hours);
  });
  return timeLine(byTime);
}

/** Longer silence than this is no line: the station may have drawn anything, or nothing. */
const silenceMsMax = 10 * 60_000;

/** A value; null = the line breaks here; undefined = this line has no reading at that instant. */
export type PlotValue = number | null | undefined;

/** Lines on one common axis of time. */
export function align(
  lines: readonly TimeLine[],
): { readonly times: readonly number[]; readonly values: readonly (readonly PlotValue[])[] } {
  const plots = lines.map(withBreaks);
  const times = [...new Set(plots.flatMap((plot) => [...plot.keys()]))].sort((a, b) => a - b);
  return { times, values: plots.map((plot) => placed(plot, times)) };
}

/** The lines of sessions that followed each other, as one line that breaks between them. */
export function inSequence(lines: readonly TimeLine[]): TimeLine {
  const ordered = lines.filter((line) => line.times.length > 0)
    .sort((a, b) => (a.times[0] ?? 0) - (b.times[0] ?? 0));
  return {
    times: ordered.flatMap((line) => line.times),
    values: ordered.flatMap((line) => line.values),
    endsAt: ordered.map((line) => line.times.at(-1) ?? 0),
  };
}

/** A break lasts until the line's next reading, whatever other lines say meanwhile. */
function placed(
  plot: ReadonlyMap<number, number | null>,
  times: readonly number[],
): readonly PlotValue[] {
  let isBroken = false;
  return times.map((at) => {
    const value = plot.get(at);
    if (value !== undefined) isBroken = value === null;
    return isBroken ? null : value;
  });
}

function withBreaks(line: TimeLine): ReadonlyMap<number, number | null> {
  const plot = new Map<number, number | null>();
  line.times.forEach((at, index) => {
    const before = line.times[index - 1];
    const isBroken = before !== undefined &&
      (at - before > silenceMsMax || line.endsAt?.includes(before) === true);
    if (isBroken) plot.set(before + 1, null);
    plot.set(at, line.values[index] ?? null);
  });
  return plot;
}

function phaseSums(values: readonly MeterValue[], measurand: string): TimeLine {
  const byTime = new Map<number, number>();
  for (const value of values) {
    if (value.measurand !== measurand || !/^L[123](-N)?$/.test(value.phase ?? "")) continue;
    const at = Date.parse(value.at);
    byTime.set(at, (byTime.get(at) ?? 0) + value.value);
  }
  return timeLine(byTime);
}

function timeLine(byTime: ReadonlyMap<number, number>): TimeLine {
  const entries = [...byTime].sort(([a], [b]) => a - b);
  return { times: entries.map(([at]) => at), values: entries.map(([, value]) => value) };
}
