/**
 * Where our reading of the official OCPP schemas differs from their letter: errata, and tolerance.
 */

export type JsonSchema = Record<string, unknown>;

type Rewrite = (schema: JsonSchema, name: string | undefined) => JsonSchema;

/**
 * Properties (1.6 spells the lists in place) and definitions (2.x) whose unknown values we keep: a
 * meter that names an exotic measurand, or a stop for a reason of its own, has still delivered
 * energy.
 */
const openLists: ReadonlySet<string> = new Set([
  "context",
  "format",
  "location",
  "measurand",
  "phase",
  "reason",
  "unit",
  "LocationEnumType",
  "MeasurandEnumType",
  "PhaseEnumType",
  "ReadingContextEnumType",
  "ReasonEnumType",
  "TriggerReasonEnumType",
]);

/** Free text that vendors overfill; too long is no reason to lose a status. */
const freeTexts: ReadonlySet<string> = new Set(["info", "vendorErrorCode"]);

/**
 * Lists of reports: one that says nothing is an answer too, and one of a single part needs no
 * number.
 */
const reportLists = ["reportData", "monitor"];

/** Both spellings of the unit are in use: 1.6 printed the wrong one (rule M6). */
const celsius = ["Celcius", "Celsius"];

/** OCPP 2.0.1 errata: an EXI response may be longer than the schema of the first print. */
const EXI_RESPONSE_MAX = 7_500;

/** The schema with the errata applied: what we send must pass it. */
export function corrected(schema: JsonSchema): JsonSchema {
  return rewritten(schema, correct, undefined);
}

/**
 * The schema for what stations send: required fields, types, lengths and closed lists hold; time
 * zones, customData without vendor, steps of decimals and the lists above do not. With
 * `bearsSurplus` unknown properties pass everywhere.
 */
export function tolerant(schema: JsonSchema, bearsSurplus: boolean): JsonSchema {
  return rewritten(
    schema,
    (part, name) => relax(correct(part, name), name, bearsSurplus),
    undefined,
  );
}

const correct: Rewrite = (part, name) => {
  const values = part["enum"];
  if (Array.isArray(values) && celsius.some((unit) => values.includes(unit))) {
    return { ...part, enum: [...new Set([...values, ...celsius])] };
  }
  if (name === "exiResponse" && Number(part["maxLength"]) < EXI_RESPONSE_MAX) {
    return { ...part, maxLength: EXI_RESPONSE_MAX };
  }
  return part;
};

function relax(part: JsonSchema, name: string | undefined, bearsSurplus: boolean): JsonSchema {
  if (name === "CustomDataType") return { type: "object" };
  const relaxed = { ...part };
  if (name !== undefined && openLists.has(name) && relaxed["type"] === "string") {
    delete relaxed["enum"];
  }
  if (name !== undefined && freeTexts.has(name)) delete relaxed["maxLength"];
  if (name !== undefined && reportLists.includes(name)) delete relaxed["minItems"];
  if (isReport(relaxed)) relaxed["required"] = withoutNumber(relaxed["required"]);
  if (relaxed["format"] === "date-time") relaxed["format"] = "station-time";
  if (bearsSurplus && relaxed["additionalProperties"] === false) {
    delete relaxed["additionalProperties"];
  }
  delete relaxed["multipleOf"];
  return relaxed;
}

function isReport({ properties }: JsonSchema): boolean {
  return isSchema(properties) && reportLists.some((name) => name in properties);
}

function withoutNumber(required: unknown): unknown {
  return Array.isArray(required) ? required.filter((name) => name !== "seqNo") : required;
}

/** Applies `rewrite` to every subschema; `name` is the property or definition that holds it. */
function rewritten(schema: JsonSchema, rewrite: Rewrite, name: string | undefined): JsonSchema {
  const result = { ...rewrite(schema, name) };
  for (const group of ["properties", "definitions"]) {
    if (!isSchema(result[group])) continue;
    result[group] = Object.fromEntries(
      Object.entries(result[group]).map(([key, part]) => [
        key,
        isSchema(part) ? rewritten(part, rewrite, key) : part,
      ]),
    );
  }
  if (isSchema(result["items"])) result["items"] = rewritten(result["items"], rewrite, undefined);
  return result;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const timeForm =
  /^\d{4}-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?$/;

/**
 * A time as stations write it: any offset or none (1.6: none means UTC), with or without seconds.
 */
export function isStationTime(text: string): boolean {
  const match = timeForm.exec(text);
  if (match === null) return false;
  const [month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0));
  return isWithin(month, 1, 12) && isWithin(day, 1, 31) && isWithin(hour, 0, 23) &&
    isWithin(minute, 0, 59) && isWithin(second, 0, 60);
}

function isWithin(value: number | undefined, least: number, most: number): boolean {
  return value !== undefined && value >= least && value <= most;
}
