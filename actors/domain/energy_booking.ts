/**
 * Which quarter of an hour a session's energy and time belong to. A session's readings come late,
 * twice and corrected: only the difference to what was booked before is booked, so that the sum of
 * its quarters is always the energy and the time that the session itself shows.
 */

export const QUARTER_MS = 15 * 60_000;
/** A longer silence than this is booked in its last month: it says nothing about its quarters. */
const SPAN_MS_MAX = 31 * 24 * 60 * 60_000;

/** What is booked of a session: its time from … to …, and its energy. */
export interface Booked {
  readonly from: number;
  readonly to: number;
  readonly wh: number;
  /** By the session's end: readings change nothing any more, another end does. */
  readonly isFinal: boolean;
}

/** What one message told. */
export interface EnergyPoint {
  /** The station's time of the reading. */
  readonly at: number;
  /** When the message came: a reading is never later. */
  readonly arrivedAt: number;
  /** Energy of the session by then; null when the message does not tell. */
  readonly wh: number | null;
  readonly powerW: number | null;
}

export interface SessionSpan {
  readonly startedAt: number;
  /** Set to book the end: time and energy are then as here, whatever was booked. */
  readonly end: { readonly at: number; readonly wh: number } | null;
}

/** What to add to a quarter. */
export interface QuarterShare {
  /** Its begin. */
  readonly quarter: number;
  readonly wh: number;
  readonly seconds: number;
  readonly starts: number;
  readonly maxPowerW: number | null;
}

export interface Booking {
  readonly booked: Booked;
  readonly shares: readonly QuarterShare[];
  /** Energy that was booked too much: to be taken out of the newest quarters (`takenBack`). */
  readonly tooMuchWh: number;
}

export function quarterOf(at: number): number {
  return Math.floor(at / QUARTER_MS) * QUARTER_MS;
}

/** Books what `points` (in order of arrival) and the session's end add to what was booked. */
export function book(
  before: Booked | null,
  session: SessionSpan,
  points: readonly EnergyPoint[],
): Booking {
  const shares = new Shares();
  let booked = begun(before, session, shares);
  for (const point of points) {
    if (!booked.isFinal) booked = withPoint(booked, point, shares);
  }
  if (session.end === null) return { booked, shares: shares.list(), tooMuchWh: 0 };
  const { at, wh } = session.end;
  const to = Math.max(at, booked.from);
  shares.addSeconds(Math.min(booked.to, to), Math.max(booked.to, to), to < booked.to ? -1 : 1);
  const more = wh - booked.wh;
  if (more > 0) shares.addEnergy(more, Math.min(booked.to, to), to);
  return {
    booked: { ...booked, to, wh, isFinal: true },
    shares: shares.list(),
    tooMuchWh: Math.max(0, -more),
  };
}

/**
 * Takes `wh` out of a session's quarters, the newest first, none below zero: a corrected register
 * says that the last readings were too high. What they do not hold any more (they were dropped) is
 * taken from the quarter of `endedAt`, so that days and months are right.
 */
export function takenBack(
  quarters: readonly { readonly quarter: number; readonly wh: number }[],
  wh: number,
  endedAt: number,
): readonly QuarterShare[] {
  const shares = new Shares();
  let rest = wh;
  for (const { quarter, wh: held } of quarters.toSorted((a, b) => b.quarter - a.quarter)) {
    const part = Math.min(rest, Math.max(0, held));
    if (part > 0) shares.add(quarter, { wh: -part });
    rest -= part;
    if (rest === 0) break;
  }
  if (rest > 0) shares.add(endedAt, { wh: -rest });
  return shares.list();
}

/** The first booking counts the session; a start that turns out to be another moves it. */
function begun(before: Booked | null, { startedAt }: SessionSpan, shares: Shares): Booked {
  if (before === null) {
    shares.add(startedAt, { starts: 1 });
    return { from: startedAt, to: startedAt, wh: 0, isFinal: false };
  }
  if (startedAt === before.from) return before;
  const to = Math.max(startedAt, before.to);
  shares.add(before.from, { starts: -1 });
  shares.add(startedAt, { starts: 1 });
  if (startedAt < before.from) shares.addSeconds(startedAt, before.from, 1);
  else shares.addSeconds(before.from, Math.min(startedAt, before.to), -1);
  return { ...before, from: startedAt, to };
}

function withPoint(booked: Booked, point: EnergyPoint, shares: Shares): Booked {
  const at = Math.max(booked.from, Math.min(point.at, point.arrivedAt));
  const to = Math.max(booked.to, at);
  shares.addSeconds(booked.to, to, 1);
  // A reading tells of the time before it, and the power is that of the newest one.
  if (point.powerW !== null && at >= booked.to) {
    shares.add(Math.max(booked.from, at - 1), { maxPowerW: point.powerW });
  }
  // A register only grows: less than what is known is an old reading.
  const more = (point.wh ?? 0) - booked.wh;
  if (more <= 0) return { ...booked, to };
  shares.addEnergy(more, booked.to, to);
  return { ...booked, to, wh: booked.wh + more };
}

/** Sums per quarter. */
class Shares {
  readonly #byQuarter = new Map<number, QuarterShare>();

  add(at: number, more: Partial<Omit<QuarterShare, "quarter">>): void {
    const quarter = quarterOf(at);
    const known = this.#byQuarter.get(quarter) ??
      { quarter, wh: 0, seconds: 0, starts: 0, maxPowerW: null };
    const powers = [known.maxPowerW, more.maxPowerW ?? null].filter((watts) => watts !== null);
    this.#byQuarter.set(quarter, {
      quarter,
      wh: known.wh + (more.wh ?? 0),
      seconds: known.seconds + (more.seconds ?? 0),
      starts: known.starts + (more.starts ?? 0),
      maxPowerW: powers.length === 0 ? null : Math.max(...powers),
    });
  }

  /** Evenly over the time, whole watt-hours that add up. */
  addEnergy(wh: number, from: number, to: number): void {
    if (to <= from) {
      this.add(to, { wh });
      return;
    }
    const begin = Math.max(from, to - SPAN_MS_MAX);
    let given = 0;
    for (const { quarter, end } of quartersOf(begin, to)) {
      const until = Math.round(wh * (end - begin) / (to - begin));
      if (until !== given) this.add(quarter, { wh: until - given });
      given = until;
    }
  }

  /** Whole seconds that add up. */
  addSeconds(from: number, to: number, sign: 1 | -1): void {
    const begin = Math.max(from, to - SPAN_MS_MAX);
    for (const { quarter, start, end } of quartersOf(begin, to)) {
      const seconds = Math.floor(end / 1_000) - Math.floor(start / 1_000);
      if (seconds > 0) this.add(quarter, { seconds: sign * seconds });
    }
  }

  list(): readonly QuarterShare[] {
    return [...this.#byQuarter.values()];
  }
}

function* quartersOf(
  from: number,
  to: number,
): Generator<{ readonly quarter: number; readonly start: number; readonly end: number }> {
  for (let start = from; start < to;) {
    const quarter = quarterOf(start);
    const end = Math.min(to, quarter + QUARTER_MS);
    yield { quarter, start, end };
    start = end;
  }
}
