import { type Address, stationKey, stationOfKey } from "#schemas/address.ts";
import type { Asked } from "./route.ts";

/** Where the actor of a station lives. */
export function chargerAddress(tenant: string, stationId: string): Address {
  return { tenant, kind: "charger", key: stationKey(stationId) };
}

export function sessionAddress(tenant: string, sessionId: string): Address {
  return { tenant, kind: "session", key: sessionId };
}

/** The station of a session, an alert or another part: their ids begin with its key. */
export function stationOfPart(partId: string): string {
  return stationOfKey(partId);
}

/** What is asked of an actor. */
export interface Question {
  readonly type: string;
  readonly body?: unknown;
  /** Tells the questions of one request apart. */
  readonly purpose?: string;
  readonly timeoutMs?: number;
}

/** Who asks: all that is needed to ask an actor. */
export type Asker = Pick<Asked, "platform" | "tenant" | "id">;

/**
 * Asks an actor and gives its reply, after its commit. Repeats under one Idempotency-Key ask once.
 */
export async function askActor<Reply>(
  asker: Asker,
  to: Address,
  question: Question,
): Promise<Reply> {
  const cause = `rest/${asker.id(`${question.type} ${question.purpose ?? to.key}`)}`;
  const answer = await asker.platform.actors.ask(
    to,
    { type: question.type, cause },
    JSON.stringify(question.body ?? {}),
    question.timeoutMs,
  );
  const reply: Reply = JSON.parse(answer.text);
  return reply;
}
