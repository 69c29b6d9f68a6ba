import type { ReservationDescription } from "#schemas/events/reservation.ts";
import type { Reservation, ReservationQuery } from "#schemas/rest/reservation.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";

interface ReservationRow {
  readonly body: ReservationDescription;
}

const isReservation = "block = 'reservation'";

/** A number that was never drawn before. */
export async function drawReservationId(rows: Rows): Promise<number> {
  const [row] = await rows.all<{ readonly id: number }>(
    "SELECT nextval('reservation_id')::integer AS id",
  );
  if (row === undefined) throw new TypeError("Cannot draw a number: the sequence gave none");
  return row.id;
}

/** The number that a `reserve` command was given when it was asked for first. */
export async function reservationIdOf(rows: Rows, commandId: string): Promise<number | undefined> {
  const [row] = await rows.all<{ readonly id: number | null }>(
    `SELECT (request->>'reservationId')::bigint AS id FROM commands
      WHERE id = $1 AND kind = 'reserve'`,
    [commandId],
  );
  return row?.id ?? undefined;
}

/** The one with this number; of several stations the newest, unless `stationId` says which. */
export async function findReservation(
  rows: Rows,
  id: number,
  stationId?: string,
): Promise<Reservation | undefined> {
  const where = new Conditions().add(isReservation).add("key = ?", String(id))
    .addIf(stationId, "station_id = ?");
  const [row] = await rows.all<ReservationRow>(
    `SELECT body FROM station_items WHERE ${where.text} ORDER BY updated_at DESC LIMIT 1`,
    where.values,
  );
  return row === undefined ? undefined : toReservation(row);
}

export function listReservations(
  rows: Rows,
  query: ReservationQuery,
): Promise<Page<Reservation>> {
  const where = new Conditions().add(isReservation)
    .addIf(query.station, "station_id = ?")
    .addIf(query.status, "body->>'status' = ?")
    .addIf(query.token?.toLowerCase(), "lower(body->>'tokenUid') = ?");
  return pageOf(rows, query, {
    select: "body",
    from: "station_items",
    where,
    order: [{ name: "created_at", type: "timestamptz" }, { name: "id", type: "text" }],
  }, toReservation);
}

function toReservation({ body }: ReservationRow): Reservation {
  const { connectorType, detail, sessionId, cancellation, ...rest } = body;
  return {
    ...rest,
    ...(connectorType === null ? {} : { connectorType }),
    ...(detail === null ? {} : { detail }),
    ...(sessionId === null ? {} : { sessionId }),
    ...(cancellation === null ? {} : {
      cancellation: {
        status: cancellation.status,
        commandId: cancellation.commandId,
        ...(cancellation.detail === null ? {} : { detail: cancellation.detail }),
      },
    }),
  };
}
