/** Picks from samples the readings of the imported-energy register, one per instant and source. */
import type { Sample } from "#schemas/events/station.ts";

export interface Reading {
  readonly at: number;
  readonly wh: number;
  readonly context: string;
  /** The higher, the more the source is to be preferred. */
  readonly rank: number;
}

/**
 * The driver buys what leaves the outlet; a meter before the station also counts the station's own
 * use.
 */
const locationRanks: ReadonlyMap<string, number> = new Map(Object.entries({
  Outlet: 5,
  Cable: 4,
  Body: 3,
  Inlet: 2,
  EV: 1,
  Upstream: 0,
}));
/** Any total beats any sum of phases (rule M3), whatever the place. */
const TOTAL_RANK = 10;

/** Begin, then periodic, then End, when several share an instant (rule M4). */
const contextOrder: ReadonlyMap<string, number> = new Map(Object.entries({
  "Transaction.Begin": 0,
  "Transaction.End": 2,
}));

/**
 * The register readings among `samples` (which are in order of time), summed over phases where
 * needed.
 */
export function registerReadings(samples: readonly Sample[]): readonly Reading[] {
  const totals: Reading[] = [];
  const phases = new Map<string, Map<string, Sample>>();
  for (const sample of samples) {
    if (sample.measurand !== "Energy.Active.Import.Register" || sample.unit !== "Wh") continue;
    if (sample.phase === null) totals.push(readingOf(sample, sample.value, TOTAL_RANK));
    else collectPhase(phases, sample);
  }
  const sums = [...phases.values()].flatMap(sumOf);
  return [...totals, ...sums].toSorted((one, other) =>
    one.at - other.at || order(one) - order(other) || other.rank - one.rank
  );
}

function readingOf(sample: Sample, wh: number, rank: number): Reading {
  const place = locationRanks.get(sample.location ?? "Outlet") ?? 0;
  return { at: sample.at, wh, context: sample.context, rank: rank + place };
}

/**
 * L1 and L1-N are the same conductor's energy; the neutral and phase pairs carry none of their own.
 */
function collectPhase(phases: Map<string, Map<string, Sample>>, sample: Sample): void {
  const phase = /^(L[123])(-N)?$/.exec(sample.phase ?? "")?.[1];
  if (phase === undefined) return;
  const key = `${sample.at} ${sample.context} ${sample.location}`;
  const group = phases.get(key) ?? new Map<string, Sample>();
  phases.set(key, group.set(phase, sample));
}

/**
 * The sum over the phases of one instant. A station of one phase may report L1 alone; a group of
 * more phases ranks higher, so that a message that came in parts is not taken for less energy.
 */
function sumOf(group: ReadonlyMap<string, Sample>): readonly Reading[] {
  const [one] = group.values();
  if (one === undefined) return [];
  const wh = [...group.values()].reduce((sum, sample) => sum + sample.value, 0);
  return [readingOf(one, wh, TOTAL_RANK * (group.size - 3))];
}

function order({ context }: Reading): number {
  return contextOrder.get(context) ?? 1;
}
