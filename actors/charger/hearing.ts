/**
 * How an event passes the charger: which need a step, which change nothing that is stored, and
 * which belong to a session. This is the hot path of every message.
 */
import { authorise } from "#actors/domain/authorisation.ts";
import type { EventClass, Folded, InputRequest } from "#engine/actor.ts";
import type { Address } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { AuthenticateReply } from "#schemas/events/gateway.ts";
import type { GrantWish, TokenRecord } from "#schemas/events/token.ts";
import { stationCommandOf } from "#schemas/station_commands/mod.ts";
import { steppedStation } from "./announcements.ts";
import {
  isFollowed,
  isStepped,
  plainReply,
  readsOfCall,
  readsOfNotice,
  readsOfOrder,
  readsOfResume,
} from "./blocks/mod.ts";
import { wireId } from "./command_life.ts";
import { isStatusNews } from "./connectors.ts";
import {
  type ChargerContext,
  type ChargerEvent,
  type EventOf,
  needsToken,
  withMark,
} from "./context.ts";
import { noticeOf } from "./notices.ts";
import { isOtherStation } from "./presence.ts";
import { grantedReply } from "./quirks.ts";
import { bootReply } from "./registration.ts";
import { rivalWaitSeconds } from "./rivals.ts";
import { refusedReply, replacedBy, type TransactionMessage } from "./sessions.ts";
import { isGrantedAlready, isOfCurrentSocket, replacedSocket } from "./sockets.ts";
import { stationRequest } from "./station_input.ts";
import { meteredSession, ownerOf } from "./transactions.ts";
import { sessionKey } from "./turn.ts";
import { describeStation } from "./views.ts";

/** A station that only beats shows itself in the read model this often. */
export const SHOW_EVERY_MS = 10 * 60_000;

/** An event of one of these types; `receive` has given it its shape. */
export function isOf<Type extends ChargerEvent["type"]>(
  event: { readonly type: string },
  ...types: readonly Type[]
): event is EventOf<Type> {
  return types.some((type) => type === event.type);
}

function isTransaction(event: { readonly type: string }): event is TransactionMessage {
  return event.type.startsWith("TransactionEvent.");
}

/** The session that takes the message itself: what changes nothing that the charger knows. */
export function route(
  event: { readonly type: string },
  context: ChargerContext,
): Address | undefined {
  const n = isOf(event, "MeterValues")
    ? meteredSession(context, event)
    : isTransaction(event)
    ? directSession(context, event)
    : undefined;
  if (n === undefined) return undefined;
  return { tenant: context.tenant, kind: "session", key: sessionKey(context, n) };
}

function directSession(context: ChargerContext, event: TransactionMessage): number | undefined {
  // A repeated 1.6 start only wants its id again, which is here.
  if (event.family === "1.6" && event.type === "TransactionEvent.Started") return undefined;
  const owner = ownerOf(context, event);
  // A reservation that it names is told by the charger.
  if (owner.of === "closed" && event.reservationId === null) return owner.session.n;
  if (owner.of !== "open" || event.type === "TransactionEvent.Ended") return undefined;
  const isAwaited = event.remoteStartId !== null || event.reservationId !== null ||
    (event.idToken !== null && context.awaited.length > 0);
  const isPlaced = owner.session.evseId === null && event.evseId !== null;
  return isAwaited || isPlaced ? undefined : owner.session.n;
}

export function classify(event: { readonly type: string }, context: ChargerContext): EventClass {
  if (isRepeat(event, context)) return "beat";
  if (isOf(event, "Heartbeat")) {
    const isNews = replacedSocket(context, event) !== undefined;
    const isDue = event.receivedAt - context.shownAt >= SHOW_EVERY_MS;
    return isNews || isDue ? "transition" : "beat";
  }
  if (isOf(event, "MeterValues")) return "sample";
  if (isOf(event, "Notice")) return isStepped(event.action) ? "transition" : "sample";
  if (isOf(event, "Authorize", "station.describe", "socket.authenticate")) return "question";
  if (isOf(event, "StatusNotification", "StatusReports")) {
    const reports = event.type === "StatusReports" ? event.reports : [event];
    const isNews = reports.some((report) => isStatusNews(context, report, event.receivedAt));
    return isNews ? "transition" : "beat";
  }
  if (isOf(event, "ocpp.answer")) {
    const known = context.commands.find((record) => wireId(record) === event.messageId);
    // An outcome that was told already is told again by who did not hear our answer.
    const isNews = known !== undefined && event.outcome !== "sent" &&
      event.outcome !== known.status;
    return isNews ? "transition" : "beat";
  }
  if (isOf(event, "socket.opened")) {
    return isGrantedAlready(context, event) ? "question" : "transition";
  }
  if (isOf(event, "socket.closed", "socket.absent", "gateway.lost")) {
    return isOfCurrentSocket(context, event) ? "transition" : "beat";
  }
  return isTransaction(event) ? classifyTransaction(event, context) : "transition";
}

