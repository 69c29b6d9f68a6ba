/** How a reservation shows itself: the description for REST and facts, its item in the read model. */
import type { ViewRow } from "#engine/actor.ts";
import { partitionOf } from "#schemas/address.ts";
import type { ReservationDescription } from "#schemas/events/reservation.ts";
import { formatInstant } from "#schemas/instant.ts";
import { itemId } from "#schemas/station_items.ts";
import type { ReservationContext } from "./context.ts";

export function describeReservation(context: ReservationContext): ReservationDescription {
  const { terms } = context;
  return {
    id: context.id,
    stationId: context.stationId,
    evseId: terms?.evseId ?? null,
    connectorType: terms?.connectorType ?? null,
    tokenUid: terms?.tokenUid ?? "",
    groupId: terms?.groupId ?? null,
    expiresAt: formatInstant(terms?.expiresAt ?? 0),
    status: context.status,
    detail: context.detail,
    sessionId: context.sessionId,
    cancellation: context.cancellation,
    commandId: context.commandId,
    createdAt: formatInstant(context.createdAt),
    updatedAt: formatInstant(context.updatedAt),
  };
}

/** One that nobody asked for (a station names a number that is not ours) is not shown. */
export function reservationRows(context: ReservationContext): readonly ViewRow[] {
  const { terms, key, id, stationId } = context;
  if (terms === null) return [];
  const body = describeReservation(context);
  const itemKey = String(id);
  return [{
    table: "station_items",
    id: itemId(partitionOf(key), "reservation", itemKey),
    row: {
      station_id: stationId,
      block: "reservation",
      key: itemKey,
      body,
      created_at: body.createdAt,
      updated_at: body.updatedAt,
    },
  }];
}
