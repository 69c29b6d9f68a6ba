/**
 * The life of a command: committed as sent, then sent once and never again. What became of it is
 * told by the gateway, by time, or by what the station does next.
 */
import { keepNewest } from "#actors/turn.ts";
import type { PlainEvent } from "#engine/actor.ts";
import { stableHash } from "#schemas/address.ts";
import type { OutgoingCall } from "#schemas/command.ts";
import type { CommandStatus } from "#schemas/events/charger.ts";
import type { GatewayOrder } from "#schemas/events/gateway.ts";
import { type ChargerContext, type CommandRecord, FINISHED_MAX, SPENT_MAX } from "./context.ts";
import { noteTrigger } from "./triggers.ts";
import { type Turn } from "./turn.ts";
import { type CommandResult, commandRow, describeCommand } from "./views.ts";

/** Commands of one station that may be open at once; more are refused. */
export const COMMANDS_MAX = 32;
/**
 * Beyond the station's time and its turn in the gateway's queue: the way to the gateway and back.
 */
const ANSWER_SLACK_MS = 5_000;
/** How long an answer that comes too late, or what the station does, still settles a command. */
export const LATE_ANSWER_MS = 10 * 60_000;

/** Leaves room for the number of the part within 36 characters (OCPP-J, 4.1.4). */
const PART_ID_LENGTH = 30;
/** Of a longer id, with the hash of all of it: ids may begin alike. */
const PART_ID_BEGIN = 22;

/** CALLs whose answers are long or lead to long messages: they go when nothing else waits. */
const reports: ReadonlySet<string> = new Set([
  "GetBaseReport",
  "GetReport",
  "GetMonitoringReport",
  "GetConfiguration",
  "GetTransactionStatus",
]);

export function newRecord(
  turn: Turn,
  request: { readonly id: string; readonly timeoutMs: number; readonly replyTo?: string },
  names: Pick<CommandRecord, "kind" | "action">,
): CommandRecord {
  return {
    id: request.id,
    ...names,
    status: "queued",
    createdAt: turn.now,
    deadline: turn.now,
    timeoutMs: request.timeoutMs,
    replyTo: request.replyTo ?? null,
    batchId: null,
    body: null,
    remoteStartId: null,
    tokenType: null,
    sessionId: null,
    isOwn: false,
    part: 0,
    parts: 1,
  };
}

/** The message id of its CALL that is with the station: at most 36 characters, whatever the part. */
export function wireId({ id, part }: Pick<CommandRecord, "id" | "part">): string {
  if (part === 0) return id;
  if (id.length <= PART_ID_LENGTH) return `${id}.${part}`;
  const hash = stableHash(id).toString(16).padStart(8, "0");
  return `${id.slice(0, PART_ID_BEGIN)}${hash}.${part}`;
}

/** Rule B2: a station that was rejected is sent nothing. */
export function isRejected({ settings }: ChargerContext): boolean {
  return settings.registration === "Rejected";
}

/** Hands a CALL to the gateway that has the socket, once. The command's id is the message id. */
export function dispatch(turn: Turn, record: CommandRecord, call: OutgoingCall): CommandRecord {
  const { link, tenant, stationId } = turn.context;
  if (link === null) throw new TypeError(`Cannot send ${call.action}: there is no connection`);
  const { timeoutMs } = record;
  const order: GatewayOrder = {
    order: "call",
    tenant,
    identity: stationId,
    epoch: link.epoch,
    messageId: wireId(record),
    action: call.action,
    priority: priorityOf(record),
    queueMs: timeoutMs,
    timeoutMs,
    payload: call.payload,
  };
  turn.send(`gateway.${link.gateway}`, order);
  const sent: CommandRecord = {
    ...record,
    action: call.action,
    status: "sent",
    body: record.isOwn ? record.body : null,
    deadline: turn.now + 2 * timeoutMs + ANSWER_SLACK_MS,
  };
  noteTrigger(turn, call);
  turn.sent.push({ commandId: record.id, isOwn: record.isOwn, ...call });
  keep(turn, sent);
  return sent;
}

