import { Turn as AnyTurn } from "#actors/turn.ts";
import type { PlainEvent, ViewRow } from "#engine/actor.ts";
import { ITEM_KEY_LENGTH_MAX, type ItemBlock, itemId } from "#schemas/station_items.ts";
import { formatInstant } from "#schemas/instant.ts";
import type { Exchange, SentCall } from "./blocks/block.ts";
import type { ChargerContext, ChargerEvent, EventOf } from "./context.ts";

/** One step of a charger while its rules work on it. */
export class Turn extends AnyTurn<ChargerContext> {
  readonly rows: ViewRow[] = [];
  /** CALLs that this step queues and sends, and what became of earlier ones: blocks hear of them. */
  readonly queued: SentCall[] = [];
  readonly sent: SentCall[] = [];
  readonly exchanges: Exchange[] = [];
  /** The station's own row is to be written. */
  isStationChanged = false;

  /** Changes what the station's row and description show. */
  show(changes: Partial<ChargerContext>): void {
    this.set(changes);
    this.isStationChanged = true;
  }

  /** Steps a session of this station in the same commit. */
  forwardTo(sessionNumber: number, event: PlainEvent): void {
    const { context } = this;
    this.forward(`${context.tenant}:session/${sessionKey(context, sessionNumber)}`, event);
  }

  /** Keeps an item of the station in its read model; null removes it. One too long is not kept. */
  keepItem(block: ItemBlock, key: string, body: Readonly<Record<string, unknown>> | null): void {
    if (key.length > ITEM_KEY_LENGTH_MAX) return;
    const { stationId } = this.context;
    const at = formatInstant(this.now);
    this.rows.push({
      table: "station_items",
      id: itemId(this.context.key, block, key),
      row: body === null
        ? null
        : { station_id: stationId, block, key, body, created_at: at, updated_at: at },
    });
  }

  announce(name: string, data: unknown): void {
    this.fact(name, this.context.stationId, data);
  }
}

export function sessionKey(context: ChargerContext, n: number): string {
  return `${context.key}~${n}`;
}

/**
 * A decision of the chart: what one kind of event, or several, means in the state where it is
 * named.
 */
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
