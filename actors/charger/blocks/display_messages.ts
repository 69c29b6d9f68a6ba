/**
 * What the display shows (OCPP 2.0.1 Part 2, O). A message is believed once the station has
 * accepted it, whoever asked; one that it refused is kept beside it until the next attempt. What
 * stations report is another block's item (`actors/adapters/reports/display_messages.ts`).
 */
import { isObject } from "#schemas/command.ts";
import { formatInstant, parseInstant } from "#schemas/instant.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { sessionKey, type Turn } from "../turn.ts";
import { defineBlock, type Exchange, type SentCall } from "./block.ts";

/**
 * The block's items: `<id>` is believed, `refused/<id>` the last attempt, `asked` the question,
 * `cleared/<id>` says that what was reported before is gone.
 */
const block = "display-message";

/** By then a report of before has been read. */
const REPORT_MS_MAX = 3_600_000;

export const displayMessages = defineBlock({
  name: "display-messages",
  calls: {
    SetDisplayMessage: { reads: [block], ended: noteSet },
    ClearDisplayMessage: { reads: [block, "reported-message"], ended: noteCleared },
    GetDisplayMessages: { sent: noteAsked, ended: noteAnswered },
  },
});

function noteSet(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const info = exchange.payload["message"];
  if (!isObject(info) || typeof info["id"] !== "number" || exchange.outcome === "silent") return;
  const key = String(info["id"]);
  const { word, reason } = answerOf(exchange);
  const body = {
    info,
    sessionId: sessionOf(turn, info),
    commandId: exchange.commandId,
    at: formatInstant(turn.now),
    answer: word,
    reason,
  };
  const isAccepted = word === "Accepted";
  turn.keepItem(block, isAccepted ? key : `refused/${key}`, body);
  if (isAccepted && items.some((item) => item.key === `refused/${key}`)) {
    turn.keepItem(block, `refused/${key}`, null);
  }
  if (isAccepted && items.some((item) => item.key === `cleared/${key}`)) {
    turn.keepItem(block, `cleared/${key}`, null);
  }
  dropEnded(turn, items, key);
}

/** Messages of sessions that are over, and those that had their time, have left the display. */
function dropEnded(turn: Turn, items: readonly StationItem[], setKey: string): void {
  const open = turn.context.open.map(({ n }) => sessionKey(turn.context, n));
  for (const { key, body } of items) {
    const { info, sessionId } = body;
    if (!isObject(info) || key.replace("refused/", "") === setKey) continue;
    const endedAt = parseInstant(info["endDateTime"]);
    const isOver = typeof sessionId === "string" && !open.includes(sessionId);
    if (isOver || (endedAt !== null && endedAt <= turn.now)) turn.keepItem(block, key, null);
  }
}

/**
 * Unknown means that there is none: either way it does not show. What was reported before may be
 * read only after this, so that it is remembered for a while.
 */
function noteCleared(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const { id } = exchange.payload;
  const { word } = answerOf(exchange);
  if (typeof id !== "number" || (word !== "Accepted" && word !== "Unknown")) return;
  turn.keepItem(block, String(id), null);
  turn.keepItem(block, `refused/${id}`, null);
  turn.keepItem(block, `cleared/${id}`, { at: formatInstant(turn.now) });
  const reported = new Set(
    items.filter((item) => item.block === "reported-message").map(({ key }) => key),
  );
  for (const { key, body } of items) {
    const [, other] = key.split("cleared/");
    const at = parseInstant(body["at"]) ?? 0;
    const isNeeded = other === undefined || reported.has(other) || other === String(id);
    if (!isNeeded && at < turn.now - REPORT_MS_MAX) turn.keepItem(block, key, null);
  }
}

/** The report that follows only says what was asked for. */
function noteAsked(turn: Turn, call: SentCall): void {
  turn.keepItem(block, "asked", question(turn, call, null));
}

function noteAnswered(turn: Turn, exchange: Exchange): void {
  if (exchange.outcome !== "answered") return;
  turn.keepItem(block, "asked", question(turn, exchange, answerOf(exchange).word));
}

function question(
  turn: Turn,
  { payload }: SentCall,
  answer: string | null,
): Readonly<Record<string, unknown>> {
  return {
    requestId: payload["requestId"] ?? null,
    ids: payload["id"] ?? null,
    priority: payload["priority"] ?? null,
    state: payload["state"] ?? null,
    answer,
    at: formatInstant(turn.now),
  };
}

/** The station's own word: of its response, or of its CALLERROR. */
function answerOf(
  { outcome, response, errorCode }: Exchange,
): { readonly word: string; readonly reason: string | null } {
  if (outcome !== "answered") return { word: errorCode ?? outcome, reason: null };
  const { status, statusInfo } = response;
  const { reasonCode, additionalInfo } = isObject(statusInfo) ? statusInfo : {};
  const reason = [reasonCode, additionalInfo].filter((part) => typeof part === "string").join(": ");
  return {
    word: typeof status === "string" ? status : "no status",
    reason: reason === "" ? null : reason,
  };
}

function sessionOf({ context }: Turn, info: Readonly<Record<string, unknown>>): string | null {
  const open = context.open.find(({ transactionId }) => transactionId === info["transactionId"]);
  return open === undefined ? null : sessionKey(context, open.n);
}
