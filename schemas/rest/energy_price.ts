import { Type } from "@sinclair/typebox";
import { type Static } from "./shape.ts";

/** What a kilowatt-hour costs; 0 = free, no price = unknown. */
export const EnergyPrice = Type.Object({
  currency: Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217" }),
  perKwh: Type.String({
    pattern: "^(0|[1-9]\\d{0,6})(\\.\\d{1,6})?$",
    description: "Decimal text, for example 0.49",
  }),
  taxIncluded: Type.Optional(Type.Boolean({ description: "Absent = true" })),
}, { additionalProperties: false, title: "EnergyPrice" });
export type EnergyPrice = Readonly<Static<typeof EnergyPrice>>;

export const Money = Type.Object({
  amount: Type.String({ description: "Decimal text with the digits of its currency" }),
  currency: Type.String(),
}, { title: "Money" });
export type Money = Readonly<Static<typeof Money>>;
