/**
 * A vehicle's battery, seen from the charger: how much power it takes, and what that adds up to.
 */

export interface Battery {
  readonly capacityWh: number;
  readonly maxPowerW: number;
  /** State of charge, 0 to 1. */
  readonly charge: number;
}

/** From here on a battery takes less and less: the usual knee of lithium cells. */
const TAPER_FROM = 0.8;
/** Share of its power that it takes just before it is full. */
const TAPER_FLOOR = 0.08;
/** Within a step power counts as constant; at 350 kW and 20 kWh that is 5 % of charge. */
const STEP_SECONDS_MAX = 10;

/** What the battery takes now from an outlet that gives at most `limitW`. */
export function acceptedPower(battery: Battery, limitW: number): number {
  if (battery.charge >= 1) return 0;
  const beyond = Math.max(0, battery.charge - TAPER_FROM) / (1 - TAPER_FROM);
  const share = 1 - (1 - TAPER_FLOOR) * beyond;
  return Math.max(0, Math.min(limitW, battery.maxPowerW * share));
}

/** The battery after `seconds` at this outlet, and the energy that went in. */
export function charged(
  battery: Battery,
  limitW: number,
  seconds: number,
): { readonly battery: Battery; readonly energyWh: number } {
  let { charge } = battery;
  let energyWh = 0;
  for (let left = seconds; left > 0 && charge < 1; left -= STEP_SECONDS_MAX) {
    const step = Math.min(left, STEP_SECONDS_MAX);
    const power = acceptedPower({ ...battery, charge }, limitW);
    const taken = Math.min(power * step / 3_600, (1 - charge) * battery.capacityWh);
    energyWh += taken;
    charge = Math.min(1, charge + taken / battery.capacityWh);
    if (battery.capacityWh * (1 - charge) < 1e-6) charge = 1;
  }
  return { battery: { ...battery, charge }, energyWh };
}
