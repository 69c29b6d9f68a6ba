import type { StationCommand } from "./define.ts";

export const deviceModelCommands = {} as const satisfies Record<string, StationCommand>;
