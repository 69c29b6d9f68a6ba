/**
 * Transactions of the station as sessions: begun, ended, closed for it, or refused (rules T1-T9,
 * U1-U9).
 */
import { keepNewest } from "#actors/turn.ts";
import { authorise, grantKey } from "#actors/domain/authorisation.ts";
import type { LockedPrice } from "#actors/domain/energy_cost.ts";
import { chargingStateOf } from "#actors/domain/connector_status.ts";
import type { PlainEvent } from "#engine/actor.ts";
import type { StaleClosed } from "#schemas/events/charger.ts";
import type { IdTokenInfo } from "#schemas/events/station.ts";
import type { TokenRecord } from "#schemas/events/token.ts";
import { openAlert, settleAlert } from "./alerts.ts";
import { judgeClock, ourTime } from "./clock.ts";
import { sessionsAt } from "./connectors.ts";
import {
  type ChargerContext,
  energyPrice,
  type EventOf,
  needsToken,
  type OpenSession,
  type RefusedStart,
} from "./context.ts";
import { leadToSession } from "./remote_starts.ts";
import { closedKey, isPlaceholder, ownerOf, startDigest, stopDigest } from "./transactions.ts";
import { rule, sessionKey, type Turn } from "./turn.ts";

const CLOSED_MAX = 32;
const REFUSED_MAX = 16;
/**
 * A station has few EVSEs; more open sessions than this are leftovers, of which the oldest is
 * closed.
 */
const OPEN_MAX = 40;
/** A start that lies so long before the connection happened while the station was offline. */
const OFFLINE_START_MS = 60_000;

export type TransactionMessage = EventOf<
  "TransactionEvent.Started" | "TransactionEvent.Updated" | "TransactionEvent.Ended"
>;

const transactionTypes = [
  "TransactionEvent.Started",
  "TransactionEvent.Updated",
  "TransactionEvent.Ended",
] as const;

/** A transaction message that its session does not take directly. */
export const noteTransaction = rule(transactionTypes, (turn, event) => {
  turn.set({ lastSeenAt: turn.now });
  judgeClock(turn, event.at, event.family === "1.6" || event.offline);
  const owner = ownerOf(turn.context, event);
  switch (owner.of) {
    case "new":
      begin(turn, event);
      break;
    case "open":
      proceed(turn, event, owner.session);
      break;
    case "closed":
      turn.forwardTo(owner.session.n, toSession(event));
      break;
    case "refused":
      turn.reply(refusedReply(event, owner.start));
      break;
    case "nobody":
      keepOrphan(turn, event);
      break;
  }
});

/** Closes what the station no longer has. */
export const closeStaleSessions = rule(["session.close-stale"], (turn) => {
  const closed = turn.context.open.map(({ n }) => sessionKey(turn.context, n));
  closeStale(turn);
  const reply: StaleClosed = { closed };
  turn.reply(reply);
});

export function closeStale(turn: Turn): void {
  for (const session of turn.context.open) close(turn, session);
}

/** What a start that was refused is told when it comes again, and what follows it. */
export function refusedReply(event: TransactionMessage, start: RefusedStart): unknown {
  const idTokenInfo: IdTokenInfo | null = event.idToken === null
    ? null
    : { status: start.status, groupId: tokenOf(event.inputs)?.groupId ?? null, expiresAt: null };
  return { transactionId: start.transactionId, idTokenInfo };
}

/**
 * The station has a transaction that we do not know: usually its start, else the start was lost.
 */
