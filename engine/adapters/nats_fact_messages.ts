import { type ConsumerConfig, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import type { DurableFact, FactStart } from "../ports/durable_facts.ts";
import type { StatedFact } from "../ports/facts.ts";

/** @throws when the message is no fact of ours. */
export function durableFact(
  message: JsMsg,
  { prefix, era }: { readonly prefix: string; readonly era: number },
): DurableFact {
  const stated = message.json<StatedFact>();
  if (typeof stated.kind !== "string" || typeof stated.tenant !== "string") {
    throw new TypeError("it has no kind or no tenant");
  }
  return {
    ...stated,
    sequence: message.seq,
    subject: message.subject.slice(prefix.length),
    key: message.headers?.get("Nats-Msg-Id") || `${era}:${message.seq}`,
    era,
  };
}

/** Where a new consumer begins, in the server's words. */
export function startSettings(start: FactStart | undefined): Partial<ConsumerConfig> {
  if (start === undefined) return { deliver_policy: DeliverPolicy.New };
  if ("at" in start) {
    const time = new Date(start.at).toISOString();
    return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: time };
  }
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start.afterSequence + 1 };
}
