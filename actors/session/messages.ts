/** What the station's messages do to a session (rules T4-T8, U2-U6). */
import { authorise, grantKey } from "#actors/domain/authorisation.ts";
import { believedEnd, believedTime } from "#actors/domain/plausible_time.ts";
import { amountNumber, energyCost, isWhole } from "#actors/domain/energy_cost.ts";
import { progressed } from "#actors/domain/progress.ts";
import { edgeReadings } from "#actors/domain/edge_readings.ts";
import {
  closeRegister,
  energyWh,
  meterLimitsDefault,
  moveStart,
  openRegister,
  readSamples,
} from "#actors/domain/register.ts";
import { isComplete, received } from "#actors/domain/sequence.ts";
import type { IdTokenInfo, Sample, TransactionReply } from "#schemas/events/station.ts";
import type { GrantReply, TokenRecord } from "#schemas/events/token.ts";
import type { SessionContext, TransactionMessage } from "./context.ts";
import { markOf } from "./message_mark.ts";
import { rule, type Turn } from "./turn.ts";

const transactionTypes = [
  "TransactionEvent.Started",
  "TransactionEvent.Updated",
  "TransactionEvent.Ended",
] as const;

/** The first message of the session: usually its start, else a later one whose start was lost. */
export const beginSession = rule(transactionTypes, (turn, event) => {
  const { at, flag } = believedTime(event.at, turn.now);
  const token = tokenOf(turn.inputs);
  turn.set({
    evseId: event.evseId,
    connectorId: event.connectorId,
    token: event.idToken === null ? null : {
      uid: event.idToken.uid,
      type: event.idToken.type ?? token?.type ?? "ISO14443",
    },
    grantKey: event.grantKey ?? null,
    authorisationRequired: event.authorisationRequired ?? true,
    transactionId: event.transactionId ?? "",
    family: event.family,
    createdAt: turn.now,
    startedAt: at,
    register: openRegister(event.meterStartWh, at),
    price: event.price ?? null,
  });
  if (flag !== null) turn.flag(flag);
  const status = event.authorisation ?? "Accepted";
  if (status !== "Accepted") turn.flag("unauthorised");
  if (event.isOrphan === true) turn.flag("orphan");
  if (event.type !== "TransactionEvent.Started") turn.flag("startMissing");
  takeMessage(turn, event);
  turn.reply(transactionReply(turn.context, event));
});

/** A later message, or an earlier one that comes late (rule U3). */
export const continueSession = rule(
  ["TransactionEvent.Started", "TransactionEvent.Updated"],
  (turn, event) => {
    if (event.type === "TransactionEvent.Started") takeLateStart(turn, event);
    takeIdentity(turn, event);
    takeMessage(turn, event);
    turn.reply(transactionReply(turn.context, event));
  },
);

/** The station's end; also of a session that we had closed for it, which it takes over. */
export const endSession = rule(["TransactionEvent.Ended"], (turn, event) => {
  takeIdentity(turn, event);
  if (turn.context.isStale) reopen(turn);
  takeMessage(turn, event);
  const { context } = turn;
  const { at, flag } = believedTime(event.at, turn.now);
  if (flag !== null) turn.flag(flag);
  const endedAt = believedEnd(at, context.startedAt);
  if (endedAt !== at) turn.flag("endBeforeStart");
  if (event.isMatched === true) turn.flag("matchedStop");
  const limits = { ...meterLimitsDefault, openMs: turn.now - context.createdAt };
  const end = { meterStopWh: event.meterStopWh, endedAt };
  turn.set({
    endedAt,
    endedSeqNo: event.seqNo,
    stopReason: event.stoppedReason ?? "Local",
    register: closeRegister(context.register, end, limits),
  });
  const reply = transactionReply(turn.context, event);
  turn.set({ toldCost: reply.totalCost ?? null });
  turn.reply(reply);
  giveGrantBack(turn);
});

/** Another end of what has ended: answered as if it were the first. */
export const repeatAnswer = rule(["TransactionEvent.Ended"], (turn, event) => {
  turn.reply(transactionReply(turn.context, event));
});

/** The platform closes what the station no longer has; what is known so far stands. */
export const closeSession = rule(["session.close"], (turn, event) => {
  turn.set({ ...closedBySilence(turn.context), stopReason: event.reason, isStale: true });
  giveGrantBack(turn);
});

/** Readings that come after the end (rule T7). */
export const takeLateReadings = rule(["MeterValues"], (turn, event) => {
  turn.set({ ...withReadings(turn.context, event.samples), last: markOf(event.samples) });
  turn.reply({});
});

/** Whether every message from start to end is here (rule U2); 1.6 has no numbers to miss. */
export function hasAll(context: SessionContext): boolean {
  if (context.isStale || context.family === "1.6") return true;
  return isComplete(context.sequence, context.startedSeqNo, context.endedSeqNo);
}

/**
 * The answer to an event that carries a token, and none to one that does not (rule U6); with what
 * it costs where that is known (rule U7; OCPP 2.0.1 Part 2, I02, I03).
 */
