/**
 * What a charger forwards to the actor of a reservation (`reservation/<stationKey>~r<id>`), and the
 * reservation as REST and facts show it.
 */

export const reservationStatuses = [
  "pending",
  "accepted",
  "rejected",
  "faulted",
  "occupied",
  "unavailable",
  "used",
  "expired",
  "cancelled",
] as const;
export type ReservationStatus = typeof reservationStatuses[number];

/** What is reserved, for whom, until when. */
export interface ReservationTerms {
  /** Null = whichever is free (1.6: connector 0). */
  readonly evseId: number | null;
  /** 2.x only: any connector of that type. */
  readonly connectorType: string | null;
  readonly tokenUid: string;
  readonly groupId: string | null;
  readonly expiresAt: number;
}

/** A CALL ReserveNow leaves, or waits for a station that is away. */
export interface ReservationAsk {
  readonly type: "reservation.ask";
  readonly commandId: string;
  readonly terms: ReservationTerms;
  readonly isQueued: boolean;
}

/** What became of a CALL. `silent`: nobody knows, a late answer may follow. */
export interface ReservationAnswer {
  readonly type: "reservation.answer" | "reservation.cancelAnswer";
  readonly commandId: string;
  readonly outcome: "answered" | "failed" | "silent";
  /** The station's word; of a CALLERROR its code. */
  readonly word: string;
}

/** A CALL CancelReservation leaves, or waits for a station that is away. */
export interface ReservationCancel {
  readonly type: "reservation.cancel";
  readonly commandId: string;
  readonly isQueued: boolean;
}

/** A transaction names the reservation. */
export interface ReservationUse {
  readonly type: "reservation.use";
  /** Null = its start was refused. */
  readonly sessionId: string | null;
}

/** OCPP 2.x ReservationStatusUpdate: `Expired`, `Removed`, since 2.1 `NoTransaction`. */
export interface ReservationUpdate {
  readonly type: "ReservationStatusUpdate";
  readonly status: string;
}

export type ReservationNews =
  | ReservationAsk
  | ReservationAnswer
  | ReservationCancel
  | ReservationUse
  | ReservationUpdate;

/** What an operator's wish to cancel it has come to; absent when there was none. */
export interface ReservationCancellation {
  readonly status: "pending" | "rejected" | "unknown";
  readonly commandId: string;
  readonly detail: string | null;
}

/** A reservation as REST shows it. */
export interface ReservationDescription {
  readonly id: number;
  readonly stationId: string;
  readonly evseId: number | null;
  readonly connectorType: string | null;
  readonly tokenUid: string;
  readonly groupId: string | null;
  readonly expiresAt: string;
  readonly status: ReservationStatus;
  /** Why it is so, in words for people; null when the status says it all. */
  readonly detail: string | null;
  /** The session that used it. */
  readonly sessionId: string | null;
  readonly cancellation: ReservationCancellation | null;
  /** The command or call that asked for it last. */
  readonly commandId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}
