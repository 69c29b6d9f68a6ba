/**
 * A message of a station with quirks, in the form that the standard has for it. Nothing is guessed:
 * what no quirk of the station explains stays as it is, and is judged as it is.
 */
import { isObject } from "#schemas/command.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { formatInstant } from "#schemas/instant.ts";
import { schemaOf } from "#schemas/ocpp_schemas.ts";
import type { JsonSchema } from "#schemas/ocpp_tolerance.ts";
import type { ListField, Quirk, QuirkEffect } from "./quirk.ts";

type Json = Readonly<Record<string, unknown>>;

export interface StationCall {
  readonly protocol: OcppProtocol;
  readonly action: string;
  readonly payload: unknown;
}

/** The payload as it was meant; the same object when there is nothing to change. */
export function adaptPayload(quirks: readonly Quirk[], call: StationCall, now: number): unknown {
  return quirks.reduce(
    (payload, { effect }) => adapted(effect, { ...call, payload }, now),
    call.payload,
  );
}

function adapted(effect: QuirkEffect, call: StationCall, now: number): unknown {
  switch (effect.kind) {
    case "energy-unit":
      return withUnits(call.payload, effect);
    case "number-or-text":
    case "object-for-list":
    case "missing-time": {
      const schema = schemaOf(call.protocol, call.action, "request");
      if (schema === undefined) return call.payload;
      return new Reshaping(schema, effect.kind, now).of(schema, call.payload);
    }
    case "closed-list":
      return withWords(call, effect.fields);
    case "tag-padding":
      return withoutPadding(call.payload);
    default:
      return call.payload;
  }
}

const numeric = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

/** Walks a payload along the official schema and changes the one thing that is wrong with it. */
class Reshaping {
  readonly #root: JsonSchema;
  readonly #kind: QuirkEffect["kind"];
  readonly #now: number;

  constructor(root: JsonSchema, kind: QuirkEffect["kind"], now: number) {
    this.#root = root;
    this.#kind = kind;
    this.#now = now;
  }

  of(schema: JsonSchema, value: unknown): unknown {
    const { type, items, properties } = this.#resolved(schema);
    if (type === "string") return this.#text(schema, value);
    if (type === "number" || type === "integer") return this.#number(value);
    if (type === "array" && isObject(items)) return this.#list(items, value);
    if (isObject(properties) && isObject(value)) return this.#object(schema, properties, value);
    return value;
  }

  #text(schema: JsonSchema, value: unknown): unknown {
    if (this.#kind === "number-or-text" && typeof value === "number") return String(value);
    const isEmptyTime = this.#kind === "missing-time" && value === "" &&
      this.#resolved(schema)["format"] === "date-time";
    return isEmptyTime ? formatInstant(this.#now) : value;
  }

  #number(value: unknown): unknown {
    const isNumber = this.#kind === "number-or-text" && typeof value === "string" &&
      numeric.test(value);
    return isNumber ? Number(value) : value;
  }

  #list(items: JsonSchema, value: unknown): unknown {
    const list = this.#kind === "object-for-list" && isObject(value) ? [value] : value;
    if (!Array.isArray(list)) return list;
    return mapped(list, (entry) => this.of(items, entry));
  }

  #object(schema: JsonSchema, properties: Json, value: Json): Json {
    const changes: Record<string, unknown> = {};
    for (const [name, part] of Object.entries(properties)) {
      if (!isObject(part)) continue;
      const before = value[name];
      const after = before === undefined || before === null
        ? this.#absent(schema, name, part) ?? before
        : this.of(part, before);
      if (after !== before) changes[name] = after;
    }
    return Object.keys(changes).length === 0 ? value : { ...value, ...changes };
  }

  #absent(schema: JsonSchema, name: string, part: JsonSchema): string | undefined {
    const { required } = this.#resolved(schema);
    const isTime = this.#kind === "missing-time" && Array.isArray(required) &&
      required.includes(name) && this.#resolved(part)["format"] === "date-time";
    return isTime ? formatInstant(this.#now) : undefined;
  }

  #resolved(schema: JsonSchema): JsonSchema {
    const { $ref } = schema;
    const definitions = this.#root["definitions"];
    if (typeof $ref !== "string" || !isObject(definitions)) return schema;
    const found = definitions[$ref.replace("#/definitions/", "")];
    return isObject(found) ? found : schema;
  }
}

