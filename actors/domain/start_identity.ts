/**
 * Identities of repeats. A station that heard no answer sends a transaction message again, minutes
 * or days later and under another message id (rule T2).
 */
import { stableHash } from "#schemas/address.ts";
import type { TransactionEvent } from "#schemas/events/station.ts";

/** The parts of a start that its repeat has in common with it. */
export type StartParts = Pick<
  TransactionEvent,
  "evseId" | "connectorId" | "at" | "idToken" | "meterStartWh"
>;

/**
 * A 1.6 start within its station: connector, timestamp, idTag (without case) and meterStart, as 30
 * characters. The idTag enters as a hash, because a journal keeps no card numbers; the other parts
 * are readable, so only two cards at one connector, second and reading could ever collide.
 */
export function startIdentity(start: StartParts): string {
  const uid = (start.idToken?.uid ?? "").toLowerCase();
  const card = stableHash(uid).toString(36) + stableHash(`${uid}~`).toString(36);
  return [start.evseId ?? "", start.connectorId ?? "", start.at, start.meterStartWh ?? "", card]
    .join(".");
}
