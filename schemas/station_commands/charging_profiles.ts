import type { StationCommand } from "./define.ts";

export const chargingProfilesCommands = {} as const satisfies Record<string, StationCommand>;
