/** What the actor of a reservation remembers, and what it hears. */
import type { OfType } from "#actors/turn.ts";
import type { ActorEvent } from "#engine/actor.ts";
import type {
  ReservationCancellation,
  ReservationNews,
  ReservationStatus,
  ReservationTerms,
} from "#schemas/events/reservation.ts";

export interface ReservationContext {
  readonly stationId: string;
  /** `<stationKey>~r<id>`. */
  readonly key: string;
  readonly id: number;
  /** Null = nobody has asked for it yet. */
  readonly terms: ReservationTerms | null;
  /** What stands when the station refuses to replace it. */
  readonly before: ReservationTerms | null;
  readonly status: ReservationStatus;
  /** Of the newest ReserveNow. */
  readonly commandId: string;
  readonly detail: string | null;
  readonly sessionId: string | null;
  readonly cancellation: ReservationCancellation | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type ReservationEvent =
  & ActorEvent
  & (ReservationNews | { readonly type: "alarm.expiry"; readonly due: number });

/** The events of the given types. */
export type EventOf<Type extends ReservationEvent["type"]> = OfType<ReservationEvent, Type>;

export function newReservation(stationId: string, key: string): ReservationContext {
  return {
    stationId,
    key,
    id: Number(key.slice(key.lastIndexOf("~r") + 2)),
    terms: null,
    before: null,
    status: "pending",
    commandId: "",
    detail: null,
    sessionId: null,
    cancellation: null,
    createdAt: 0,
    updatedAt: 0,
  };
}
