import { PlatformError } from "#schemas/errors.ts";
import { parseInstant } from "#schemas/instant.ts";
import {
  Reservation,
  ReservationAt,
  ReservationCreate,
  ReservationParams,
  ReservationQuery,
} from "#schemas/rest/reservation.ts";
import { askedOnce } from "../asked_once.ts";
import { commandId, commandStation } from "../command_batches.ts";
import { findDescription } from "../queries/command_rows.ts";
import {
  drawReservationId,
  findReservation,
  listReservations,
  reservationIdOf,
} from "../queries/reservation_rows.ts";
import { created, noContent, ok } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";

const tag = "Reservations";
const one = {
  path: "/reservations/{id}",
  tag,
  params: ReservationParams,
  query: ReservationAt,
} as const;
/** A command waits for its station at most as long. */
const QUEUE_MS_MAX = 30 * 86_400_000;

export const reservationsRoutes: readonly Route[] = [
  list({
    path: "/reservations",
    summary: "Reservations and what became of them",
    tag,
    query: ReservationQuery,
    item: Reservation,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listReservations(rows, query)),
  }),
  route({
    method: "post",
    path: "/reservations",
    summary:
      "Reserves; it is pending until the station has answered, which is told when it is back",
    tag,
    body: ReservationCreate,
    answers: { 201: Reservation },
    handler: async (incoming) => {
      const { body } = incoming;
      const reservation = await reserve(incoming, body);
      return created(pathOf(reservation.id), reservation);
    },
  }),
  route({
    ...one,
    method: "get",
    summary: "One reservation",
    answers: { 200: Reservation },
    handler: async (incoming) => {
      return ok(await found(incoming, incoming.params.id, incoming.query.station));
    },
  }),
  route({
    ...one,
    method: "delete",
    summary: "Asks the station to cancel it; it is cancelled when the station agrees",
    answers: { 204: null },
    handler: async (incoming) => {
      await cancel(incoming, await found(incoming, incoming.params.id, incoming.query.station));
      return noContent;
    },
  }),
];

async function reserve(asked: Asked, create: ReservationCreate): Promise<Reservation> {
  const { platform, tenant } = asked;
  const { stationId, ...terms } = create;
  const queueMs = timeTo(asked, terms.expiresAt);
  if (queueMs <= 0) {
    throw new PlatformError("malformed", "Cannot reserve: the reservation would be over already", {
      fields: [{ pointer: "/expiresAt", detail: "must lie in the future" }],
    });
  }
  const { id } = await askedOnce(asked, commandId(asked, stationId), async () => {
    const reservationId = await platform.tenants.run(tenant, drawReservationId);
    const body = { reservationId, ...terms };
    return await commandStation(asked, stationId, { kind: "reserve", body, queueMs });
  });
  const reservation = await platform.tenants.run(tenant, async (rows) => {
    // A repeat of the request drew another number, which nobody was told.
    const number = await reservationIdOf(rows, id);
    return number === undefined ? undefined : await findReservation(rows, number, stationId);
  });
  if (reservation !== undefined) return reservation;
  throw new PlatformError("unavailable", "Cannot show the reservation: it is not written yet");
}

/** Asks again only when it is not being asked for already. */
async function cancel(asked: Asked, reservation: Reservation): Promise<void> {
  const { id, stationId, status, cancellation, expiresAt } = reservation;
  if (status === "cancelled") return;
  if (status !== "pending" && status !== "accepted") {
    throw new PlatformError("conflict", `Cannot cancel reservation ${id}: it is ${status}`);
  }
  if (cancellation?.status === "pending" && await isUnderWay(asked, cancellation.commandId)) return;
  await commandStation(asked, stationId, {
    kind: "cancel-reservation",
    body: { reservationId: id },
    queueMs: Math.max(0, timeTo(asked, expiresAt)),
  });
}

async function isUnderWay({ platform, tenant }: Asked, commandId: string): Promise<boolean> {
  const command = await platform.tenants.run(tenant, (rows) => findDescription(rows, commandId));
  return command?.status === "queued" || command?.status === "sent";
}

async function found(
  { platform, tenant }: Asked,
  id: number,
  stationId: string | undefined,
): Promise<Reservation> {
  const reservation = await platform.tenants.run(
    tenant,
    (rows) => findReservation(rows, id, stationId),
  );
  if (reservation !== undefined) return reservation;
  throw new PlatformError("not-found", `Cannot find reservation ${id}: it does not exist`);
}

function timeTo({ platform }: Asked, expiresAt: string): number {
  return Math.min(QUEUE_MS_MAX, (parseInstant(expiresAt) ?? 0) - platform.clock.now());
}

function pathOf(id: number): string {
  return `/api/v1/reservations/${id}`;
}
