import { Type } from "@sinclair/typebox";
import { EnergyPrice } from "./energy_price.ts";
import { Identifier, nullable, ReadOnly, type Static } from "./shape.ts";

export const Coordinates = Type.Object({
  latitude: Type.Number({ minimum: -90, maximum: 90 }),
  longitude: Type.Number({ minimum: -180, maximum: 180 }),
}, { additionalProperties: false, title: "Coordinates" });

const settings = {
  name: Type.String({ minLength: 1, maxLength: 500, pattern: "^[^\\u0000]+$" }),
  coordinates: Coordinates,
  timeZone: Type.String({
    default: "UTC",
    pattern: "^[A-Za-z][A-Za-z0-9_+\\-/]{0,63}$",
    description: "IANA time zone",
  }),
  address: Type.String({ default: "", maxLength: 2_000, pattern: "^[^\\u0000]*$" }),
  authorisationRequired: Type.Optional(
    Type.Boolean({ description: "False = free vend at all its stations; absent = true" }),
  ),
  energyPrice: Type.Optional(nullable(EnergyPrice)),
};

export const Location = Type.Object({ id: Identifier, ...settings }, { title: "Location" });
export type Location = Static<typeof Location>;

export const LocationCreate = Type.Object({
  id: Type.Optional(Identifier),
  ...settings,
}, { additionalProperties: false, title: "LocationCreate" });

export const LocationReplace = Type.Object({ id: ReadOnly, ...settings }, {
  additionalProperties: false,
  title: "LocationReplace",
});
export type LocationReplace = Static<typeof LocationReplace>;

/** RFC 7396; the whole is checked after the merge. */
export const LocationPatch = Type.Object({
  id: ReadOnly,
  name: Type.Optional(Type.Unsafe<unknown>(settings.name)),
  coordinates: Type.Optional(Type.Partial(Coordinates, { additionalProperties: false })),
  timeZone: Type.Optional(Type.Unsafe<unknown>({ ...settings.timeZone, default: undefined })),
  authorisationRequired: Type.Optional(nullable(Type.Boolean())),
  energyPrice: Type.Optional(Type.Unsafe<unknown>(nullable(EnergyPrice))),
  address: Type.Optional(Type.Unsafe<unknown>({ ...settings.address, default: undefined })),
}, { additionalProperties: false, title: "LocationPatch" });
