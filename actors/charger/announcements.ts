import type { StationDescription } from "#schemas/events/charger.ts";
import type { ChargerContext } from "./context.ts";
import type { Turn } from "./turn.ts";
import { describeStation } from "./views.ts";

/** The station without what heartbeats left in memory only: a replay could not say the same. */
export function steppedStation(context: ChargerContext): StationDescription {
  return describeStation({ ...context, heardAt: 0 });
}

/** Tells the world how the station is now, because of something that happened to it. */
export function announceStation(turn: Turn, name: `charger.${string}`): void {
  const { stationId } = turn.context;
  turn.announce(name, { ...steppedStation(turn.context), stationId });
}
