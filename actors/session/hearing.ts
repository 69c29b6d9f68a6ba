/**
 * How an event passes a session. Meter samples are the bulk of all messages: they change no state,
 * so that they are folded without a step.
 */
import { chargingStateOf } from "#actors/domain/connector_status.ts";
import { energyWh } from "#actors/domain/register.ts";
import { hasReceived, received } from "#actors/domain/sequence.ts";
import type { Delivery, EventClass, Folded, InputRequest, PlainEvent } from "#engine/actor.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { GrantWish } from "#schemas/events/token.ts";
import type { EventOf, SessionContext, SessionEvent, TransactionMessage } from "./context.ts";
import { changesEnergy, transactionReply, withReadings } from "./messages.ts";
import { isSame, markOf } from "./message_mark.ts";
import { describeSession, sessionCost } from "./views.ts";

const told: ReadonlySet<string> = new Set(["session.describe", "session.annotate"]);

/**
 * @throws {PlatformError} "unknown-action": station messages reach a session through its charger.
 */
export function receive({ header, body }: Delivery): PlainEvent {
  if (!told.has(header.type)) {
    throw new PlatformError("unknown-action", `Cannot ask a session: no "${header.type}"`);
  }
  return { ...(body as object), type: header.type };
}

/** An event of one of these types; whoever sent it has given it its shape. */
function isOf<Type extends SessionEvent["type"]>(
  event: { readonly type: string },
  ...types: readonly Type[]
): event is EventOf<Type> {
  return types.some((type) => type === event.type);
}

function isTransaction(event: { readonly type: string }): event is TransactionMessage {
  return event.type.startsWith("TransactionEvent.");
}

export function classify(event: { readonly type: string }, context: SessionContext): EventClass {
  if (isOf(event, "MeterValues")) {
    if (isSame(context.last, markOf(event.samples))) return "beat";
    const isLate = context.endedAt !== null && changesEnergy(context, event.samples);
    return isLate ? "transition" : "sample";
  }
  if (isTransaction(event)) return classifyTransaction(event, context);
  if (isOf(event, "session.describe")) return "question";
  if (isOf(event, "connector.status")) return hasNews(event, context) ? "transition" : "beat";
  return "transition";
}

function classifyTransaction(event: TransactionMessage, context: SessionContext): EventClass {
  if (isRepeat(event, context)) return event.idToken === null ? "beat" : "question";
  const isReading = event.type === "TransactionEvent.Updated" && event.idToken === null &&
    context.endedAt === null && context.messages > 0 &&
    (event.evseId === null || context.evseId !== null);
  const isSameState = !("chargingState" in event) || event.chargingState === null ||
    event.chargingState === context.phase;
  return isReading && isSameState ? "sample" : "transition";
}

/**
 * Rules T6, U3: 2.x numbers its messages, a 1.6 stop is the same as any other of its transaction. A
 * station that gives all of them one number is known by their times, and its end is never a repeat
 * before there was one.
 */
function isRepeat(event: TransactionMessage, context: SessionContext): boolean {
  const isEnd = event.type === "TransactionEvent.Ended";
  if (isEnd && (context.endedAt === null || context.isStale)) return false;
  if (event.seqNo === null) return isEnd;
  return hasReceived(context.sequence, event.seqNo) && event.at <= context.newestAt;
}

function hasNews(event: EventOf<"connector.status">, context: SessionContext): boolean {
  if (context.endedAt !== null) return false;
  const isFree = event.status === "Available";
  const phase = context.family === "1.6" ? chargingStateOf(event.status) : null;
  return isFree !== (context.unpluggedAt !== null) || (phase !== null && phase !== context.phase);
}

/** A token that is shown is looked up; one that is new to the session may need a grant. */
export function inputs(
  event: { readonly type: string },
  context: SessionContext,
): readonly InputRequest[] {
  if (!isTransaction(event) || event.idToken === null) return [];
  const { uid, type } = event.idToken;
  const token = { name: "token", source: "token", request: { uid } };
  const isDriver = context.token === null && context.authorisationRequired && !event.offline &&
    event.type !== "TransactionEvent.Ended" && context.endedAt === null;
  if (!isDriver) return [token];
  const wish: GrantWish = { uid, type, holder: context.id, replaces: [] };
  return [token, { name: "grant", source: "grant", request: wish }];
}

export function fold(event: SessionEvent, context: SessionContext): Folded<SessionContext> {
  if (event.type === "MeterValues") {
    const last = markOf(event.samples);
    if (isSame(context.last, last)) return { context, reply: {} };
    const read = { ...context, ...withReadings(context, event.samples), last };
    return metered(read, event.now, {});
  }
  if (!isTransaction(event)) return { context, reply: {} };
  if (isRepeat(event, context)) return { context, reply: transactionReply(context, event) };
  const { seqNo } = event;
  const sequence = seqNo === null ? context.sequence : received(context.sequence, seqNo);
  const newestAt = Math.max(context.newestAt, event.at);
  const read = { ...context, ...withReadings(context, event.samples), sequence, newestAt };
  return metered(read, event.now, transactionReply(read, event));
}

/** The world hears of readings at most this often per session (design section 4). */
const METERED_EVERY_MS = 15_000;

/** Every row notes energy and power, which followers of the journal could not work out alone. */
function metered(
  read: SessionContext,
  now: number,
  reply: unknown,
): Folded<SessionContext> {
  const { id, stationId, progress: { powerW, currentA, socPercent } } = read;
  const energy = energyWh(read.register);
  const note = [energy, powerW];
  const heard = { ...read, heardAt: now, messages: read.messages + 1 };
  if (now - read.meteredAt < METERED_EVERY_MS) return { context: heard, reply, note };
  const cost = sessionCost(read);
  const readings = { energyWh: energy, powerW, currentA, socPercent };
  const data = { id, stationId, ...readings, ...(cost === null ? {} : { cost }) };
  const facts = [{ type: "fact" as const, name: "session.metered", id: stationId, data }];
  return { context: { ...heard, meteredAt: now }, reply, note, facts };
}

export function answer(event: SessionEvent, context: SessionContext): unknown {
  if (isTransaction(event)) return transactionReply(context, event);
  if (context.messages > 0) return describeSession(context);
  throw new PlatformError("not-found", "Cannot describe the session: there is none");
}
