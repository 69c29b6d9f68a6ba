/** To which session a message of the station belongs, before anything is done about it. */
import { startIdentity } from "#actors/domain/start_identity.ts";
import { stableHash } from "#schemas/address.ts";
import type { MeterValues, TransactionEvent } from "#schemas/events/station.ts";
import { sessionsAt } from "./connectors.ts";
import type { ChargerContext, ClosedSession, OpenSession, RefusedStart } from "./context.ts";

export type Owner =
  | { readonly of: "open"; readonly session: OpenSession }
  | { readonly of: "closed"; readonly session: ClosedSession }
  /** A start that made no session, or an orphaned stop that was stored already. */
  | { readonly of: "refused"; readonly start: RefusedStart }
  /** Nothing is known of it: a new session. */
  | { readonly of: "new" }
  /** A 1.6 stop that nothing can be said about (rule T5). */
  | { readonly of: "nobody" };

const unknown: Owner = { of: "new" };
const nobody: Owner = { of: "nobody" };

/**
 * What stations send when they never got an id: 0 and -1 have that meaning in the field (rule T1).
 */
const placeholderIds: ReadonlySet<string> = new Set(["0", "-1"]);

export function isPlaceholder(transactionId: string | null): boolean {
  return transactionId === null || placeholderIds.has(transactionId);
}

/** 64 bits of a repeat's identity: enough among the few dozen of one station. */
export function startDigest(event: TransactionEvent): string {
  return digest(startIdentity(event));
}

/** A stop without a usable id is known again by what it says. */
export function stopDigest(event: TransactionEvent): string {
  return digest(`${event.transactionId}/${event.at}/${event.meterStopWh}`);
}

/**
 * What is remembered of a closed session's transaction: our own ids are short, a station's may have
 * 36 characters.
 */
export function closedKey(transactionId: string): string {
  return transactionId.length <= SHORT ? transactionId : digest(transactionId);
}

/** Ids of ours have at most 10 digits; a digest has about 13 characters. */
const SHORT = 12;

function digest(identity: string): string {
  return stableHash(identity).toString(36) + stableHash(`~${identity}`).toString(36);
}

/**
 * Whose it is: by transaction id, or in 1.6 by the start's identity (T2) or what else a stop says
 * (T5).
 */
export function ownerOf(context: ChargerContext, event: TransactionEvent): Owner {
  if (event.family === "2.x") return byTransactionId(context, event.transactionId) ?? unknown;
  if (event.type === "TransactionEvent.Started") return byDigest(context, startDigest(event));
  const known = isPlaceholder(event.transactionId)
    ? undefined
    : byTransactionId(context, event.transactionId);
  if (known !== undefined) return known;
  const stored = byDigest(context, stopDigest(event));
  return stored.of === "new" ? byEvidence(context, event) : stored;
}

function byTransactionId(context: ChargerContext, id: string | null): Owner | undefined {
  if (id === null) return undefined;
  for (const session of context.open) {
    if (session.transactionId === id) return { of: "open", session };
  }
  const key = closedKey(id);
  for (const session of context.closed) {
    if (session.transactionId === key) return { of: "closed", session };
  }
  for (const start of context.refused) {
    if (start.transactionId === id) return { of: "refused", start };
  }
  return undefined;
}

function byDigest(context: ChargerContext, wanted: string): Owner {
  for (const session of context.open) {
    if (session.startDigest === wanted) return { of: "open", session };
  }
  for (const session of context.closed) {
    if (session.startDigest === wanted) return { of: "closed", session };
  }
  for (const start of context.refused) {
    if (start.startDigest === wanted) return { of: "refused", start };
  }
  return unknown;
}

/**
 * A stop of an id that we never gave: it ends the one open session that its card, time and meter
 * fit. An id of another system may be meant elsewhere, so that its card has to be named; a
 * placeholder is ours.
 */
function byEvidence(context: ChargerContext, event: TransactionEvent): Owner {
  const uid = event.idToken?.uid.toLowerCase() ?? null;
  if (uid === null && !isPlaceholder(event.transactionId)) return nobody;
  const fitting = context.open.filter((session) =>
    (uid === null || session.tokenUid === uid) && session.startedAt <= event.at &&
    session.startDigest !== null && (session.meterStartWh ?? 0) <= (event.meterStopWh ?? 0)
  );
  const [session] = fitting;
  return session === undefined || fitting.length > 1 ? nobody : { of: "open", session };
}

/** The session whose energy these values are; undefined = the station's own (rules T7, M4). */
export function meteredSession(context: ChargerContext, event: MeterValues): number | undefined {
  const { transactionId } = event;
  if (!isPlaceholder(transactionId)) {
    const owner = byTransactionId(context, transactionId);
    return owner?.of === "open" || owner?.of === "closed" ? owner.session.n : undefined;
  }
  if (event.evseId === 0) return undefined;
  const [session, ...others] = sessionsAt(context, event.evseId, event.connectorId);
  return others.length === 0 ? session?.n : undefined;
}
