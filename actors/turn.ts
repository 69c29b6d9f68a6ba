import type { Effect, PlainEvent } from "#engine/actor.ts";
import type { ErrorKind } from "#schemas/errors.ts";

/** What a step of any kind is given. */
interface Stepping {
  readonly type: string;
  readonly now: number;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/**
 * One step of an actor while its rules work on it: the next context and the effects asked for.
 * Rules replace parts of the context and never change one in place.
 */
export class Turn<Context extends object> {
  readonly now: number;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly effects: Effect[] = [];
  context: Context;

  constructor(context: Context, event: Stepping) {
    this.context = context;
    this.now = event.now;
    this.inputs = event.inputs;
  }

  set(changes: Partial<Context>): void {
    this.context = { ...this.context, ...changes };
  }

  /** The first reply of a commit is the answer; later ones are not heard. */
  reply(value: unknown): void {
    this.effects.push({ type: "reply", value });
  }

  refuse(kind: ErrorKind, detail: string): void {
    this.effects.push({ type: "refuse", kind, detail });
  }

  /** Steps an actor of the same station in the same commit. */
  forward(to: string, event: PlainEvent): void {
    this.effects.push({ type: "forward", to, event });
  }

  tell(to: string, event: PlainEvent): void {
    this.effects.push({ type: "tell", to, event });
  }

  send(subject: string, message: unknown): void {
    this.effects.push({ type: "send", subject, text: JSON.stringify(message) });
  }

  fact(name: string, id: string, data: unknown): void {
    this.effects.push({ type: "fact", name, id, data });
  }

  /** Arms `alarm.<name>`, which carries when it was due: one that rings late has slept. */
  arm(name: string, due: number): void {
    const event = { type: `alarm.${name}`, due };
    this.effects.push({ type: "arm", name, due, event });
  }

  disarm(name: string): void {
    this.effects.push({ type: "disarm", name });
  }
}

/** Of a union the members whose type may be `Type`. */
type Having<Event, Type> = Event extends { readonly type: infer Own }
  ? Type extends Own ? Event & { readonly type: Type } : never
  : never;

/** The events of the given types among those of an actor. */
export type OfType<Event, Type> = Type extends unknown ? Having<Event, Type> : never;

/** Appends to a list that keeps its newest `limit` entries. */
export function keepNewest<Entry>(
  list: readonly Entry[],
  entry: Entry,
  limit: number,
): readonly Entry[] {
  return list.length < limit ? [...list, entry] : [...list.slice(1 - limit), entry];
}

/**
 * An alarm that rings later than this rang late because nobody was there: what it waited for may
 * have come.
 */
export const LATE_RING_MS = 30_000;
