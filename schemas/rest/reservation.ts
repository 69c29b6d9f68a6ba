import { Type } from "@sinclair/typebox";
import { reservationStatuses } from "#schemas/events/reservation.ts";
import { ReservationId, reservationTerms } from "#schemas/station_commands/reservations.ts";
import { Identifier, Instant, listQuery, nullable, oneOf, type Static } from "./shape.ts";

export const ReservationCreate = Type.Object({ stationId: Identifier, ...reservationTerms }, {
  additionalProperties: false,
  title: "ReservationCreate",
});
export type ReservationCreate = Static<typeof ReservationCreate>;

const Cancellation = Type.Object({
  status: oneOf(["pending", "rejected", "unknown"], {
    description: "What the wish to cancel it has come to; unknown = the station did not answer",
  }),
  commandId: Identifier,
  detail: Type.Optional(Type.String()),
}, { title: "ReservationCancellation" });

export const Reservation = Type.Object({
  id: ReservationId,
  stationId: Identifier,
  evseId: nullable(Type.Integer()),
  connectorType: Type.Optional(Type.String()),
  tokenUid: Type.String(),
  groupId: nullable(Type.String()),
  expiresAt: Instant,
  status: oneOf(reservationStatuses),
  detail: Type.Optional(Type.String({ description: "Why it is so" })),
  sessionId: Type.Optional(Identifier),
  cancellation: Type.Optional(Cancellation),
  commandId: Identifier,
  createdAt: Instant,
  updatedAt: Instant,
}, { title: "Reservation" });
export type Reservation = Static<typeof Reservation>;

export const ReservationParams = Type.Object({
  id: Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 }),
});

const station = Type.Optional(Identifier);

export const ReservationQuery = Type.Object({
  ...listQuery,
  station,
  status: Type.Optional(oneOf(reservationStatuses)),
  token: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
}, { additionalProperties: false });
export type ReservationQuery = Static<typeof ReservationQuery>;

/** Numbers of raw calls may stand for one reservation at each of several stations. */
export const ReservationAt = Type.Object({ station }, { additionalProperties: false });