function begin(turn: Turn, event: TransactionMessage): void {
  const { context } = turn;
  const token = tokenOf(turn.inputs);
  const isOffline = happenedOffline(context, event);
  const idTokenInfo = event.idToken === null ? null : authorise({
    idToken: event.idToken,
    token,
    at: isOffline ? event.at : turn.now,
    authorisationRequired: needsToken(context.settings),
    granted: isGranted(turn.inputs),
  });
  const transactionId = event.family === "1.6"
    ? String(turn.inputs["transactionId"])
    : event.transactionId ?? "";
  turn.reply({ transactionId, idTokenInfo });
  const isRefused = idTokenInfo !== null && idTokenInfo.status !== "Accepted";
  if (isRefused && event.type === "TransactionEvent.Started" && !isOffline) {
    const status = idTokenInfo.status;
    rememberRefused(turn, { transactionId, startDigest: digestOf(event), status });
    return;
  }
  makeRoom(turn, event);
  const session = addSession(turn, event, transactionId);
  turn.forwardTo(session.n, {
    ...toSession(event),
    chargingState: event.chargingState ?? stateOfConnector(context, event),
    transactionId,
    authorisation: idTokenInfo?.status ?? null,
    grantKey: heldGrant(turn.inputs),
    authorisationRequired: needsToken(context.settings),
    price: lockedPrice(context, event),
  });
  if (event.type === "TransactionEvent.Ended") moveToClosed(turn, session);
  else leadToSession(turn, event, session.n);
}

/** A message of an open session that changes what the charger knows of it. */
function proceed(turn: Turn, event: TransactionMessage, session: OpenSession): void {
  const isMatched = event.family === "1.6" && event.transactionId !== session.transactionId;
  turn.forwardTo(session.n, { ...toSession(event), ...(isMatched ? { isMatched } : {}) });
  if (event.type === "TransactionEvent.Ended") {
    settleAlert(turn, "stuckSession", sessionKey(turn.context, session.n));
    if (isMatched) rememberStop(turn, event);
    moveToClosed(turn, session);
    return;
  }
  const evseId = session.evseId ?? event.evseId;
  const connectorId = session.connectorId ?? event.connectorId;
  if (evseId !== session.evseId || connectorId !== session.connectorId) {
    const placed = { ...session, evseId, connectorId };
    turn.show({ open: turn.context.open.map((other) => other === session ? placed : other) });
  }
  leadToSession(turn, event, session.n);
}

/**
 * Rule T5: a stop of a transaction that nobody knows. When it holds the reading of its start it
 * makes a closed session that is not billed; the rest is in the journal, and somebody is told.
 */
function keepOrphan(turn: Turn, event: TransactionMessage): void {
  const idTokenInfo = event.idToken === null ? null : authorise({
    idToken: event.idToken,
    token: tokenOf(turn.inputs),
    at: turn.now,
    authorisationRequired: needsToken(turn.context.settings),
    granted: null,
  });
  turn.reply({ transactionId: event.transactionId, idTokenInfo });
  const text = `Stop of the unknown transaction ${event.transactionId} at ${event.meterStopWh} Wh`;
  const hasBegin = event.samples.some(({ context }) => context === "Transaction.Begin");
  if (!hasBegin) {
    rememberStop(turn, event);
    openAlert(turn, "orphanedSession", text);
    return;
  }
  const transactionId = event.transactionId ?? "";
  const session = addSession(turn, event, transactionId);
  const isOrphan = true;
  turn.forwardTo(session.n, { ...toSession(event), transactionId, isOrphan });
  moveToClosed(turn, { ...session, startDigest: stopDigest(event) });
  openAlert(turn, "orphanedSession", text, sessionKey(turn.context, session.n));
}

function addSession(turn: Turn, event: TransactionMessage, transactionId: string): OpenSession {
  const { context } = turn;
  const n = context.counts.sessions + 1;
  const session: OpenSession = {
    n,
    transactionId,
    evseId: event.evseId,
    connectorId: event.connectorId,
    startDigest: digestOf(event),
    tokenUid: event.idToken?.uid.toLowerCase() ?? null,
    meterStartWh: event.meterStartWh,
    startedAt: event.at,
  };
  turn.show({
    open: [...context.open, session],
    counts: { ...context.counts, sessions: n },
  });
  return session;
}

