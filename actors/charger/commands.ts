/** Requests for commands and CALLs, and what the platform asks on its own. */
import { stableHash } from "#schemas/address.ts";
import { isObject, type OutgoingCall } from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { type StationCommandKind, stationCommandOf } from "#schemas/station_commands/mod.ts";
import { isFollowed } from "./blocks/mod.ts";
import {
  COMMANDS_MAX,
  dispatch,
  finish,
  isRejected,
  isSpent,
  keep,
  newRecord,
  publish,
  schedule,
} from "./command_life.ts";
import type { CommandRecord, EventOf } from "./context.ts";
import { awaitSession } from "./remote_starts.ts";
import { fits } from "./room.ts";
import { stationInput } from "./station_input.ts";
import { rule, type Turn } from "./turn.ts";
import { describeCommand } from "./views.ts";
import { noteWorded, wording } from "./wording.ts";

const OWN_CALL_TIMEOUT_MS = 10_000;
const OWN_COMMAND_TIMEOUT_MS = 30_000;

type Body = Readonly<Record<string, unknown>>;

/** A typed command while the station is connected. */
export const sendCommand = rule(["command.request"], (turn, event) => {
  const before = turn.context.commands;
  const accepted = acceptCommand(turn, event);
  if (accepted === undefined) return;
  const { record, calls } = accepted;
  if (record.kind === "remote-start") awaitSession(turn, record, event.body);
  sendWorded(turn, record, calls, event.body);
  schedule(turn, before);
  replyWith(turn, event.id);
});

/** A typed command while it is not: it waits as long as was asked for. */
export const queueCommand = rule(["command.request"], (turn, event) => {
  const before = turn.context.commands;
  const accepted = acceptCommand(turn, event);
  if (accepted === undefined) return;
  const { record } = accepted;
  if (event.queueMs > 0) {
    keep(turn, record);
    const isKept = record.body === null && turn.context.protocol !== null;
    if (isKept) noteWorded(turn);
    const calls = isKept ? { calls: accepted.calls } : {};
    for (const call of accepted.calls) {
      turn.queued.push({ commandId: record.id, isOwn: false, ...call });
    }
    publish(turn, { ...record, replyTo: null }, { request: event.body, ...calls });
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

/**
 * The station is back: what still waits goes out, in order, and in the words of the version that it
 * speaks now; `protocol` is the one that it spoke before.
 */
export function sendQueued(turn: Turn, protocol: OcppProtocol | null): void {
  if (isRejected(turn.context)) return;
  const before = turn.context.commands;
  const { commands: kept } = stationInput(turn.inputs);
  const isWorded = protocol === turn.context.protocol;
  for (const record of before) {
    if (record.status !== "queued") continue;
    const { request, calls = null } = kept[record.id] ?? {};
    const body = record.body ?? request;
    if (record.deadline <= turn.now) finish(turn, record, "expired");
    else if (calls !== null && isWorded) {
      sendWorded(turn, record, calls.filter((call) => call !== null));
    } else if (body !== undefined) sendTyped(turn, record, body);
    else {
      const description = "What was asked for is not known any more";
      finish(turn, record, "failed", { error: { code: "not-found", description, details: {} } });
    }
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
  if (before.length >= COMMANDS_MAX || isRejected(turn.context)) return;
  const n = turn.context.counts.ownCalls + 1;
  turn.set({ counts: { ...turn.context.counts, ownCalls: n } });
  const request = { id: `own-${n}`, timeoutMs: OWN_CALL_TIMEOUT_MS };
  const record = newRecord(turn, request, { kind: "call", action: call.action });
  const body = isFollowed(call.action) ? call.payload : null;
  dispatch(turn, { ...record, isOwn: true, sessionId, body }, call);
  schedule(turn, before);
}

/**
 * A typed command that a rule of ours gives, kept and shown like any other. It is not sent when
 * too many are open, or the station is away: who wants it then asks again later (`goOnLater`).
 */
export function orderCommand(
  turn: Turn,
  order: { readonly kind: StationCommandKind; readonly body: Body },
): boolean {
  const { link, counts, key, commands: before } = turn.context;
  if (link === null || isRejected(turn.context)) return false;
  const n = counts.ownCalls + 1;
  const request = { id: `own-${shortName(key)}-${n}`, timeoutMs: OWN_COMMAND_TIMEOUT_MS };
  const record = newRecord(turn, request, { kind: order.kind, action: order.kind });
  if (before.length >= COMMANDS_MAX || !fits(turn.context, [...before, record])) return false;
  turn.set({ counts: { ...counts, ownCalls: n } });
  sendTyped(turn, record, order.body);
  schedule(turn, before);
  return true;
}

/** Ids of commands are shared by all stations: 64 bits of the station's key, in 14 characters. */
function shortName(key: string): string {
  return [key, `-${key}`].map((text) => stableHash(text).toString(36).padStart(7, "0")).join("");
}

interface AcceptedCommand {
  readonly record: CommandRecord;
  readonly calls: readonly OutgoingCall[];
}

/** The request as a record of its own, or undefined when it was refused or is a repeat. */
function acceptCommand(
  turn: Turn,
  event: EventOf<"command.request">,
): AcceptedCommand | undefined {
  if (isRepeat(turn, event.id)) return undefined;
  const { counts } = turn.context;
  const remoteStartId = event.kind === "remote-start" ? counts.remoteStarts + 1 : null;
  const record: CommandRecord = {
    ...newRecord(turn, event, { kind: event.kind, action: event.kind }),
    deadline: turn.now + event.queueMs,
    batchId: event.batchId ?? null,
    // What is declared whole is read again from its row.
    body: stationCommandOf(event.kind) === undefined ? event.body : null,
    remoteStartId,
    tokenType: tokenTypeOf(turn.inputs["token"]),
  };
  if (isRefused(turn, record)) return undefined;
  const calls = wording(turn, record, event.body);
  if (calls instanceof PlatformError) {
    turn.refuse(calls.kind, calls.message);
    return undefined;
  }
  if (remoteStartId !== null) turn.set({ counts: { ...counts, remoteStarts: remoteStartId } });
  return { record: { ...record, action: calls[0]?.action ?? record.action }, calls };
}

function sendTyped(turn: Turn, record: CommandRecord, body: Body): void {
  const calls = wording(turn, record, body);
  if (calls instanceof PlatformError) {
    const error = { code: calls.kind, description: calls.message, details: {} };
    finish(turn, record, "failed", { error, request: body });
    return;
  }
  if (record.kind === "remote-start") awaitSession(turn, record, body);
  sendWorded(turn, record, calls, body);
}

/** Sends the first CALL; the others follow when the one before is answered. */
function sendWorded(
  turn: Turn,
  record: CommandRecord,
  calls: readonly OutgoingCall[],
  request?: Body,
): void {
  const [first] = calls;
  if (first === undefined) throw new TypeError(`Cannot send ${record.kind}: it has no CALL`);
  const isNew = !turn.context.commands.some(({ id }) => id === record.id);
  noteWorded(turn);
  const sent = dispatch(turn, { ...record, part: 0, parts: calls.length }, first);
  publish(turn, isNew ? { ...sent, replyTo: null } : sent, { request, calls });
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

/** A station that was rejected is sent nothing. And everything has a bound. */
function isRefused(turn: Turn, record: CommandRecord): boolean {
  const { link, commands } = turn.context;
  if (isRejected(turn.context)) {
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
