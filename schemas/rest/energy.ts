import { Type } from "@sinclair/typebox";
import { Instant, listQuery, nullable, oneOf, type Static } from "./shape.ts";

export const energyPeriods = ["quarter", "day", "month"] as const;

export const EnergyPeriod = Type.Object({
  from: Instant,
  to: Instant,
  energyWh: Type.Integer(),
  maxPowerW: nullable(
    Type.Number({ description: "The largest reading of one session; null: none was told" }),
  ),
  sessions: Type.Integer({ description: "How many began in it" }),
  sessionMinutes: Type.Number({ description: "Time of all sessions together" }),
}, { title: "EnergyPeriod" });
export type EnergyPeriod = Static<typeof EnergyPeriod>;

export const EnergyQuery = Type.Object({
  ...listQuery,
  per: oneOf(energyPeriods, {
    default: "day",
    description: "quarter of an hour, day or month, in UTC; only those with sessions are listed",
  }),
  from: Type.Optional(Type.String({ format: "date-time", description: "begin >= from" })),
  to: Type.Optional(Type.String({ format: "date-time", description: "begin < to" })),
}, { additionalProperties: false });
export type EnergyQuery = Static<typeof EnergyQuery>;
