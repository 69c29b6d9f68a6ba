/**
 * What a charging profile allows at an instant, in A per phase or W in total (rule K7), and how
 * several of them are one: the lowest of limits for the same place, the sum over places. Fractions
 * of a thousandth are cut towards zero, so that a converted limit is never above the given one.
 */
import type { PhaseAmounts, RateUnit } from "#schemas/charging_profile.ts";
import type { ActivePeriod } from "./charging_profile.ts";

export interface Supply {
  /** Between a phase and neutral. */
  readonly volts: number;
  /** Of a draw that does not say how many. */
  readonly phases: number;
}

/** Amounts in thousandths of the unit. */
export interface Draw {
  readonly unit: RateUnit;
  /** Null = not said. */
  readonly numberPhases: number | null;
  readonly limit: PhaseAmounts | null;
  /** Zero or less. */
  readonly dischargeLimit: PhaseAmounts | null;
  readonly setpoint: PhaseAmounts | null;
}

/** Phases of a period that does not say (OCPP 1.6J, 7.14; OCPP 2.0.1 Part 2, K01.FR.49). */
const PHASES_DEFAULT = 3;

export function drawOf({ schedule, period }: ActivePeriod): Draw {
  return {
    unit: schedule.unit,
    numberPhases: period.numberPhases ?? PHASES_DEFAULT,
    limit: period.limit,
    dischargeLimit: period.dischargeLimit,
    setpoint: period.setpoint,
  };
}

/** The strictest of draws for one place, in `unit`; null of none. Fewest phases count. */
export function lowest(draws: readonly Draw[], unit: RateUnit, supply: Supply): Draw | null {
  if (draws.length === 0) return null;
  const numberPhases = fold(draws.map((draw) => draw.numberPhases), Math.min);
  const even = evened(draws, numberPhases, supply).map((draw) => drawIn(draw, unit, supply));
  const limit = foldAmounts(even.map((draw) => draw.limit), Math.min);
  const dischargeLimit = foldAmounts(even.map((draw) => draw.dischargeLimit), Math.max);
  const wanted = foldAmounts(even.map((draw) => draw.setpoint), nearerToZero);
  const setpoint = wanted === null ? null : within(wanted, limit, dischargeLimit);
  return { unit, numberPhases, limit, dischargeLimit, setpoint };
}

/**
 * What several places may draw together; null when one of them is not limited. All are in one unit.
 * Setpoints and discharge have no sum: they are said per EVSE. The most phases count.
 */
export function total(draws: readonly (Draw | null)[], supply: Supply): Draw | null {
  const limited = draws.filter((draw) => draw !== null);
  const [first] = limited;
  if (first === undefined || limited.length < draws.length) return null;
  const numberPhases = fold(limited.map((draw) => draw.numberPhases), Math.max);
  const limits = evened(limited, numberPhases, supply).map((draw) => draw.limit);
  if (limits.includes(null)) return null;
  const limit = foldAmounts(limits, (one, other) => one + other);
  return { unit: first.unit, numberPhases, limit, dischargeLimit: null, setpoint: null };
}

/** The same draw in another unit. */
export function drawIn(draw: Draw, unit: RateUnit, supply: Supply): Draw {
  if (draw.unit === unit) return draw;
  const phases = draw.numberPhases ?? supply.phases;
  const convert = (amounts: PhaseAmounts | null): PhaseAmounts | null => {
    if (amounts === null) return null;
    const volts = supply.volts * (isPerPhase(amounts) ? 1 : phases);
    return mapped(amounts, (amount) => Math.trunc(unit === "W" ? amount * volts : amount / volts));
  };
  return {
    unit,
    numberPhases: draw.numberPhases,
    limit: convert(draw.limit),
    dischargeLimit: convert(draw.dischargeLimit),
    setpoint: convert(draw.setpoint),
  };
}

/**
 * Draws that can be compared: where one of them speaks of each phase (2.1), all do. On one phase
 * the strictest amount holds, as nobody knows which phase it is.
 */
function evened(draws: readonly Draw[], numberPhases: number | null, supply: Supply): Draw[] {
  const phases = numberPhases ?? supply.phases;
  const shared = draws.map((draw) => ({ ...draw, numberPhases }));
  if (!draws.some(speaksOfPhases)) return shared;
  return shared.map((draw) => ({
    ...draw,
    limit: evenedAmounts(draw.limit, draw.unit, phases),
    dischargeLimit: evenedAmounts(draw.dischargeLimit, draw.unit, phases),
    setpoint: evenedAmounts(draw.setpoint, draw.unit, phases),
  }));
}

function speaksOfPhases({ limit, dischargeLimit, setpoint }: Draw): boolean {
  return [limit, dischargeLimit, setpoint].some((amounts) =>
    amounts !== null && (amounts.l2 !== null || amounts.l3 !== null)
  );
}

function evenedAmounts(
  amounts: PhaseAmounts | null,
  unit: RateUnit,
  phases: number,
): PhaseAmounts | null {
  if (amounts === null) return null;
  if (phases === 1) {
    const known = [amounts.l1, amounts.l2, amounts.l3].filter((amount) => amount !== null);
    return { l1: known.reduce(nearerToZero), l2: null, l3: null };
  }
  if (isPerPhase(amounts)) return amounts;
  const each = unit === "A" ? amounts.l1 : Math.trunc(amounts.l1 / phases);
  return { l1: each, l2: each, l3: each };
}

function isPerPhase({ l2, l3 }: PhaseAmounts): boolean {
  return l2 !== null && l3 !== null;
}

function nearerToZero(one: number, other: number): number {
  return Math.abs(other) < Math.abs(one) ? other : one;
}

/** A setpoint stays inside the limits; below zero the discharge limit holds (2.1, V2X.03, V2X.04). */
function within(
  setpoint: PhaseAmounts,
  limit: PhaseAmounts | null,
  dischargeLimit: PhaseAmounts | null,
): PhaseAmounts {
  const isDischarge = setpoint.l1 < 0;
  const bound = isDischarge ? dischargeLimit : limit;
  if (bound === null) return setpoint;
  return joined(setpoint, bound, isDischarge ? Math.max : Math.min) ?? setpoint;
}

type Join = (one: number, other: number) => number;

function foldAmounts(all: readonly (PhaseAmounts | null)[], join: Join): PhaseAmounts | null {
  return all.reduce((one, other) => joined(one, other, join), null);
}

function joined(
  one: PhaseAmounts | null,
  other: PhaseAmounts | null,
  join: Join,
): PhaseAmounts | null {
  if (one === null || other === null) return one ?? other;
  return {
    l1: join(one.l1, other.l1),
    l2: fold([one.l2, other.l2], join),
    l3: fold([one.l3, other.l3], join),
  };
}

function fold(values: readonly (number | null)[], join: Join): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((one, other) => join(one, other));
}

function mapped(amounts: PhaseAmounts, change: (amount: number) => number): PhaseAmounts {
  const { l1, l2, l3 } = amounts;
  return {
    l1: change(l1),
    l2: l2 === null ? null : change(l2),
    l3: l3 === null ? null : change(l3),
  };
}