export function transactionReply(
  context: SessionContext,
  event: TransactionMessage,
): TransactionReply {
  const { transactionId } = context;
  const totalCost = costOf(context, event);
  return {
    transactionId,
    idTokenInfo: tokenInfo(context, event),
    ...(totalCost === null ? {} : { totalCost }),
  };
}

/** In total after the end, so far with each reading. */
function costOf(context: SessionContext, event: TransactionMessage): number | null {
  const { price, endedAt, family, toldCost, register } = context;
  if (family === "1.6" || price === null || !isWhole(price)) return null;
  const isEnd = event.type === "TransactionEvent.Ended";
  if (isEnd && toldCost !== null) return toldCost;
  const isRunning = event.type === "TransactionEvent.Updated" && price.isShown &&
    endedAt === null && event.samples.length > 0;
  return isEnd || isRunning ? amountNumber(energyCost(price, energyWh(register))) : null;
}

function tokenInfo(context: SessionContext, event: TransactionMessage): IdTokenInfo | null {
  if (event.idToken === null) return null;
  const grant = event.inputs["grant"] as GrantReply | null | undefined;
  return authorise({
    idToken: event.idToken,
    token: tokenOf(event.inputs),
    at: event.offline ? event.at : event.now,
    authorisationRequired: context.authorisationRequired,
    granted: grant?.granted ?? null,
  });
}

/** Readings and numbers: what all messages of a transaction have in common. */
function takeMessage(turn: Turn, event: TransactionMessage): void {
  const { context } = turn;
  const isStart = event.type === "TransactionEvent.Started";
  turn.set({
    ...withReadings(context, edgeReadings(event)),
    sequence: event.seqNo === null ? context.sequence : received(context.sequence, event.seqNo),
    startedSeqNo: isStart ? event.seqNo : context.startedSeqNo,
    newestAt: Math.max(context.newestAt, event.at),
    heardAt: turn.now,
    messages: context.messages + 1,
  });
}

/** Whether readings after the end say another energy than the end did. */
export function changesEnergy(context: SessionContext, samples: readonly Sample[]): boolean {
  const { register } = withReadings(context, samples);
  return register !== undefined && energyWh(register) !== energyWh(context.register);
}

/**
 * What samples change. A session that we closed takes them as well, and ends with the last of them.
 */
export function withReadings(
  context: SessionContext,
  samples: readonly Sample[],
): Partial<SessionContext> {
  const { register } = context;
  const read = {
    register: readSamples(context.isStale ? { ...register, endedAt: null } : register, samples),
    progress: progressed(context.progress, samples),
  };
  return context.isStale ? { ...read, ...closedBySilence({ ...context, ...read }) } : read;
}

/** An end that nobody told: the last that was heard of it. */
function closedBySilence(
  { register, progress, startedAt }: SessionContext,
): Pick<SessionContext, "endedAt" | "register"> {
  const endedAt = Math.max(startedAt, register.lastAt, progress.at);
  return { endedAt, register: closeRegister(register, { meterStopWh: null, endedAt }) };
}

/**
 * EVSE and token come once, in any message (rule U4); who pays is not changed by who stops (rule
 * T9).
 */
function takeIdentity(turn: Turn, event: TransactionMessage): void {
  const { context } = turn;
  turn.set({
    evseId: context.evseId ?? event.evseId,
    connectorId: context.connectorId ?? event.connectorId,
  });
  if (event.idToken === null || context.token !== null) return;
  const info = tokenInfo(context, event);
  if (info?.status !== "Accepted" && !event.offline) return;
  const token = tokenOf(event.inputs);
  const type = event.idToken.type ?? token?.type ?? "ISO14443";
  // Who was granted holds it; who was not asked holds none.
  const isCounted = (event.inputs["grant"] as GrantReply | null | undefined)?.granted === true;
  turn.set({
    token: { uid: event.idToken.uid, type },
    grantKey: isCounted && token !== null ? grantKey(token) : context.grantKey,
  });
  if (info?.status !== "Accepted") turn.flag("unauthorised");
}

/** A Started that comes after what followed it brings the true beginning. */
function takeLateStart(turn: Turn, event: TransactionMessage): void {
  const { at, flag } = believedTime(event.at, turn.now);
  const { register, flags } = turn.context;
  turn.set({
    startedAt: at,
    register: moveStart(register, at),
    flags: flags.filter((other) => other !== "startMissing"),
  });
  if (flag !== null) turn.flag(flag);
}

function reopen(turn: Turn): void {
  turn.set({
    isStale: false,
    endedAt: null,
    stopReason: null,
    register: { ...turn.context.register, endedAt: null },
  });
}

function giveGrantBack(turn: Turn): void {
  const { tenant, grantKey: key, id } = turn.context;
  if (key === null) return;
  turn.tell(`${tenant}:token/${key}`, { type: "grant.release", holder: id });
  turn.set({ grantKey: null });
}

function tokenOf(inputs: Readonly<Record<string, unknown>>): TokenRecord | null {
  return (inputs["token"] ?? null) as TokenRecord | null;
}
