import { Type } from "@sinclair/typebox";
import { Identifier } from "#schemas/rest/shape.ts";
import { defineStationCommand, type StationCommand, unsupported } from "./define.ts";

/** In units of the currency, taxes included; above it no session is. */
const COST_MAX = 1_000_000_000;

export const generalCommands = {
  /** OCPP 1.6J, 5.4; OCPP 2.0.1 Part 2, C11. */
  "clear-cache": defineStationCommand({
    summary: "Clears the station's cache of tokens",
    body: Type.Object({}, { additionalProperties: false, title: "ClearCache" }),
    isIdempotent: true,
    to16: () => ({ action: "ClearCache", payload: {} }),
    to2: () => ({ action: "ClearCache", payload: {} }),
  }),
  /** OCPP 2.0.1 Part 2, I02: the running cost of a session, for the station's display. */
  "cost-updated": defineStationCommand({
    summary: "Shows what the session costs so far",
    body: Type.Object({
      sessionId: Identifier,
      totalCost: Type.Number({ minimum: 0, maximum: COST_MAX }),
    }, { additionalProperties: false, title: "CostUpdated" }),
    isIdempotent: true,
    to16: () => {
      throw unsupported("show the cost", "OCPP 1.6");
    },
    to2: ({ sessionId, totalCost }, { transactionOf }) => ({
      action: "CostUpdated",
      payload: { totalCost, transactionId: transactionOf(sessionId) },
    }),
    // The response is empty: that there is one says all.
    toOutcome: () => ({ status: "accepted", reason: "Accepted", transactionId: null }),
  }),
} as const satisfies Record<string, StationCommand>;
