import { Turn as AnyTurn } from "#actors/turn.ts";
import type { EventOf, SessionContext, SessionEvent, SessionFlag } from "./context.ts";

/** One step of a session while its rules work on it. */
export class Turn extends AnyTurn<SessionContext> {
  flag(flag: SessionFlag): void {
    const { flags } = this.context;
    if (!flags.includes(flag)) this.set({ flags: [...flags, flag] });
  }

  get chargerAddress(): string {
    const { tenant, id } = this.context;
    return `${tenant}:charger/${id.slice(0, id.lastIndexOf("~"))}`;
  }
}

/**
 * A decision of the chart: what one kind of event, or several, means in the state where it is
 * named.
 */
export type Rule = (turn: Turn, event: SessionEvent) => void;

/** A rule for events of these types; the chart gives it no others. */
export function rule<Type extends SessionEvent["type"]>(
  types: readonly Type[],
  decide: (turn: Turn, event: EventOf<Type>) => void,
): Rule {
  const isMine = (event: SessionEvent): event is EventOf<Type> =>
    types.some((type) => type === event.type);
  return (turn, event) => {
    if (isMine(event)) decide(turn, event);
  };
}
