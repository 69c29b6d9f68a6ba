/** What every case about reservations does before and after what it is about. */
import type { Reservation } from "#schemas/rest/reservation.ts";
import type { CaseToken, ConformanceRun } from "./conformance_run.ts";
import { requireMatch } from "./match.ts";
import type { Payload } from "./recording.ts";
import type { ScriptedStation } from "./scripted_station.ts";

export const reservationCode = [
  "actors/charger/blocks/reservations.ts",
  "actors/reservation/machine.ts",
  "schemas/station_commands/reservations.ts",
];

const HOUR_MS = 3_600_000;

export function inAnHour(): string {
  return new Date(Date.now() + HOUR_MS).toISOString();
}

export interface Reserving {
  readonly terms: Payload;
  /** The CALL as it has to be, without the reservation's number. */
  readonly call: Payload;
  /** What the station answers. */
  readonly status: string;
}

/** Reserves by REST; the station gets exactly that CALL, and REST shows what it answered. */
export async function reserve(
  c: ConformanceRun,
  station: ScriptedStation,
  { terms, call: expected, status }: Reserving,
): Promise<number> {
  const stationId = station.identity;
  const made = await c.rest.post<Reservation>("/reservations", { stationId, ...terms });
  c.match("the reservation is made, and does not wait for the station", made, {
    status: 201,
    body: { stationId, status: "pending" },
  });
  const { id } = made.body;
  const received = await station.expectCall("ReserveNow");
  const number = station.protocol === "ocpp1.6" ? { reservationId: id } : { id };
  c.equal("ReserveNow names what was asked, and no more", received.payload, {
    ...expected,
    ...number,
  });
  received.answer({ status });
  await reservationIs(c, id, { status: status.toLowerCase() });
  return id;
}

/** Cancels by REST; the station answers `status`. */
export async function cancel(
  c: ConformanceRun,
  station: ScriptedStation,
  { id, status }: { readonly id: number; readonly status: "Accepted" | "Rejected" },
): Promise<void> {
  const asked = await c.rest.delete(`/reservations/${id}`);
  c.equal("the cancellation does not wait for the station", asked.status, 204);
  const received = await station.expectCall("CancelReservation");
  c.equal("CancelReservation names the reservation, and no more", received.payload, {
    reservationId: id,
  });
  received.answer({ status });
}

export function reservationIs(
  c: ConformanceRun,
  id: number,
  expected: Payload,
): Promise<Reservation> {
  return c.eventually(`the reservation is ${JSON.stringify(expected)}`, async () => {
    const { body } = await c.rest.get<Reservation>(`/reservations/${id}`);
    requireMatch("the reservation", body, expected);
    return body;
  });
}

/** All connectors as the station reported them. */
export async function connectorsAre(
  c: ConformanceRun,
  station: ScriptedStation,
  statuses: readonly string[],
): Promise<void> {
  await c.stationIs(station, {
    evses: statuses.map((status, index) => ({
      evseId: index + 1,
      connectors: [{ connectorId: 1, status }],
    })),
  });
}

/** Two tokens of one group: for whom is reserved, and who comes. */
export async function groupOfTwo(
  c: ConformanceRun,
): Promise<readonly [CaseToken, CaseToken, string]> {
  const { uid: groupId } = await c.newToken();
  return [await c.newToken({ groupId }), await c.newToken({ groupId }), groupId];
}
