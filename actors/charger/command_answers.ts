/** What became of commands: told by the gateway, by time, or by what the station does next. */
import { isObject } from "#schemas/command.ts";
import { stationCommandOf } from "#schemas/station_commands/mod.ts";
import type { Exchange } from "./blocks/block.ts";
import { isFollowed } from "./blocks/mod.ts";
import {
  dispatch,
  doubt,
  finish,
  forget,
  isRejected,
  messagesEvent,
  publish,
  schedule,
  wireId,
} from "./command_life.ts";
import type { ChargerContext, CommandRecord } from "./context.ts";
import { dropAwaited } from "./remote_starts.ts";
import { callOf, stationInput } from "./station_input.ts";
import { rule, sessionKey, type Turn } from "./turn.ts";
import { outcomeOf } from "./wording.ts";

/** Of a CALL that we do not know (any more) nothing changes. */
export const takeAnswer = rule(["ocpp.answer"], (turn, event) => {
  const before = turn.context.commands;
  const record = before.find((known) => wireId(known) === event.messageId);
  turn.reply({});
  if (record === undefined) return;
  switch (event.outcome) {
    case "answered":
      settleAnswered(turn, record, event.response);
      break;
    case "failed":
      dropAwaited(turn, record.id);
      endCall(turn, record, { outcome: "failed", errorCode: event.error.code });
      if (goesOn(record)) settlePart(turn, record, { error: event.error });
      else finish(turn, record, "failed", { error: event.error });
      break;
    case "expired":
      dropAwaited(turn, record.id);
      endCall(turn, record, { outcome: "silent" });
      // Of a series the station has had some: only the whole of it can have come too late.
      finish(turn, record, record.kind === "call" || record.part > 0 ? "timedOut" : "expired");
      break;
    case "timedOut":
    case "unknown":
      endCall(turn, record, { outcome: "silent" });
      doubt(turn, record, event.outcome);
      break;
    case "sent":
      break;
  }
  schedule(turn, before);
});

/** Waits that are over. */
export const ringCommands = rule(["alarm.commands"], (turn) => {
  const before = turn.context.commands;
  for (const record of before) {
    if (record.deadline > turn.now) continue;
    if (record.status === "queued") finish(turn, record, "expired");
    else if (record.status === "sent") {
      endCall(turn, record, { outcome: "silent" });
      doubt(turn, record, "timedOut");
    } else forget(turn, record);
  }
  // The alarm that rang is gone, so that an equal due time has to be armed again too.
  schedule(turn, []);
});

/** The socket is gone: whether the station got what was sent will show. */
export function doubtSent(turn: Turn): void {
  const before = turn.context.commands;
  for (const record of before) {
    if (record.status !== "sent") continue;
    endCall(turn, record, { outcome: "silent" });
    doubt(turn, record, "unknown");
  }
  schedule(turn, before);
}

/** A boot is what a reset was to lead to. */
export function settleResets(turn: Turn): void {
  const before = turn.context.commands;
  for (const record of before) {
    const isInDoubt = record.status === "unknown" || record.status === "timedOut";
    if (record.kind === "reset" && isInDoubt) finish(turn, record, "accepted");
  }
  schedule(turn, before);
}

export function cancelAll(turn: Turn): void {
  const before = turn.context.commands;
  const error = { code: "conflict", description: "The station was removed", details: {} };
  for (const record of before) finish(turn, record, "failed", { error });
  schedule(turn, before);
}

function settleAnswered(turn: Turn, record: CommandRecord, response: unknown): void {
  endCall(turn, record, { outcome: "answered", response });
  if (record.isOwn) {
    settleOwn(turn, record, response);
    return;
  }
  if (record.kind === "call") {
    finish(turn, record, "answered", { response });
    return;
  }
  if (record.parts > 1) {
    settlePart(turn, record, response);
    return;
  }
  const { context } = turn;
  const { status, transactionId } = outcomeOf(context, record.kind, response);
  if (status === "rejected") dropAwaited(turn, record.id);
  const sessionId = sessionOf(context, transactionId);
  finish(turn, record, status, { response, ...(sessionId === null ? {} : { sessionId }) });
}

/**
 * The next CALL of a command follows; its response is a list of theirs, with `{error}` for a
 * CALLERROR. After a late answer no other follows: who asked was told that it has failed, and may
 * have asked for something else since.
 */
function settlePart(turn: Turn, record: CommandRecord, response: unknown): void {
  const kept = stationInput(turn.inputs).commands[record.id];
  const earlier = record.part > 0 && Array.isArray(kept?.response) ? kept.response : [];
  const responses: readonly unknown[] = [...earlier, response];
  const isRefused = isRefusal(turn, record, response);
  const part = record.part + 1;
  const result = { response: responses };
  if (part === record.parts || (isRefused && !goesOn(record))) {
    const isAnyRefused = responses.some((one) => isRefusal(turn, record, one));
    finish(turn, record, isAnyRefused ? "rejected" : "accepted", result);
    return;
  }
  const next = callOf(kept, part);
  if (record.status !== "sent") finish(turn, record, record.status, result);
  else if (next === undefined || turn.context.link === null || isRejected(turn.context)) {
    const description = `The station was sent ${part} of ${record.parts} messages`;
    finish(turn, record, "failed", {
      ...result,
      error: { code: "conflict", description, details: {} },
    });
  } else publish(turn, dispatch(turn, { ...record, part }, next), result);
}

function goesOn({ kind, parts }: CommandRecord): boolean {
  return parts > 1 && stationCommandOf(kind)?.goesOn === true;
}

function isRefusal({ context }: Turn, { kind }: CommandRecord, response: unknown): boolean {
  return kind !== "call" && outcomeOf(context, kind, response).status === "rejected";
}

/** Lets the blocks know what became of a CALL: with what it said, where that is known. */
function endCall(
  turn: Turn,
  record: CommandRecord,
  end: Pick<Exchange, "outcome"> & { readonly response?: unknown; readonly errorCode?: string },
): void {
  const { id, action, isOwn, part, body } = record;
  if (!isFollowed(action)) return;
  const kept = stationInput(turn.inputs).commands[id];
  const rawPayload = kept?.request["payload"];
  const raw = isObject(rawPayload) ? { action, payload: rawPayload } : undefined;
  const call = isOwn
    ? { action, payload: body ?? {} }
    : callOf(kept, part) ?? (record.kind === "call" ? raw : undefined);
  turn.exchanges.push({
    commandId: id,
    isOwn,
    action: call?.action ?? action,
    payload: call?.payload ?? {},
    protocol: turn.context.protocol ?? "ocpp2.0.1",
    outcome: end.outcome,
    response: isObject(end.response) ? end.response : {},
    errorCode: end.errorCode ?? null,
  });
}

/**
 * Our own question about a session's messages goes to the session; of other answers nothing
 * follows.
 */
function settleOwn(turn: Turn, record: CommandRecord, response: unknown): void {
  forget(turn, record);
  const n = Number(record.sessionId?.slice(turn.context.key.length + 1) ?? NaN);
  if (Number.isInteger(n)) turn.forwardTo(n, messagesEvent(response));
}

/** The session that a station says a remote start has joined. */
function sessionOf(context: ChargerContext, transactionId: string | null): string | null {
  const open = context.open.find((session) => session.transactionId === transactionId);
  return open === undefined ? null : sessionKey(context, open.n);
}
