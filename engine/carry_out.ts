import type { Alarms } from "./alarms.ts";
import type { DueEffect } from "./batch.ts";
import type { Outbox } from "./outbox.ts";
import type { Bus } from "./ports/bus.ts";

/** Where the effects of committed steps go. */
export interface EffectEnds {
  readonly alarms: Alarms;
  readonly outbox: Outbox;
  readonly bus: Bus;
}

/**
 * Carries out one effect of a step that has committed. Answers and forwards are none of it: they
 * are part of the step's own message; facts are read from the journal by the relay.
 */
export function carryOut({ id, actor, seq, effect }: DueEffect, ends: EffectEnds): void {
  switch (effect.type) {
    case "tell":
      ends.outbox.send({ id, receiver: effect.to, event: JSON.stringify(effect.event) });
      return;
    case "send":
      ends.bus.tell(effect.subject, effect.text);
      return;
    case "arm":
      ends.alarms.arm({
        actor,
        name: effect.name,
        due: effect.due,
        generation: seq,
        event: JSON.stringify(effect.event),
      });
      return;
    case "disarm":
      ends.alarms.disarm(actor, effect.name);
      return;
    default:
      return;
  }
}
