import { type Address, formatAddress, shardOf } from "#schemas/address.ts";
import { decodeAnswer, encodeEnvelope } from "./envelope.ts";
import type { ActorAnswer, Actors, MessageHeader } from "./ports/actors.ts";
import type { Bus } from "./ports/bus.ts";

/** Longer than a worker's take-over and a commit, shorter than a station's patience (30 s). */
const ASK_TIMEOUT_MS = 20_000;

export function actorSubject(shard: number): string {
  return `actor.${shard}`;
}

/** Reaches actors by the shard of their address, whoever owns it. */
export function actorsOverBus(bus: Bus, shardCount: number): Actors {
  return {
    async ask(
      to: Address,
      header: MessageHeader,
      body: string,
      timeoutMs: number = ASK_TIMEOUT_MS,
    ): Promise<ActorAnswer> {
      const subject = actorSubject(shardOf(to, shardCount));
      const envelope = encodeEnvelope(formatAddress(to), header, body);
      return decodeAnswer(await bus.ask(subject, envelope, timeoutMs));
    },
  };
}
