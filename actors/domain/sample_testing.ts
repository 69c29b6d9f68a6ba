/** Samples for tests of the meter rules. */
import type { Sample } from "#schemas/events/station.ts";

export const minute = 60_000;

/** A total of the imported-energy register at the outlet, unless `changes` says otherwise. */
export function energySample(at: number, value: number, changes: Partial<Sample> = {}): Sample {
  return {
    at,
    measurand: "Energy.Active.Import.Register",
    phase: null,
    context: "Sample.Periodic",
    location: "Outlet",
    value,
    unit: "Wh",
    signed: null,
    ...changes,
  };
}

export function beginSample(at: number, value: number): Sample {
  return energySample(at, value, { context: "Transaction.Begin" });
}

export function endSample(at: number, value: number): Sample {
  return energySample(at, value, { context: "Transaction.End" });
}

export function powerSample(at: number, value: number): Sample {
  return energySample(at, value, { measurand: "Power.Active.Import", unit: "W" });
}
