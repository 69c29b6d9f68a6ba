/**
 * Energy by power over time: too coarse to bill, good enough to recognise a wrong unit (rule M6).
 */
import type { Sample } from "#schemas/events/station.ts";

export interface PowerOverTime {
  readonly wh: number;
  readonly watts: number | null;
  readonly at: number;
}

export const noPower: PowerOverTime = { wh: 0, watts: null, at: 0 };

/** Adds the trapezium between the last sample and this one; late samples are left out. */
export function withPower(power: PowerOverTime, sample: Sample): PowerOverTime {
  if (sample.measurand !== "Power.Active.Import" || sample.phase !== null) return power;
  if (sample.at < power.at) return power;
  const hours = (sample.at - power.at) / 3_600_000;
  const mean = power.watts === null ? 0 : (power.watts + sample.value) / 2;
  return { wh: power.wh + mean * hours, watts: sample.value, at: sample.at };
}
