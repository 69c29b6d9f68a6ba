import type { Effect, PlainEvent, ViewRow } from "#engine/actor.ts";
import type { ErrorKind } from "#schemas/errors.ts";
import type { ChargerContext, ChargerEvent, EventOf } from "./context.ts";

/**
 * One step of a charger while its rules work on it: the next context, the effects asked for and the rows
 * of read models. Rules replace parts of the context and never change one in place.
 */
export class Turn {
  readonly now: number;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly effects: Effect[] = [];
  readonly rows: ViewRow[] = [];
  context: ChargerContext;
  /** The station's own row is to be written. */
  isStationChanged = false;

  constructor(context: ChargerContext, event: ChargerEvent) {
    this.context = context;
    this.now = event.now;
    this.inputs = event.inputs;
  }

  set(changes: Partial<ChargerContext>): void {
    this.context = { ...this.context, ...changes };
  }

  /** Changes what the station's row and description show. */
  show(changes: Partial<ChargerContext>): void {
    this.set(changes);
    this.isStationChanged = true;
  }

  reply(value: unknown): void {
    this.effects.push({ type: "reply", value });
  }

  refuse(kind: ErrorKind, detail: string): void {
    this.effects.push({ type: "refuse", kind, detail });
  }

  /** Steps a session of this station in the same commit. */
  forward(sessionNumber: number, event: PlainEvent): void {
    const to = sessionAddress(this.context, sessionNumber);
    this.effects.push({ type: "forward", to, event });
  }

  fact(name: string, data: unknown): void {
    this.effects.push({ type: "fact", name, id: this.context.stationId, data });
  }

  send(subject: string, message: unknown): void {
    this.effects.push({ type: "send", subject, text: JSON.stringify(message) });
  }

  arm(name: "offline" | "commands", due: number): void {
    const event = { type: `alarm.${name}`, due };
    this.effects.push({ type: "arm", name, due, event });
  }

  disarm(name: "offline" | "commands"): void {
    this.effects.push({ type: "disarm", name });
  }
}

export function sessionKey(context: ChargerContext, n: number): string {
  return `${context.key}~${n}`;
}

function sessionAddress(context: ChargerContext, n: number): string {
  return `${context.tenant}:session/${sessionKey(context, n)}`;
}

/** A decision of the chart: what one kind of event, or several, means in the state where it is named. */
export type Rule = (turn: Turn, event: ChargerEvent) => void;

/** A rule for events of these types; the chart gives it no others. */
export function rule<Type extends ChargerEvent["type"]>(
  types: readonly Type[],
  decide: (turn: Turn, event: EventOf<Type>) => void,
): Rule {
  const isMine = (event: ChargerEvent): event is EventOf<Type> =>
    types.some((type) => type === event.type);
  return (turn, event) => {
    if (isMine(event)) decide(turn, event);
  };
}

/** Appends to a list that keeps its newest `limit` entries. */
export function keepNewest<Entry>(
  list: readonly Entry[],
  entry: Entry,
  limit: number,
): readonly Entry[] {
  return list.length < limit ? [...list, entry] : [...list.slice(1 - limit), entry];
}
