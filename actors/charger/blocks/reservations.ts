/**
 * Reservations (OCPP 1.6J, 5.2 and 5.13; OCPP 2.0.1 Part 2, block H): what is said of one goes to
 * its actor, which shares the station's commit. Nothing of it stands in the station's snapshot.
 */
import { isObject } from "#schemas/command.ts";
import type { ReservationNews, ReservationTerms } from "#schemas/events/reservation.ts";
import { parseInstant } from "#schemas/instant.ts";
import { ownerOf } from "../transactions.ts";
import { sessionKey, type Turn } from "../turn.ts";
import {
  defineBlock,
  type Exchange,
  type HeardNotice,
  type SentCall,
  type TransactionMessage,
} from "./block.ts";

export const reservations = defineBlock({
  name: "reservations",
  calls: {
    ReserveNow: {
      queued: (turn, call) => ask(turn, call, true),
      sent: (turn, call) => ask(turn, call, false),
      ended: (turn, exchange) => tellEnd(turn, exchange, "reservation.answer"),
    },
    CancelReservation: {
      queued: (turn, call) => cancel(turn, call, true),
      sent: (turn, call) => cancel(turn, call, false),
      ended: (turn, exchange) => tellEnd(turn, exchange, "reservation.cancelAnswer"),
    },
  },
  notices: { ReservationStatusUpdate: { heard: update } },
  transaction: noteUse,
});

function ask(turn: Turn, { commandId, payload }: SentCall, isQueued: boolean): void {
  const terms = termsOf(payload);
  // The station judges what cannot be read; we keep nothing of it.
  if (terms === undefined) return;
  forward(turn, idOf(payload), { type: "reservation.ask", commandId, terms, isQueued });
}

function cancel(turn: Turn, { commandId, payload }: SentCall, isQueued: boolean): void {
  forward(turn, idOf(payload), { type: "reservation.cancel", commandId, isQueued });
}

/** Without its payload (the connection was lost) nothing is known, which changes nothing. */
function tellEnd(
  turn: Turn,
  { commandId, payload, outcome, response, errorCode }: Exchange,
  type: "reservation.answer" | "reservation.cancelAnswer",
): void {
  const said = response["status"];
  const word = errorCode ?? (typeof said === "string" ? said : "nothing");
  forward(turn, idOf(payload), { type, commandId, outcome, word });
}

function update(turn: Turn, { payload }: HeardNotice): unknown {
  const status = payload["reservationUpdateStatus"];
  if (typeof status === "string") {
    forward(turn, idOf(payload), { type: "ReservationStatusUpdate", status });
  }
  return {};
}

/** A start, or in 2.x any event of a transaction, names the reservation that it uses. */
function noteUse(turn: Turn, event: TransactionMessage): void {
  if (event.reservationId === null) return;
  const owner = ownerOf(turn.context, event);
  const sessionId = owner.of === "open" || owner.of === "closed"
    ? sessionKey(turn.context, owner.session.n)
    : null;
  forward(turn, event.reservationId, { type: "reservation.use", sessionId });
}

function forward(turn: Turn, id: number | undefined, news: ReservationNews): void {
  if (id === undefined) return;
  const { tenant, key } = turn.context;
  turn.forward(`${tenant}:reservation/${key}~r${id}`, { ...news });
}

/** 1.6 and CancelReservation: `reservationId`; ReserveNow of 2.x: `id`. */
function idOf(payload: SentCall["payload"]): number | undefined {
  const id = payload["reservationId"] ?? payload["id"];
  return typeof id === "number" && Number.isSafeInteger(id) ? id : undefined;
}

/** In the words of either version; undefined = nobody could use it. */
function termsOf(payload: SentCall["payload"]): ReservationTerms | undefined {
  const is16 = "idTag" in payload;
  const expiresAt = parseInstant(is16 ? payload["expiryDate"] : payload["expiryDateTime"]);
  const tokenUid = is16 ? textOf(payload["idTag"]) : uidOf(payload["idToken"]);
  if (expiresAt === null || tokenUid === null) return undefined;
  const evseId = is16 ? payload["connectorId"] : payload["evseId"];
  return {
    evseId: typeof evseId === "number" && evseId > 0 ? evseId : null,
    connectorType: textOf(payload["connectorType"]),
    tokenUid,
    groupId: is16 ? textOf(payload["parentIdTag"]) : uidOf(payload["groupIdToken"]),
    expiresAt,
  };
}

function uidOf(idToken: unknown): string | null {
  return isObject(idToken) ? textOf(idToken["idToken"]) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
