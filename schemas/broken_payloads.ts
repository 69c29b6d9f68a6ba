/**
 * From an OCPP schema and a payload that keeps it, payloads that break it: each rule once, one
 * rule each. What a rule is about and the payload lacks is built, as small as the schema allows.
 */
import type { JsonSchema } from "./ocpp_tolerance.ts";

/** `null`, `fraction` and `type` all break the keyword `type`; the rest are keywords by name. */
export type BrokenRule =
  | "required"
  | "additionalProperties"
  | "type"
  | "null"
  | "fraction"
  | "enum"
  | "format"
  | "maxLength"
  | "minimum"
  | "maximum"
  | "multipleOf"
  | "minItems"
  | "maxItems";

export interface BrokenPayload {
  readonly rule: BrokenRule;
  /** JSON Pointer of what is wrong, of what is missing too. */
  readonly pointer: string;
  /** The definition (2.x) or property (1.6) whose schema holds the rule; empty at the root. */
  readonly holder: string;
  readonly payload: unknown;
}

type Key = string | number;

/** One schema of the tree, where the payload has its value. */
interface Place {
  readonly root: JsonSchema;
  readonly schema: JsonSchema;
  readonly path: readonly Key[];
  readonly holder: string;
}

/** What to do to the value of a place, so that `rule` is broken. */
interface Breach {
  readonly rule: BrokenRule;
  readonly edit: (value: unknown) => unknown;
  /** The property that is missing or surplus. */
  readonly property?: string;
}

/** No schema has a property of this name. */
const SURPLUS = "unheardOf";

/** An instant in the form that every version takes. */
const INSTANT = "2026-11-22T12:00:00Z";

/** Values of another type than the named; the first is what a careless station would write. */
const strangers: Readonly<Record<string, unknown>> = {
  string: 42,
  integer: "7",
  number: "7.5",
  boolean: "true",
  object: [],
  array: {},
};

/** Every rule of `schema`, broken once in `example`, which must keep the schema. */
export function brokenPayloads(
  schema: JsonSchema,
  example: unknown = smallestPayload(schema),
): readonly BrokenPayload[] {
  return placesOf({ root: schema, schema, path: [], holder: "" }).flatMap((place) =>
    breachesOf(place.schema).map(({ rule, edit, property }) => ({
      rule,
      pointer: pointerOf(property === undefined ? place.path : [...place.path, property]),
      holder: place.holder,
      payload: edited(place, schema, { value: example, path: place.path, edit }),
    }))
  );
}

/** The payload with nothing that the schema does not ask for, except one item in each list. */
export function smallestPayload(schema: JsonSchema): unknown {
  return smallest(schema, schema);
}

/** The payload with everything that the schema knows, one item in each list. */
export function fullestPayload(schema: JsonSchema): unknown {
  return fullest(schema, schema);
}

/** The definition that a schema refers to, or the schema itself. */
function resolved(root: JsonSchema, schema: JsonSchema): JsonSchema {
  const { $ref } = schema;
  if (typeof $ref !== "string") return schema;
  return partsOf(root, "definitions")[definitionOf(schema) ?? ""] ?? {};
}

function definitionOf({ $ref }: JsonSchema): string | undefined {
  return typeof $ref === "string" ? $ref.slice($ref.lastIndexOf("/") + 1) : undefined;
}

function partsOf(schema: JsonSchema, group: string): Readonly<Record<string, JsonSchema>> {
  return (schema[group] ?? {}) as Readonly<Record<string, JsonSchema>>;
}

function placesOf(place: Place): readonly Place[] {
  const { root, path, schema } = place;
  const child = (part: JsonSchema, key: Key, name: string): readonly Place[] =>
    placesOf({
      root,
      schema: resolved(root, part),
      path: [...path, key],
      holder: definitionOf(part) ?? name,
    });
  const properties = Object.entries(partsOf(schema, "properties"));
  const items = schema["items"] as JsonSchema | undefined;
  return [
    place,
    ...properties.flatMap(([name, part]) => child(part, name, name)),
    ...(items === undefined ? [] : child(items, 0, place.holder)),
  ];
}

