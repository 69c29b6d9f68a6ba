/** A fact as a webhook tells it. */
import type { DurableFact } from "#engine/ports/durable_facts.ts";
import { formatInstant } from "#schemas/instant.ts";

/** A fact as it is written into deliveries: names as in `delivery_intake.ts`. */
export interface EventRecord {
  readonly eventId: string;
  readonly type: string;
  readonly kind: string;
  readonly stationId: string;
  readonly era: number;
  readonly sequence: number;
  readonly at: string;
  readonly body: string;
}

/** `12-345-0`: the same for every delivery of the fact, and fit for a path. */
export function eventIdOf({ key }: Pick<DurableFact, "key">): string {
  return key.replaceAll(":", "-");
}

export function eventRecord(fact: DurableFact): EventRecord {
  const id = eventIdOf(fact);
  const type = `${fact.kind}.${fact.name}`;
  const at = formatInstant(fact.at);
  return {
    eventId: id,
    type,
    kind: fact.kind,
    stationId: fact.id,
    era: fact.era,
    sequence: fact.sequence,
    at,
    body: JSON.stringify({ id, type, at, data: fact.data ?? null }),
  };
}
