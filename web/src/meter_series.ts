/** Pure: meter values as the lines of a chart. */
import type { MeterValue } from "./shapes.ts";

export interface TimeLine {
  /** Milliseconds since the epoch, rising. */
  readonly times: readonly number[];
  readonly values: readonly number[];
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
 * Mean power between register readings, for stations that report no power; each value stands at the end
 * of its interval.
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

/** Lines on one common axis of time; null where a line has no value. */
export function align(
  lines: readonly TimeLine[],
): { readonly times: readonly number[]; readonly values: readonly (readonly (number | null)[])[] } {
  const times = [...new Set(lines.flatMap((line) => line.times))].sort((a, b) => a - b);
  const values = lines.map((line) => {
    const byTime = new Map(line.times.map((at, index) => [at, line.values[index] ?? null]));
    return times.map((at) => byTime.get(at) ?? null);
  });
  return { times, values };
}

/** Adds a live reading at the end; an older or repeated one changes nothing. */
export function append(line: TimeLine, at: number, value: number): TimeLine {
  const last = line.times.at(-1);
  if (last !== undefined && at <= last) return line;
  return { times: [...line.times, at], values: [...line.values, value] };
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
