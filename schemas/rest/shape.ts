/** Building blocks of the REST shapes. `title` is the name of a shape in the OpenAPI document. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";

// The schema libraries' own types are wide: naming them keeps `deno check` fast and errors short.
export type { Static, TSchema } from "@sinclair/typebox";

/** Printable, and nothing that Postgres or a URL could not carry. */
const printable = "^[^\\u0000-\\u001f\\u007f]+$";

export const Identifier = Type.String({ minLength: 1, maxLength: 255, pattern: printable });
export const Text = Type.String({ maxLength: 4_000, pattern: "^[^\\u0000]*$" });
/** RFC 3339, UTC in everything we send. */
export const Instant = Type.String({ format: "date-time" });
export const NullableInstant = Type.Union([Instant, Type.Null()]);

export function oneOf<const Values extends readonly string[]>(
  values: Values,
  options: { readonly default?: Values[number]; readonly description?: string } = {},
): ReturnType<typeof Type.Unsafe<Values[number]>> {
  return Type.Unsafe<Values[number]>({ type: "string", enum: [...values], ...options });
}

export function nullable<Shape extends TSchema>(
  shape: Shape,
): ReturnType<typeof Type.Unsafe<Static<Shape> | null>> {
  return Type.Unsafe<Static<Shape> | null>({ anyOf: [shape, { type: "null" }] });
}

/** What `GET` shows and a client may send back unchanged; it is not read. */
export const ReadOnly = Type.Optional(Type.Unsafe<unknown>({ readOnly: true }));

export const LIST_LIMIT_MAX = 1_000;
const LIST_LIMIT_DEFAULT = 100;

/** Query of every list. */
export const listQuery = {
  limit: Type.Integer({ minimum: 1, maximum: LIST_LIMIT_MAX, default: LIST_LIMIT_DEFAULT }),
  cursor: Type.Optional(
    Type.String({ maxLength: 1_000, description: "nextCursor of the page before" }),
  ),
  order: oneOf(["asc", "desc"], { default: "desc" }),
};
export const ListQuery = Type.Object(listQuery, { additionalProperties: false });
export type ListQuery = Static<typeof ListQuery>;

export const IdParams = Type.Object({ id: Identifier });

export const ImportReport = Type.Object({
  created: Type.Integer(),
  updated: Type.Integer(),
  failed: Type.Integer(),
  errors: Type.Array(Type.Object({ line: Type.Integer(), detail: Type.String() })),
}, { title: "ImportReport" });
export type ImportReport = Static<typeof ImportReport>;

/** RFC 9457. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String(),
  errors: Type.Optional(
    Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
  ),
}, { title: "Problem" });
export type Problem = Static<typeof Problem>;
