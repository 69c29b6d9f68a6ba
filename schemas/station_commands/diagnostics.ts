import type { StationCommand } from "./define.ts";

export const diagnosticsCommands = {} as const satisfies Record<string, StationCommand>;