/** Two sessions cannot run on one connector: the one before is over, its end was lost. */
function makeRoom(turn: Turn, event: TransactionMessage): void {
  for (const session of replacedBy(turn.context, event)) close(turn, session);
  const [oldest] = turn.context.open;
  if (oldest !== undefined && turn.context.open.length >= OPEN_MAX) close(turn, oldest);
}

/** Open sessions that a new one ends; one that began later is none of them (rule T4). */
export function replacedBy(
  context: ChargerContext,
  event: TransactionMessage,
): readonly OpenSession[] {
  return sessionsAt(context, event.evseId, event.connectorId)
    .filter(({ startedAt }) => startedAt <= event.at);
}

function close(turn: Turn, session: OpenSession): void {
  turn.forwardTo(session.n, { type: "session.close", reason: "Stale" });
  settleAlert(turn, "stuckSession", sessionKey(turn.context, session.n));
  moveToClosed(turn, session);
}

function moveToClosed(turn: Turn, session: OpenSession): void {
  const { n, startDigest } = session;
  const { open, closed } = turn.context;
  const transactionId = closedKey(session.transactionId);
  turn.show({
    open: open.filter((other) => other.n !== n),
    closed: keepNewest(closed, { n, transactionId, startDigest }, CLOSED_MAX),
  });
}

function rememberRefused(turn: Turn, start: RefusedStart): void {
  turn.set({ refused: keepNewest(turn.context.refused, start, REFUSED_MAX) });
}

/**
 * A stop without an id of ours is known again by what it says, so that its repeat changes nothing.
 */
function rememberStop(turn: Turn, event: TransactionMessage): void {
  const transactionId = isPlaceholder(event.transactionId) ? "" : event.transactionId ?? "";
  rememberRefused(turn, { transactionId, startDigest: stopDigest(event), status: "Accepted" });
}

/** Of a session whose end is all that came nobody knows what its price was when it began. */
function lockedPrice(
  { settings }: ChargerContext,
  { type }: TransactionMessage,
): LockedPrice | null {
  const price = energyPrice(settings);
  return price === null || type === "TransactionEvent.Ended"
    ? null
    : { ...price, isShown: !settings.quiet };
}

function digestOf(event: TransactionMessage): string | null {
  return event.family === "1.6" ? startDigest(event) : null;
}

/** Rule S1: in 1.6 the connector's status says in which state its session is. */
function stateOfConnector(context: ChargerContext, event: TransactionMessage): string | null {
  if (event.family !== "1.6") return null;
  const connector = context.connectors.find(({ evseId, connectorId }) =>
    evseId === event.evseId && connectorId === event.connectorId
  );
  return connector === undefined ? null : chargingStateOf(connector.status);
}

/** Whether the station decided alone: then the energy has flowed whatever we answer (rule U5). */
function happenedOffline(context: ChargerContext, event: TransactionMessage): boolean {
  if (event.offline) return true;
  const since = context.link?.openedAt;
  return since !== undefined && ourTime(context, event.at) < since - OFFLINE_START_MS;
}

/**
 * The token actor that counts this session, or null when none does. Whoever was granted holds it,
 * also when the step then finds that it happened offline.
 */
function heldGrant(inputs: Readonly<Record<string, unknown>>): string | null {
  const token = tokenOf(inputs);
  return token !== null && isGranted(inputs) === true ? grantKey(token) : null;
}

/** The message without what the transport and the engine added. */
function toSession(event: TransactionMessage): PlainEvent {
  const { now: _now, inputs: _inputs, receivedAt: _at, protocol: _p, ...rest } = event;
  const { messageId: _id, action: _action, epoch: _epoch, ...plain } = rest;
  return plain;
}

function tokenOf(inputs: Readonly<Record<string, unknown>>): TokenRecord | null {
  return (inputs["token"] ?? null) as TokenRecord | null;
}

function isGranted(inputs: Readonly<Record<string, unknown>>): boolean | null {
  const grant = inputs["grant"] as { readonly granted: boolean } | null | undefined;
  return grant === null || grant === undefined ? null : grant.granted;
}