/**
 * Whether a message is delivered once more that has changed something before: who did not hear our
 * answer sends it again, also to the shard's next owner. Those of transactions are known by what
 * they say.
 */
function isRepeat(event: { readonly type: string }, context: ChargerContext): boolean {
  if (isOf(event, "BootNotification")) {
    return isMarked(context, event) && !isOtherStation(context, event.serialNumber);
  }
  if (isOf(event, "station.register", "station.remove")) return isMarked(context, event);
  return isOf(event, "StatusNotification", "StatusReports", "MeterValues", "Notice") &&
    isMarked(context, event);
}

function isMarked({ marks }: ChargerContext, { mark }: { readonly mark: number }): boolean {
  return marks.includes(mark);
}

function classifyTransaction(event: TransactionMessage, context: ChargerContext): EventClass {
  const { of } = ownerOf(context, event);
  const isStart = event.type === "TransactionEvent.Started";
  if (of === "refused") return isStart ? "question" : "sample";
  const isRepeatedStart = isStart && event.family === "1.6" && of !== "new";
  return isRepeatedStart ? "question" : "transition";
}

/** What the step or the answer needs from outside. */
export function inputs(
  event: { readonly type: string },
  context: ChargerContext,
): readonly InputRequest[] {
  if (isOf(event, "Authorize")) return [tokenRequest(event.idToken.uid)];
  if (isTransaction(event)) return transactionInputs(event, context);
  const isUnknown = context.createdAt === null;
  if (isOf(event, "socket.opened")) {
    if (isGrantedAlready(context, event)) return [];
    const epoch = { name: "epoch", source: "shardEpoch", request: context.key };
    return [epoch, ...(isUnknown ? [mayRegister] : connectionInputs(context))];
  }
  if (isOf(event, "socket.closed", "socket.absent", "gateway.lost", "alarm.offline")) {
    return [offlineAlert];
  }
  if (isOf(event, "socket.authenticate")) return isUnknown ? [mayRegister] : [];
  if (isOf(event, "alarm.configuration", "configuration.check")) {
    const { stationId } = context;
    return [{
      ...{ name: "drift", source: "configurationDrift", request: { stationId } },
      readsOwnRows: true,
    }];
  }
  if (isOf(event, "command.request")) return commandInputs(event, context);
  if (isOf(event, "ocpp.answer")) return answerInputs(event, context);
  if (isOf(event, "Notice", "block.order")) {
    const blocks = event.type === "Notice"
      ? readsOfNotice(event.action)
      : readsOfOrder(event.block);
    return stationRequest({ stationId: context.stationId, commandIds: [], blocks });
  }
  return [];
}

/** What was queued goes out, and blocks that waited go on. */
function connectionInputs(context: ChargerContext): readonly InputRequest[] {
  const { stationId, commands } = context;
  const queued = commands.filter(({ status, body }) => status === "queued" && body === null);
  const reads = queued.flatMap(({ kind }) => stationCommandOf(kind)?.reads ?? []);
  return stationRequest({
    stationId,
    commandIds: queued.map(({ id }) => id),
    blocks: [...new Set([...reads, ...readsOfResume(context)])],
  });
}

function commandInputs(
  { kind, body }: EventOf<"command.request">,
  { stationId }: ChargerContext,
): readonly InputRequest[] {
  const uid = body["tokenUid"];
  const blocks = stationCommandOf(kind)?.reads ?? [];
  return [
    ...(typeof uid === "string" ? [tokenRequest(uid)] : []),
    ...stationRequest({ stationId, commandIds: [], blocks }),
  ];
}

/** The CALL that was answered, for the blocks that follow it, and for what is still to be sent. */
function answerInputs(
  event: EventOf<"ocpp.answer">,
  { stationId, commands }: ChargerContext,
): readonly InputRequest[] {
  const record = commands.find((known) => wireId(known) === event.messageId);
  if (record === undefined || event.outcome === "sent") return [];
  const { id, action, part, parts, isOwn } = record;
  const isNeeded = parts > 1 || isFollowed(action);
  const commandIds = isNeeded && !isOwn ? [id] : [];
  return stationRequest({ stationId, commandIds, blocks: readsOfCall(action), part });
}

