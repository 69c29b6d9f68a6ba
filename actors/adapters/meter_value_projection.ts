/**
 * Meter values, the progress of sessions and the roll-ups of their energy, derived from the
 * journal: never before the answer.
 */
import { noProgress, progressed } from "#actors/domain/progress.ts";
import type { ActorKind } from "#engine/actor.ts";
import type { JournalEntry } from "#engine/ports/journal.ts";
import { journalledEvent } from "#engine/work.ts";
import { parseAddress, stationOfKey } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { Sample } from "#schemas/events/station.ts";
import type { MeteredMessage, MeterStore, SessionProgress } from "../ports/meter_store.ts";
import { bookEnergy, dueOf, type EnergyMessage } from "./energy_projection.ts";

/** Only rows that may hold samples, or change what a session's energy is. */
export const meteredTypes = [
  "MeterValues",
  "TransactionEvent.Started",
  "TransactionEvent.Updated",
  "TransactionEvent.Ended",
  "session.close",
] as const;

/**
 * Takes rows of the journal to the store, in the transaction that moves the cursor. `heard` is told
 * the time of a message's newest reading and when it came.
 */
export function meterValueProjection<Handle>(
  kinds: readonly ActorKind[],
  store: MeterStore<Handle>,
  heard: (stationAt: number, at: number) => void = () => {},
): (entries: readonly JournalEntry[], handle: Handle) => Promise<void> {
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  return async (entries, handle) => {
    const messages: MeteredMessage[] = [];
    const energies: EnergyMessage[] = [];
    for (const entry of entries) {
      const message = messageOf(byName, entry);
      if (message === undefined) continue;
      energies.push(...energyMessage(message, entry));
      if (message.samples.length === 0) continue;
      messages.push(message);
      heard(message.samples.reduce((newest, { at }) => Math.max(newest, at), 0), entry.at);
    }
    if (messages.length > 0) {
      await store.keep(messages, handle);
    }
    const progress = progressOf(messages);
    const until = progress.length > 0 ? await store.keepProgress(progress, handle) : [];
    const due = dueOf(energies, until);
    if (due.length > 0) await bookEnergy(store, due, handle);
  };
}

/** What a message says about its session's energy; a step that does not say it makes it known. */
function energyMessage(message: MeteredMessage, entry: JournalEntry): readonly EnergyMessage[] {
  const { tenant, stationId, sessionId, samples, energyWh, powerW } = message;
  if (sessionId === null) return [];
  const isStep = entry.class === "T";
  const at = samples.reduce((newest, sample) => Math.max(newest, sample.at), 0);
  const point = samples.length === 0 ? null : {
    at,
    arrivedAt: entry.at,
    wh: energyWh,
    powerW: isStep ? progressed(noProgress, samples).powerW : powerW,
  };
  const mayEnd = isStep && !["TransactionEvent.Started", "TransactionEvent.Updated"]
    .includes(entry.type);
  return [{ tenant, stationId, sessionId, arrivedAt: entry.at, point, isStep, mayEnd }];
}

function messageOf(
  kinds: ReadonlyMap<string, ActorKind>,
  entry: JournalEntry,
): MeteredMessage | undefined {
  const { kind, key, tenant } = parseAddress(entry.actor);
  // What a charger forwards stands in the session's row, too.
  if (kind !== "session" && !(kind === "charger" && entry.class === "S")) return undefined;
  const event = eventOf(kinds, entry);
  if (event === undefined) return undefined;
  const samples = event.samples?.filter(isStorable) ?? [];
  return {
    tenant,
    stationId: stationOfKey(key),
    sessionId: kind === "session" ? key : null,
    evseId: storableNumber(event.evseId),
    connectorId: storableNumber(event.connectorId),
    shard: entry.shard,
    seq: entry.seq,
    samples,
    ...(entry.class === "S" ? noted(entry.effects) : nothingNoted),
  };
}

interface MeteredEvent {
  readonly samples?: readonly Sample[];
  readonly evseId?: number | null;
  readonly connectorId?: number | null;
}

/** The event of a row, or undefined when today's catalogue has no word for it any more. */
function eventOf(
  kinds: ReadonlyMap<string, ActorKind>,
  { actor, at, header, body, inputs }: JournalEntry,
): MeteredEvent | undefined {
  try {
    const row = { actor, at, header: header ?? "{}", body, inputs };
    return journalledEvent(kinds, row) as MeteredEvent;
  } catch (error) {
    if (error instanceof PlatformError) return undefined;
    throw error;
  }
}

/** JSON has no infinity: it would reach the table as null. */
function isStorable({ value, at }: Sample): boolean {
  return Number.isFinite(value) && Number.isFinite(at);
}

/** Numbers of EVSEs are what stations say; a column holds 32 bits. */
function storableNumber(id: number | null | undefined): number | null {
  return id !== undefined && id !== null && Number.isInteger(id) && id === (id | 0) ? id : null;
}

type Noted = Pick<MeteredMessage, "energyWh" | "powerW">;

const nothingNoted: Noted = { energyWh: null, powerW: null };

/** Energy and power as the session's fold noted them in its row (see `Folded.note`). */
function noted(effects: string | null): Noted {
  const [note] = JSON.parse(effects ?? "[]") as readonly { type: string; value?: unknown }[];
  if (note?.type !== "note" || !Array.isArray(note.value)) return nothingNoted;
  const [energyWh, powerW] = note.value as readonly unknown[];
  return {
    // A column holds 64 bits.
    energyWh: Number.isSafeInteger(energyWh) ? Number(energyWh) : null,
    powerW: typeof powerW === "number" ? powerW : null,
  };
}

/** The newest readings per session; rows are in order, so that the last energy is the newest. */
function progressOf(messages: readonly MeteredMessage[]): readonly SessionProgress[] {
  const bySession = Map.groupBy(
    messages.filter(({ sessionId }) => sessionId !== null),
    ({ tenant, sessionId }) => `${tenant}\n${sessionId}`,
  );
  return [...bySession.values()].map((ofSession) => {
    const last = ofSession.findLast(({ energyWh }) => energyWh !== null);
    const sampled = progressed(
      noProgress,
      ofSession.flatMap(({ samples }) => samples),
    );
    const [{ tenant, sessionId } = { tenant: "", sessionId: "" }] = ofSession;
    const { at, currentA, socPercent } = sampled;
    const energyWh = last?.energyWh ?? null;
    const powerW = last === undefined ? sampled.powerW : last.powerW;
    const firstAt = ofSession.flatMap(({ samples }) => samples)
      .reduce((first, sample) => Math.min(first, sample.at), at);
    return {
      ...{ tenant, sessionId: sessionId ?? "", at, firstAt },
      ...{ energyWh, powerW, currentA, socPercent },
    };
  });
}
