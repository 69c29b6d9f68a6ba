import type { StationCommand } from "./define.ts";

export const displayMessagesCommands = {} as const satisfies Record<string, StationCommand>;
