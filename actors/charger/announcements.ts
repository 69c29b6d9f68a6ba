import type { Turn } from "./turn.ts";
import { describeStation } from "./views.ts";

/** Tells the world how the station is now, because of something that happened to it. */
export function announceStation(turn: Turn, name: `charger.${string}`): void {
  const { stationId } = turn.context;
  turn.announce(name, { ...describeStation(turn.context), stationId });
}