const offlineAlert: InputRequest = {
  name: "offlineAlertMinutes",
  source: "offlineAlertMinutes",
  request: null,
};
const mayRegister: InputRequest = { name: "mayRegister", source: "autoRegister", request: null };

function transactionInputs(
  event: TransactionMessage,
  context: ChargerContext,
): readonly InputRequest[] {
  const { of } = ownerOf(context, event);
  const requests: InputRequest[] = [];
  const uid = event.idToken?.uid;
  if (uid !== undefined) requests.push(tokenRequest(uid));
  if (of !== "new") return requests;
  // A late start of 1.6 counts like any other while it is open: its times alone do not prove that
  // it waited in a queue.
  if (uid !== undefined && !event.offline && needsToken(context.settings)) {
    const holder = sessionKey(context, context.counts.sessions + 1);
    // Sessions that are over gave their grants back, but while a worker is replaced that may come
    // later than this wish.
    const former = [...replacedBy(context, event), ...context.closed];
    const replaces = former.map(({ n }) => sessionKey(context, n));
    const type = event.idToken?.type ?? null;
    const wish: GrantWish = { uid, type, holder, replaces };
    requests.push({ name: "grant", source: "grant", request: wish });
  }
  if (event.family === "1.6") {
    requests.push({ name: "transactionId", source: "transactionId", request: null });
  }
  return requests;
}

function tokenRequest(uid: string): InputRequest {
  return { name: "token", source: "token", request: { uid } };
}

export function fold(event: ChargerEvent, context: ChargerContext): Folded<ChargerContext> {
  const isHeard = "receivedAt" in event;
  const isNew = isOf(event, "MeterValues", "Notice") && !isMarked(context, event);
  return {
    context: isHeard
      ? {
        ...context,
        heardAt: event.now,
        marks: isNew ? withMark(context.marks, event.mark) : context.marks,
      }
      : context,
    reply: foldReply(event, context),
  };
}

function foldReply(event: ChargerEvent, context: ChargerContext): unknown {
  if (event.type === "Heartbeat") return { currentTime: event.now };
  if (event.type === "BootNotification") return bootReply(context, event.now);
  if (event.type === "station.register") return { created: true, station: steppedStation(context) };
  if (event.type === "Notice") return plainReply(noticeOf(event));
  if (!isTransaction(event)) return {};
  const owner = ownerOf(context, event);
  return owner.of === "refused" ? refusedReply(event, owner.start) : {};
}

/** Questions: answered from what is known, changing nothing. */
export function answer(event: ChargerEvent, context: ChargerContext): unknown {
  if (event.type === "socket.authenticate") return authentication(event, context);
  if (event.type === "socket.opened") return grantedReply(context, context.link?.epoch ?? "");
  if (event.type === "station.describe") {
    if (context.createdAt !== null) return describeStation(context);
    throw new PlatformError("not-found", "Cannot describe the station: it is not registered");
  }
  const token = (event.inputs["token"] ?? null) as TokenRecord | null;
  const authorisationRequired = needsToken(context.settings);
  if (event.type === "Authorize") {
    const { idToken, now: at } = event;
    const question = { idToken, token, at, authorisationRequired, granted: null };
    return { idTokenInfo: authorise(question) };
  }
  if (!isTransaction(event)) throw new TypeError(`Cannot answer "${event.type}": no question`);
  const owner = ownerOf(context, event);
  if (owner.of === "refused") return refusedReply(event, owner.start);
  const { idToken, now: at } = event;
  const transactionId = owner.of === "open" || owner.of === "closed"
    ? owner.session.transactionId
    : event.transactionId;
  const question = { token, at, authorisationRequired, granted: null };
  return {
    transactionId,
    idTokenInfo: idToken === null ? null : authorise({ ...question, idToken }),
  };
}

function authentication(
  event: EventOf<"socket.authenticate">,
  context: ChargerContext,
): AuthenticateReply {
  const { settings: { securityProfile }, passwords } = context;
  if (context.createdAt !== null) {
    const waitSeconds = rivalWaitSeconds(context, event.remoteAddress, event.now);
    const wait = waitSeconds === 0 ? {} : { waitSeconds };
    return { known: true, securityProfile, passwords, ...wait };
  }
  return event.inputs["mayRegister"] === true
    ? { known: true, securityProfile: 0, passwords: [] }
    : { known: false };
}
