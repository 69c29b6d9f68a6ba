import type { StoredSnapshot } from "#engine/actor.ts";
import type { ReservationContext } from "./context.ts";

/** What is stored of a reservation. */
export const reservationSnapshot = {
  version: 1,
  encode: (context: ReservationContext): unknown => context,
  decode: (stored: StoredSnapshot): { value: unknown; context: ReservationContext } => ({
    value: stored.value,
    context: stored.context as ReservationContext,
  }),
};