/** Members of a closed list in another case, and the words that are known for others. */
function withWords(
  { protocol, action, payload }: StationCall,
  fields: readonly ListField[],
): unknown {
  if (!isObject(payload)) return payload;
  const changes: Record<string, string> = {};
  for (const { action: ofAction, field, words } of fields) {
    const word = payload[field];
    if (ofAction !== action || typeof word !== "string") continue;
    const schema = schemaOf(protocol, action, "request");
    const properties = isObject(schema?.["properties"]) ? schema["properties"] : {};
    const part = properties[field];
    const members: unknown = isObject(part) ? part["enum"] : undefined;
    if (!Array.isArray(members) || members.includes(word)) continue;
    const meant = members.find((member) => String(member).toLowerCase() === word.toLowerCase()) ??
      words[word];
    if (typeof meant === "string") changes[field] = meant;
  }
  return Object.keys(changes).length === 0 ? payload : { ...payload, ...changes };
}

// deno-lint-ignore no-control-regex -- these are what is appended.
const padding = /^[\s\u0000-\u001f\u007f]+|[\s\u0000-\u001f\u007f]+$/g;

function withoutPadding(payload: unknown): unknown {
  if (!isObject(payload)) return payload;
  const { idTag, idToken } = payload;
  if (typeof idTag === "string") return replaced(payload, "idTag", stripped(idTag));
  if (isObject(idToken) && typeof idToken["idToken"] === "string") {
    const token = replaced(idToken, "idToken", stripped(idToken["idToken"]));
    return replaced(payload, "idToken", token);
  }
  return payload;
}

function stripped(uid: string): string {
  const rest = uid.replace(padding, "");
  return rest === "" ? uid : rest;
}

const energyDefault = "Energy.Active.Import.Register";

function withUnits(
  payload: unknown,
  unit: { readonly said: string; readonly meant: string },
): unknown {
  if (!isObject(payload)) return payload;
  return ["meterValue", "transactionData"].reduce<Json>((message, name) => {
    const values = message[name];
    if (!Array.isArray(values)) return message;
    const changed = mapped(values, (value) => {
      const samples = isObject(value) ? value["sampledValue"] : undefined;
      if (!isObject(value) || !Array.isArray(samples)) return value;
      return replaced(value, "sampledValue", mapped(samples, (sample) => withUnit(sample, unit)));
    });
    return replaced(message, name, changed);
  }, payload);
}

/** 1.6 names the unit, 2.x has an object for it; energy without one is in Wh. */
function withUnit(
  sample: unknown,
  { said, meant }: { readonly said: string; readonly meant: string },
): unknown {
  if (!isObject(sample)) return sample;
  const { measurand = energyDefault, unitOfMeasure } = sample;
  if (typeof measurand !== "string" || !measurand.startsWith("Energy.")) return sample;
  if (typeof sample["value"] === "number") {
    const of2 = isObject(unitOfMeasure) ? unitOfMeasure : {};
    return (of2["unit"] ?? "Wh") === said
      ? { ...sample, unitOfMeasure: { ...of2, unit: meant } }
      : sample;
  }
  return (sample["unit"] ?? "Wh") === said ? { ...sample, unit: meant } : sample;
}

/** The same list when no entry is another one. */
function mapped(
  list: readonly unknown[],
  change: (entry: unknown) => unknown,
): readonly unknown[] {
  const entries = list.map(change);
  return entries.some((entry, index) => entry !== list[index]) ? entries : list;
}

function replaced(object: Json, name: string, value: unknown): Json {
  return object[name] === value ? object : { ...object, [name]: value };
}
