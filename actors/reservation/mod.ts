import { defineActor } from "#engine/actor.ts";
import { stationOfKey } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { ReservationContext, ReservationEvent } from "./context.ts";
import { reservationMachine } from "./machine.ts";
import { reservationSnapshot } from "./snapshot.ts";
import { reservationRows } from "./views.ts";

/** `reservation/<stationKey>~r<id>`: one reservation of a station, which alone tells it what is. */
export const reservation = defineActor<ReservationContext, ReservationEvent>({
  kind: "reservation",
  revision: 1,
  machine: reservationMachine,
  initialInput: ({ key }) => ({ key, stationId: stationOfKey(key) }),
  receive: ({ header }) => {
    throw new PlatformError("unknown-action", `Cannot ask a reservation: no "${header.type}"`);
  },
  classify: () => "transition",
  views: reservationRows,
  snapshot: reservationSnapshot,
});
