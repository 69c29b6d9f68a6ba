/** The roll-ups of energy: what messages of sessions add to their quarters and days. */
import {
  book,
  type Booked,
  type EnergyPoint,
  quarterOf,
  type QuarterShare,
  takenBack,
} from "#actors/domain/energy_booking.ts";
import type {
  BookedUntil,
  MeterStore,
  SessionEnergy,
  SessionName,
  SessionShares,
} from "../ports/meter_store.ts";

/** A row of the journal, as far as a session's energy is concerned. */
export interface EnergyMessage extends SessionName {
  readonly stationId: string;
  /** When it came, by our clock. */
  readonly arrivedAt: number;
  /** Null: it tells of no time. */
  readonly point: EnergyPoint | null;
  /** A step's row does not hold the energy: the session's own row does. */
  readonly isStep: boolean;
  /** Whether the session's end, or a correction of it, may be what this row is about. */
  readonly mayEnd: boolean;
}

/**
 * Messages of sessions that have to be booked now: a step came, or a reading of another quarter
 * than the one that is booked up to. All else waits in the session's progress.
 */
export function dueOf(
  messages: readonly EnergyMessage[],
  until: readonly BookedUntil[],
): readonly EnergyMessage[] {
  const known = new Map(until.map((session) => [keyOf(session), session]));
  const due = new Set<string>();
  for (const message of messages) {
    const key = keyOf(message);
    if (message.isStep || isNewQuarter(message.point, known.get(key))) due.add(key);
  }
  return due.size === 0 ? [] : messages.filter((message) => due.has(keyOf(message)));
}

function isNewQuarter(point: EnergyPoint | null, until: BookedUntil | undefined): boolean {
  if (point === null || until?.isFinal === true) return false;
  if (until === undefined || until.bookedTo === null) return true;
  return quarterOf(Math.min(point.at, point.arrivedAt) - 1) > quarterOf(until.bookedTo);
}

/**
 * Books what these messages (in order of shard and seq) say, by the difference to what was booked
 * before: a pass that is repeated, or a message that comes again, adds nothing.
 */
export async function bookEnergy<Handle>(
  store: MeterStore<Handle>,
  messages: readonly EnergyMessage[],
  handle: Handle,
): Promise<void> {
  const bySession = Map.groupBy(messages, keyOf);
  const names = [...bySession.values()].flatMap(([first]) => first === undefined ? [] : [first])
    .map(({ tenant, sessionId }) => ({ tenant, sessionId }));
  const added: SessionShares[] = [];
  const tooMuch: (SessionShares & { readonly wh: number })[] = [];
  for (const session of await store.energyOf(names, handle)) {
    const ofSession = bySession.get(keyOf(session)) ?? [];
    const { booked, shares, tooMuchWh } = booking(session, ofSession);
    const { tenant, sessionId } = session;
    const stationId = ofSession[0]?.stationId ?? "";
    added.push({ tenant, sessionId, stationId, booked, shares });
    if (tooMuchWh > 0) {
      tooMuch.push({ tenant, sessionId, stationId, booked, shares, wh: tooMuchWh });
    }
  }
  if (added.length > 0) await store.addShares(added, handle);
  for (const { wh, ...session } of tooMuch) {
    // deno-lint-ignore no-await-in-loop -- rare: a register that was corrected downwards.
    const held = await store.quartersOf(session, handle);
    const shares = takenBack(held, wh, session.booked.to);
    // deno-lint-ignore no-await-in-loop -- as above.
    await store.addShares([{ ...session, shares }], handle);
  }
}

function booking(
  session: SessionEnergy,
  messages: readonly EnergyMessage[],
): { booked: Booked; shares: readonly QuarterShare[]; tooMuchWh: number } {
  const { startedAt, endedAt, energyWh, booked } = session;
  // While old rows are read of a session that has ended since, its readings come first.
  const isEnd = endedAt !== null &&
    (booked?.isFinal === true || messages.some(({ mayEnd }) => mayEnd));
  const end = isEnd ? { at: endedAt, wh: energyWh } : null;
  const points = messages.flatMap(({ point, isStep }) => {
    if (point === null) return [];
    return isStep && endedAt === null ? [{ ...point, wh: energyWh }] : [point];
  });
  const arrivedAt = messages[0]?.arrivedAt ?? startedAt;
  return book(booked, { startedAt, end }, [...waiting(session, points, arrivedAt), ...points]);
}

/** What waited since the last booking. Points of this pass have moved the newest reading. */
function waiting(
  { newest, before }: SessionEnergy,
  points: readonly EnergyPoint[],
  arrivedAt: number,
): readonly EnergyPoint[] {
  const last = points.length === 0 ? newest : before;
  if (last === null) return [];
  return [{ at: last.at, arrivedAt, wh: last.wh, powerW: last.peakW }];
}

function keyOf({ tenant, sessionId }: SessionName): string {
  return `${tenant}\n${sessionId}`;
}
