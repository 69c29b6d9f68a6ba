import { Type } from "@sinclair/typebox";
import { Identifier, listQuery, nullable, NullableInstant, oneOf, type Static } from "./shape.ts";

const said = {
  summary: Type.String({ description: "What the station does" }),
  remedy: Type.String({ description: "What the platform does about it" }),
  sources: Type.Array(Type.String({ description: "Where it was reported" })),
};

/** An entry of the table. */
export const Quirk = Type.Object({
  id: Identifier,
  kind: Type.String(),
  ...said,
  protocols: nullable(Type.Array(Type.String())),
  /** Known by its build, borne from every station, or only where an operator says so. */
  of: oneOf(["builds", "every station", "chosen stations"]),
}, { title: "Quirk" });
export type Quirk = Static<typeof Quirk>;

export const quirkStatuses = [
  /** Messages are adapted, or rules go by it. */
  "inForce",
  /** An operator should know. */
  "known",
  "dismissed",
] as const;

export const StationQuirk = Type.Object({
  id: Identifier,
  origin: oneOf(["build", "operator", "learned"]),
  status: oneOf(quirkStatuses),
  ...said,
  why: nullable(Type.String({ description: "What the station did, or which build it has" })),
  at: NullableInstant,
  dismissedAt: NullableInstant,
  /** An entry that would explain it. */
  suggests: nullable(Identifier),
}, { title: "StationQuirk" });
export type StationQuirk = Static<typeof StationQuirk>;

export const QuirkQuery = Type.Object(listQuery, { additionalProperties: false });
export type QuirkQuery = Static<typeof QuirkQuery>;
export const QuirkParams = Type.Object({ id: Identifier, quirkId: Identifier });
