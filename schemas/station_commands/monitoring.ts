import type { StationCommand } from "./define.ts";

export const monitoringCommands = {} as const satisfies Record<string, StationCommand>;
