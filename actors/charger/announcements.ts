import type { StationDescription } from "#schemas/events/charger.ts";
import type { ChargerContext } from "./context.ts";
import type { Turn } from "./turn.ts";
import { describeStation } from "./views.ts";

/** Without what heartbeats left in memory only: a replay could not say the same. */
function factOf(context: ChargerContext): StationDescription {
  return describeStation({ ...context, heardAt: 0 });
}

/** Tells the world how the station is now, because of something that happened to it. */
export function announceStation(turn: Turn, name: `charger.${string}`): void {
  const { stationId } = turn.context;
  turn.announce(name, { ...factOf(turn.context), stationId });
}
