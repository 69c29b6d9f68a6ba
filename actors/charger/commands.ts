/** Requests for commands and CALLs, and what the platform asks on its own. */
import { type CommandFacts, commandOf, isObject, type OutgoingCall } from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import { commandWords } from "./catalogue.ts";
import {
  COMMANDS_MAX,
  dispatch,
  finish,
  isSpent,
  keep,
  newRecord,
  publish,
  schedule,
} from "./command_life.ts";
import type { ChargerContext, CommandRecord, EventOf } from "./context.ts";
import { awaitSession } from "./remote_starts.ts";
import { fits } from "./room.ts";
import { rule, sessionKey, type Turn } from "./turn.ts";
import { describeCommand } from "./views.ts";

const OWN_CALL_TIMEOUT_MS = 10_000;

type Body = Readonly<Record<string, unknown>>;

/** A typed command while the station is connected. */
export const sendCommand = rule(["command.request"], (turn, event) => {
  const before = turn.context.commands;
  const record = acceptCommand(turn, event);
  if (record === undefined) return;
  sendTyped(turn, record, event.body);
  schedule(turn, before);
  replyWith(turn, event.id);
});

/** A typed command while it is not: it waits as long as was asked for. */
export const queueCommand = rule(["command.request"], (turn, event) => {
  const before = turn.context.commands;
  const record = acceptCommand(turn, event);
  if (record === undefined) return;
  if (event.queueMs > 0) {
    keep(turn, record);
    publish(turn, { ...record, replyTo: null }, { request: event.body });
    schedule(turn, before);
  } else finish(turn, { ...record, replyTo: null }, "expired", { request: event.body });
  replyWith(turn, event.id);
});

/** Any CALL, exactly as given. */
export const sendCall = rule(["call.request"], (turn, event) => {
  if (isRepeat(turn, event.id)) return;
  const { action, payload } = event;
  if (!isObject(payload)) {
    turn.refuse("malformed", `Cannot call ${action}: the payload is no object`);
    return;
  }
  const before = turn.context.commands;
  const record = newRecord(turn, event, { kind: "call", action });
  if (isRefused(turn, record)) return;
  const sent = dispatch(turn, record, { action, payload });
  publish(turn, { ...sent, replyTo: null }, { request: { action, payload } });
  schedule(turn, before);
  replyWith(turn, event.id);
});

export const refuseCall = rule(["call.request"], (turn, event) => {
  if (isRepeat(turn, event.id)) return;
  turn.refuse("conflict", `Cannot call ${event.action}: the station is not connected`);
});

/** The station is back: what still waits goes out, in order. */
export function sendQueued(turn: Turn): void {
  const before = turn.context.commands;
  for (const record of before) {
    if (record.status !== "queued") continue;
    if (record.deadline <= turn.now) finish(turn, record, "expired");
    else sendTyped(turn, record, record.body ?? {});
  }
  schedule(turn, before);
}

/** A CALL of the platform's own, when nothing else waits; `sessionId` is what it asks about. */
export function sendOwnCall(
  turn: Turn,
  call: OutgoingCall,
  sessionId: string | null = null,
): void {
  const before = turn.context.commands;
  if (before.length >= COMMANDS_MAX) return;
  const n = turn.context.counts.ownCalls + 1;
  turn.set({ counts: { ...turn.context.counts, ownCalls: n } });
  const request = { id: `own-${n}`, timeoutMs: OWN_CALL_TIMEOUT_MS };
  const record = newRecord(turn, request, { kind: "call", action: call.action });
  dispatch(turn, { ...record, isOwn: true, sessionId }, call);
  schedule(turn, before);
}

/** The request as a record of its own, or undefined when it was refused or is a repeat. */
function acceptCommand(
  turn: Turn,
  event: EventOf<"command.request">,
): CommandRecord | undefined {
  if (isRepeat(turn, event.id)) return undefined;
  const { counts } = turn.context;
  const remoteStartId = event.kind === "remote-start" ? counts.remoteStarts + 1 : null;
  const record: CommandRecord = {
    ...newRecord(turn, event, { kind: event.kind, action: event.kind }),
    deadline: turn.now + event.queueMs,
    batchId: event.batchId ?? null,
    body: event.body,
    remoteStartId,
    tokenType: tokenTypeOf(turn.inputs["token"]),
  };
  if (isRefused(turn, record)) return undefined;
  const call = wording(turn.context, record, event.body);
  if (call instanceof PlatformError) {
    turn.refuse(call.kind, call.message);
    return undefined;
  }
  if (remoteStartId !== null) turn.set({ counts: { ...counts, remoteStarts: remoteStartId } });
  return { ...record, action: call.action };
}

