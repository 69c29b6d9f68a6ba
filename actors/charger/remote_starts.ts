/** Which command a session came from: by remoteStartId, or by token and EVSE within a window. */
import { keepNewest } from "#actors/turn.ts";
import { finish, keep, publish } from "./command_life.ts";
import {
  AWAITED_MAX,
  type AwaitedStart,
  type ChargerContext,
  type CommandRecord,
  type EventOf,
} from "./context.ts";
import { sessionKey, type Turn } from "./turn.ts";

/** A driver may take that long to plug in (ConnectionTimeOut is 30 s to 3 min in the field). */
export const START_WINDOW_MS = 5 * 60_000;

export type TransactionStart = EventOf<"TransactionEvent.Started" | "TransactionEvent.Updated">;

/** Expects a session from a remote start that is sent now. */
export function awaitSession(
  turn: Turn,
  record: CommandRecord,
  body: Readonly<Record<string, unknown>>,
): void {
  const { evseId, tokenUid } = body;
  const { id, action, createdAt, replyTo, batchId } = record;
  const start: AwaitedStart = {
    id,
    kind: "remote-start",
    action,
    status: "accepted",
    createdAt,
    replyTo,
    batchId,
    remoteStartId: record.remoteStartId ?? 0,
    tokenUid: String(tokenUid).toLowerCase(),
    evseId: typeof evseId === "number" ? evseId : null,
    until: turn.now + START_WINDOW_MS,
  };
  const current = turn.context.awaited.filter(({ until }) => until > turn.now);
  turn.set({ awaited: keepNewest(current, start, AWAITED_MAX) });
}

/** Tells the command which session it led to; one whose answer got lost is settled by that. */
export function leadToSession(turn: Turn, event: TransactionStart, n: number): void {
  const start = turn.context.awaited.find((awaited) => isLedBy(awaited, event, turn.now));
  if (start === undefined) return;
  turn.set({ awaited: turn.context.awaited.filter((other) => other !== start) });
  const sessionId = sessionKey(turn.context, n);
  const record = turn.context.commands.find(({ id }) => id === start.id);
  if (record === undefined) publish(turn, start, { sessionId });
  else if (record.status === "sent") {
    const led = { ...record, sessionId };
    keep(turn, led);
    publish(turn, led);
  } else finish(turn, { ...record, sessionId }, "accepted");
}

/** A start that the station refused leads nowhere. */
export function dropAwaited(turn: Turn, commandId: string): void {
  const { awaited } = turn.context;
  turn.set({ awaited: awaited.filter(({ id }) => id !== commandId) });
}

/**
 * Whether the event may belong to a remote start at all: the chart asks before it takes a detour.
 */
export function awaitsSession(context: ChargerContext): boolean {
  return context.awaited.length > 0;
}

function isLedBy(start: AwaitedStart, event: TransactionStart, now: number): boolean {
  if (event.remoteStartId !== null) return event.remoteStartId === start.remoteStartId;
  if (start.until < now || event.idToken?.uid.toLowerCase() !== start.tokenUid) return false;
  return start.evseId === null || start.evseId === event.evseId;
}
