import type { StationCommand } from "./define.ts";

export const firmwareCommands = {} as const satisfies Record<string, StationCommand>;
