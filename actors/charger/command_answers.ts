/** What became of commands: told by the gateway, by time, or by what the station does next. */
import { commandWords } from "./catalogue.ts";
import { doubt, finish, forget, messagesEvent, schedule } from "./command_life.ts";
import type { ChargerContext, CommandRecord } from "./context.ts";
import { dropAwaited } from "./remote_starts.ts";
import { rule, sessionKey, type Turn } from "./turn.ts";

/** Of a CALL that we do not know (any more) nothing changes. */
export const takeAnswer = rule(["ocpp.answer"], (turn, event) => {
  const before = turn.context.commands;
  const record = before.find(({ id }) => id === event.messageId);
  turn.reply({});
  if (record === undefined) return;
  switch (event.outcome) {
    case "answered":
      settleAnswered(turn, record, event.response);
      break;
    case "failed":
      dropAwaited(turn, record.id);
      finish(turn, record, "failed", { error: event.error });
      break;
    case "expired":
      dropAwaited(turn, record.id);
      finish(turn, record, record.kind === "call" ? "timedOut" : "expired");
      break;
    case "timedOut":
    case "unknown":
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
    else if (record.status === "sent") doubt(turn, record, "timedOut");
    else forget(turn, record);
  }
  // The alarm that rang is gone, so that an equal due time has to be armed again too.
  schedule(turn, []);
});

/** The socket is gone: whether the station got what was sent will show. */
export function doubtSent(turn: Turn): void {
  const before = turn.context.commands;
  for (const record of before) {
    if (record.status === "sent") doubt(turn, record, "unknown");
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
  if (record.isOwn) {
    settleOwn(turn, record, response);
    return;
  }
  if (record.kind === "call") {
    finish(turn, record, "answered", { response });
    return;
  }
  const words = commandWords[turn.context.protocol ?? "ocpp2.0.1"];
  const { status, transactionId } = words.toOutcome(record.kind, response);
  if (status === "rejected") dropAwaited(turn, record.id);
  const sessionId = sessionOf(turn.context, transactionId);
  finish(turn, record, status, { response, ...(sessionId === null ? {} : { sessionId }) });
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