function priorityOf({ kind, action }: CommandRecord): 0 | 1 | 2 {
  if (kind === "remote-start" || kind === "remote-stop") return 0;
  return reports.has(action) ? 2 : 1;
}

/** Puts the record among the open ones, in the place of an older form of it. */
export function keep(turn: Turn, record: CommandRecord): void {
  const { commands } = turn.context;
  const isKnown = commands.some(({ id }) => id === record.id);
  turn.set({
    commands: isKnown
      ? commands.map((other) => other.id === record.id ? record : other)
      : [...commands, record],
  });
}

/** What only the read model keeps: what was asked, when it is new, and the CALLs once worded. */
export interface Told {
  readonly request?: unknown;
  readonly calls?: readonly OutgoingCall[];
}

/**
 * Tells the read model, the world and whoever waits how the command stands; the request when it is
 * new.
 */
export function publish(
  turn: Turn,
  record: Pick<CommandRecord, "id" | "kind" | "action" | "status" | "createdAt" | "batchId"> & {
    readonly replyTo: string | null;
    readonly isOwn?: boolean;
    readonly sessionId?: string | null;
  },
  told: CommandResult & Told = {},
): void {
  if (record.isOwn === true) return;
  const { request, calls, ...result } = told;
  const sessionId = result.sessionId ?? record.sessionId;
  const whole = typeof sessionId === "string" ? { ...result, sessionId } : result;
  const description = describeCommand(turn.context, record, turn.now, whole);
  turn.rows.push(commandRow(description, record.batchId, { request, calls }));
  turn.announce("command.updated", description);
  if (record.replyTo !== null) turn.send(record.replyTo, description);
}

/**
 * Ends a command; its id is remembered for a while, so that a repeated request is not sent again.
 */
export function finish(
  turn: Turn,
  record: CommandRecord,
  status: CommandStatus,
  result: CommandResult & Told = {},
): void {
  const ended = { ...record, status };
  forget(turn, ended);
  publish(turn, ended, result);
}

/** Nobody knows whether the station did it. A late answer, or what it does, may still tell. */
export function doubt(turn: Turn, record: CommandRecord, status: "timedOut" | "unknown"): void {
  const doubted = { ...record, status, deadline: turn.now + LATE_ANSWER_MS };
  keep(turn, doubted);
  publish(turn, doubted);
}

export function forget(turn: Turn, record: CommandRecord): void {
  const { commands, finished, spent } = turn.context;
  const { id, kind, action, status, createdAt } = record;
  turn.set({ commands: commands.filter((other) => other.id !== id) });
  if (record.isOwn) return;
  turn.set({
    finished: keepNewest(finished, { id, kind, action, status, createdAt }, FINISHED_MAX),
    spent: keepNewest(spent, stableHash(id), SPENT_MAX),
  });
}

/** Whether it has ended and what became of it is not known here any more. */
export function isSpent({ spent }: ChargerContext, id: string): boolean {
  return spent.includes(stableHash(id));
}

/** One alarm for all commands of the station, at the earliest deadline. */
export function schedule(turn: Turn, before: ChargerContext["commands"]): void {
  const due = earliest(turn.context.commands);
  if (due === earliest(before)) return;
  if (due === Infinity) turn.disarm("commands");
  else turn.arm("commands", due);
}

function earliest(commands: ChargerContext["commands"]): number {
  return commands.reduce((due, { deadline }) => Math.min(due, deadline), Infinity);
}

/** What a forwarded answer tells a session that it asks about. */
export function messagesEvent(response: unknown): PlainEvent {
  const isWaiting = typeof response === "object" && response !== null &&
    "messagesInQueue" in response && response.messagesInQueue === true;
  return { type: "session.messages", isWaiting };
}