function sendTyped(turn: Turn, record: CommandRecord, body: Body): void {
  const call = wording(turn.context, record, body);
  if (call instanceof PlatformError) {
    const error = { code: call.kind, description: call.message, details: {} };
    finish(turn, record, "failed", { error });
    return;
  }
  const worded = { ...record, action: call.action };
  if (record.kind === "remote-start") awaitSession(turn, worded, body);
  const isNew = !turn.context.commands.some(({ id }) => id === record.id);
  const sent = dispatch(turn, worded, call);
  publish(turn, isNew ? { ...sent, replyTo: null } : sent, { request: body });
}

/** The command in the station's words; before its first connection any version may word it. */
function wording(
  context: ChargerContext,
  record: CommandRecord,
  body: Body,
): OutgoingCall | PlatformError {
  if (record.kind === "call") throw new TypeError("Cannot word a raw call: it is sent as given");
  try {
    const facts: CommandFacts = {
      ...(record.tokenType === null ? {} : { tokenType: record.tokenType }),
      ...(record.remoteStartId === null ? {} : { remoteStartId: record.remoteStartId }),
      ...(record.kind === "remote-stop" ? { transactionId: transactionOf(context, body) } : {}),
    };
    const words = commandWords[context.protocol ?? "ocpp2.0.1"];
    return words.toCall(commandOf(record.kind, body, facts));
  } catch (thrown) {
    if (thrown instanceof PlatformError) return thrown;
    throw thrown;
  }
}

/** @throws {PlatformError} when the session is not one of this station's, or has ended. */
function transactionOf(context: ChargerContext, body: Body): string {
  const id = String(body["sessionId"]);
  const open = context.open.find(({ n }) => sessionKey(context, n) === id);
  if (open !== undefined) return open.transactionId;
  const n = id.startsWith(`${context.key}~`) ? Number(id.slice(context.key.length + 1)) : NaN;
  if (Number.isInteger(n) && n >= 1 && n <= context.counts.sessions) {
    throw new PlatformError("conflict", `Cannot stop session ${id}: it has ended`);
  }
  throw new PlatformError("not-found", `Cannot stop session ${id}: the station has none such`);
}

/** A request that came before gets the command as it stands now, and is not sent again. */
function isRepeat(turn: Turn, id: string): boolean {
  const { commands, finished } = turn.context;
  const known = commands.some((other) => other.id === id) ||
    finished.some((other) => other.id === id);
  if (known) replyWith(turn, id);
  else if (isSpent(turn.context, id)) {
    turn.refuse("conflict", "Cannot send again: the command has ended");
    return true;
  }
  return known;
}

function replyWith(turn: Turn, id: string): void {
  const { commands, finished } = turn.context;
  const record = commands.find((other) => other.id === id) ??
    finished.find((other) => other.id === id);
  if (record !== undefined) turn.reply(describeCommand(turn.context, record, turn.now));
}

/** Rule B2: a station that was rejected is sent nothing. And everything has a bound. */
function isRefused(turn: Turn, record: CommandRecord): boolean {
  const { settings, link, commands } = turn.context;
  if (settings.registration === "Rejected") {
    turn.refuse("conflict", "Cannot send: the station's registration is rejected");
    return true;
  }
  // A body is kept only while it waits for the station.
  const kept = link === null ? record : { ...record, body: null };
  if (commands.length < COMMANDS_MAX && fits(turn.context, [...commands, kept])) {
    return false;
  }
  turn.refuse("overloaded", `Cannot send: ${commands.length} commands of the station are open`);
  return true;
}

function tokenTypeOf(token: unknown): string | null {
  const isToken = typeof token === "object" && token !== null && "type" in token;
  return isToken && typeof token.type === "string" ? token.type : null;
}
