/**
 * The energy of a session, from what its meter said. Every step is a pure function of what is known
 * and what comes in; nothing here may ever bill a meter's lifetime reading, whatever a station
 * sends.
 *
 * Known: the start reading, the highest credible reading since, and a reading in doubt. Samples
 * raise the energy only (in any order, repeats included); the final reading is authoritative as
 * long as it is credible. Everything odd leaves a flag.
 */
import type { Sample } from "#schemas/events/station.ts";
import { accepted, noIntervals } from "./meter_intervals.ts";
import { noPower, withPower } from "./meter_power.ts";
import { type Reading, registerReadings } from "./meter_readings.ts";
import {
  advance,
  begin,
  deliverableWh,
  earlier,
  finish,
  flagged,
  follow,
  type MeterFlag,
  type MeterLimits,
  meterLimitsDefault,
  type MeterRegister,
  settledTo,
  startAt,
} from "./register_steps.ts";

export { meterLimitsDefault } from "./register_steps.ts";
export type { MeterFlag, MeterLimits, MeterRegister } from "./register_steps.ts";

/** A register before its first sample; `meterStartWh` is 1.6's meterStart, null in 2.x. */
export function openRegister(meterStartWh: number | null, startedAt: number): MeterRegister {
  return {
    startedAt,
    endedAt: null,
    meterStartWh,
    startSource: meterStartWh === null ? null : "station",
    stop: null,
    isFinal: false,
    settledWh: 0,
    firstWh: meterStartWh ?? 0,
    firstAt: startedAt,
    lastWh: meterStartWh ?? 0,
    lastAt: startedAt,
    isRead: false,
    rank: null,
    doubt: null,
    intervals: noIntervals,
    power: noPower,
    flags: [],
  };
}

/** The start turned out to be at another time: a Started that came late (rule U3). */
export function moveStart(register: MeterRegister, startedAt: number): MeterRegister {
  return register.meterStartWh === null
    ? { ...register, startedAt, firstAt: startedAt, lastAt: startedAt }
    : { ...register, startedAt };
}

/** Takes samples of one message or of many, in any order; those that are known change nothing. */
export function readSamples(
  register: MeterRegister,
  samples: readonly Sample[],
  limits: MeterLimits = meterLimitsDefault,
): MeterRegister {
  const known = samples
    .filter((sample) => isWithin(register, sample))
    .toSorted((one, other) => one.at - other.at);
  let next: MeterRegister = {
    ...register,
    power: known.reduce(withPower, register.power),
    intervals: accepted(register.intervals, known, {
      from: register.startedAt,
      credible: (wh, ms) => wh <= deliverableWh(ms, limits),
    }),
  };
  for (const reading of registerReadings(known)) next = readRegister(next, reading, limits);
  // A start reading may come after the final one (rule U3): only now the final one says something.
  return next.stop !== null && !next.isFinal ? finish(next, next.stop, limits) : next;
}

/** Periodic values before the start and after the end belong to nobody's session (rule T7). */
function isWithin({ startedAt, endedAt }: MeterRegister, { at, context }: Sample): boolean {
  if (context.startsWith("Transaction.")) return true;
  return at >= startedAt && (endedAt === null || at <= endedAt);
}

function readRegister(
  register: MeterRegister,
  reading: Reading,
  limits: MeterLimits,
): MeterRegister {
  const followed = follow(register, reading);
  if (followed === null) return register;
  if (reading.context === "Transaction.End") return finish(followed, reading, limits);
  if (reading.context === "Transaction.Begin") return begin(followed, reading, limits);
  if (followed.meterStartWh === null) return startAt(followed, reading, "inferred");
  if (reading.at < followed.lastAt || followed.isFinal) return earlier(followed, reading, limits);
  return advance(followed, reading, limits);
}

/**
 * Ends the register. `meterStopWh` is 1.6's meterStop; without one the last reading counts. Samples
 * of before the end, and a Transaction.End, may still come and are taken by `readSamples`.
 */
export function closeRegister(
  register: MeterRegister,
  end: { readonly meterStopWh: number | null; readonly endedAt: number },
  limits: MeterLimits = meterLimitsDefault,
): MeterRegister {
  const { meterStopWh, endedAt } = end;
  const ended = { ...register, endedAt };
  const closed = meterStopWh === null
    ? ended
    : finish(ended, { wh: meterStopWh, at: endedAt }, limits);
  return isThousandthOfPower(closed) ? flagged(closed, "kWhAsWh") : closed;
}

/** The register as it was before its end: a station went on with what the platform had closed. */
export function reopenRegister(register: MeterRegister): MeterRegister {
  return { ...register, endedAt: null };
}

/**
 * Rule M6: the register moved by a thousandth of what the power says. A tenth is a bad meter, not a
 * unit.
 */
function isThousandthOfPower(register: MeterRegister): boolean {
  const energy = settledTo(register);
  if (!register.isRead || energy <= 0 || register.power.wh < 1_000) return false;
  const ratio = register.power.wh / energy;
  return ratio > 300 && ratio < 3_000;
}

/** What a session shows and bills; whole watt-hours. */
export interface SessionMeter {
  readonly energyWh: number;
  readonly meterStartWh: number | null;
  readonly meterStopWh: number | null;
  readonly flags: readonly MeterFlag[];
  /** Somebody should look before this is billed. */
  readonly isDoubtful: boolean;
}

export function sessionMeter(register: MeterRegister): SessionMeter {
  const { endedAt, stop, isRead, lastWh, meterStartWh, startSource, flags } = register;
  const isStopInferred = endedAt !== null && stop === null && isRead;
  return {
    energyWh: energyWh(register),
    meterStartWh: meterStartWh === null ? null : Math.round(meterStartWh),
    meterStopWh: isStopInferred ? Math.round(lastWh) : stop === null ? null : Math.round(stop.wh),
    flags: [
      ...(startSource === "inferred" ? ["inferredStart" as const] : []),
      ...(isStopInferred ? ["inferredStop" as const] : []),
      ...flags,
    ],
    isDoubtful: isDoubtful(register),
  };
}

/**
 * Energy so far, in whole Wh: the difference of the rounded readings, so that what is shown adds
 * up.
 */
export function energyWh(register: MeterRegister): number {
  if (!register.isRead) return Math.round(register.intervals.wh);
  const { settledWh, lastWh, firstWh } = register;
  return Math.round(settledWh) + Math.round(lastWh) - Math.round(firstWh);
}

/**
 * A credible final reading excuses odd samples before it; nothing excuses another meter, wrong
 * units or an impossible power.
 */
function isDoubtful({ flags, isFinal }: MeterRegister): boolean {
  const lasting: readonly MeterFlag[] = ["meterSwap", "kWhAsWh", "tooFast"];
  if (lasting.some((flag) => flags.includes(flag))) return true;
  const odd: readonly MeterFlag[] = [
    "wentBack",
    "implausibleJump",
    "placeholderStart",
    "placeholderStop",
  ];
  return !isFinal && odd.some((flag) => flags.includes(flag));
}
