import type { StationCommand } from "./define.ts";

export const localListCommands = {} as const satisfies Record<string, StationCommand>;
