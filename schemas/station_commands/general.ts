import { Type } from "@sinclair/typebox";
import { defineStationCommand, type StationCommand } from "./define.ts";

export const generalCommands = {
  /** OCPP 1.6J, 5.4; OCPP 2.0.1 Part 2, C11. */
  "clear-cache": defineStationCommand({
    summary: "Clears the station's cache of tokens",
    body: Type.Object({}, { additionalProperties: false, title: "ClearCache" }),
    isIdempotent: true,
    to16: () => ({ action: "ClearCache", payload: {} }),
    to2: () => ({ action: "ClearCache", payload: {} }),
  }),
} as const satisfies Record<string, StationCommand>;
