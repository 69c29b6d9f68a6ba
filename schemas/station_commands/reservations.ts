import type { StationCommand } from "./define.ts";

export const reservationsCommands = {} as const satisfies Record<string, StationCommand>;