function breachesOf(schema: JsonSchema): readonly Breach[] {
  const type = String(schema["type"]);
  const become = (rule: BrokenRule, value: unknown): Breach => ({ rule, edit: () => value });
  const of = (keyword: BrokenRule, breach: (bound: number) => Breach): readonly Breach[] =>
    schema[keyword] === undefined ? [] : [breach(Number(schema[keyword]))];
  // What has no type, such as the data of a DataTransfer in 2.x, may be anything.
  const isTyped = type in strangers;
  return [
    ...(isTyped ? [become("type", strangers[type]), become("null", null)] : []),
    ...(type === "integer" ? [become("fraction", 1.5)] : []),
    ...objectBreaches(schema),
    ...of("enum", () => become("enum", "UnheardOf")),
    ...of("format", () => become("format", "no such form")),
    ...of("maxLength", (most) => become("maxLength", "x".repeat(most + 1))),
    ...of("minimum", (least) => become("minimum", least - 1)),
    ...of("maximum", (most) => become("maximum", most + 1)),
    ...of("multipleOf", (step) => become("multipleOf", 81.5 * step)),
    ...of("minItems", (least) => ({
      rule: "minItems",
      edit: (value) => listOf(value).slice(0, least - 1),
    })),
    ...of("maxItems", (most) => ({
      rule: "maxItems",
      edit: (value) => new Array(most + 1).fill(listOf(value)[0]),
    })),
  ];
}

function objectBreaches(schema: JsonSchema): readonly Breach[] {
  const required = (schema["required"] ?? []) as readonly string[];
  const missing = required.map((property): Breach => ({
    rule: "required",
    property,
    edit: (value) => {
      const { [property]: _gone, ...rest } = recordOf(value);
      return rest;
    },
  }));
  // 1.6 says it of texts too, where it means nothing.
  if (schema["additionalProperties"] !== false || schema["type"] !== "object") return missing;
  const edit = (value: unknown): unknown => ({ ...recordOf(value), [SURPLUS]: 1 });
  return [...missing, { rule: "additionalProperties", property: SURPLUS, edit }];
}

interface Edit {
  readonly value: unknown;
  readonly path: readonly Key[];
  readonly edit: (value: unknown) => unknown;
}

/** `value` with the edit made at `path`; what is not there yet is built. */
function edited(
  place: Pick<Place, "root">,
  part: JsonSchema,
  { value, path, edit }: Edit,
): unknown {
  const { root } = place;
  const schema = resolved(root, part);
  const present = value === undefined ? smallest(root, schema) : value;
  const [key, ...rest] = path;
  if (key === undefined) return edit(present);
  if (typeof key === "number") {
    const [first, ...others] = listOf(present);
    const items = schema["items"] as JsonSchema;
    return [edited(place, items, { value: first, path: rest, edit }), ...others];
  }
  const record = recordOf(present);
  const property = partsOf(schema, "properties")[key] ?? {};
  return {
    ...record,
    [key]: edited(place, property, { value: record[key], path: rest, edit }),
  };
}

function smallest(root: JsonSchema, part: JsonSchema): unknown {
  const schema = resolved(root, part);
  const required = (schema["required"] ?? []) as readonly string[];
  return valueOf(root, schema, { names: required, build: smallest });
}

function fullest(root: JsonSchema, part: JsonSchema): unknown {
  const schema = resolved(root, part);
  return valueOf(root, schema, {
    names: Object.keys(partsOf(schema, "properties")),
    build: fullest,
  });
}

interface Measure {
  /** The properties of an object. */
  readonly names: readonly string[];
  readonly build: (root: JsonSchema, part: JsonSchema) => unknown;
}

function valueOf(root: JsonSchema, schema: JsonSchema, { names, build }: Measure): unknown {
  switch (schema["type"]) {
    case "object":
      return Object.fromEntries(
        names.map((name) => [name, build(root, partsOf(schema, "properties")[name] ?? {})]),
      );
    case "array": {
      const length = Math.max(1, Number(schema["minItems"] ?? 0));
      return Array.from({ length }, () => build(root, schema["items"] as JsonSchema));
    }
    case "string":
      return textOf(schema);
    case "boolean":
      return true;
    default:
      return Math.min(Number(schema["maximum"] ?? 1), Math.max(Number(schema["minimum"] ?? 1), 1));
  }
}

function textOf(schema: JsonSchema): unknown {
  const values = schema["enum"];
  if (Array.isArray(values)) return values[0];
  if (schema["format"] === "date-time") return INSTANT;
  return schema["format"] === "uri" ? "https://example.com/file" : "x";
}

function pointerOf(path: readonly Key[]): string {
  return path.map((key) => `/${key}`).join("");
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown): readonly unknown[] {
  return value as readonly unknown[];
}
