import { Ajv, type ErrorObject } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { type FieldError, PlatformError } from "#schemas/errors.ts";
import type { Static, TSchema } from "#schemas/rest/shape.ts";

const common = {
  allErrors: true,
  strict: false,
  useDefaults: true,
  formats: { "date-time": fullFormats["date-time"] },
} as const;
const exact = new Ajv(common);
/** Query strings and CSV cells are texts: "true" and "5" become what the shape says. */
const coercing = new Ajv({ ...common, coerceTypes: true });

const FIELDS_MAX = 20;

/**
 * A check that fills in defaults and gives the value its type.
 *
 * @throws {PlatformError} "malformed" with a pointer per bad field.
 */
export function shapeCheck<Shape extends TSchema>(
  shape: Shape,
  from: "json" | "text",
): (value: unknown, what: string) => Static<Shape> {
  let check: ReturnType<typeof exact.compile<Static<Shape>>> | undefined;
  return (value, what) => {
    check ??= (from === "json" ? exact : coercing).compile<Static<Shape>>(shape);
    if (check(value)) return value;
    throw new PlatformError("malformed", `Cannot read ${what}: ${summary(check.errors ?? [])}`, {
      fields: fieldsOf(check.errors ?? []),
    });
  };
}

function summary(errors: readonly ErrorObject[]): string {
  const [first] = fieldsOf(errors);
  if (first === undefined) return "its shape is wrong";
  return `${first.pointer === "" ? "it" : first.pointer} ${first.detail}`;
}

function fieldsOf(errors: readonly ErrorObject[]): readonly FieldError[] {
  // The branches of a union all complain: the union's own error says it once.
  const said = errors.filter(({ keyword, schemaPath }) =>
    keyword === "anyOf" || !schemaPath.includes("/anyOf/")
  );
  return (said.length === 0 ? errors : said).slice(0, FIELDS_MAX).map(fieldOf);
}

function fieldOf(error: ErrorObject): FieldError {
  const { missingProperty, additionalProperty, allowedValues } = error.params;
  const name = missingProperty ?? additionalProperty;
  const pointer = name === undefined
    ? error.instancePath
    : `${error.instancePath}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  if (missingProperty !== undefined) return { pointer, detail: "is missing" };
  if (additionalProperty !== undefined) return { pointer, detail: "is not known" };
  if (Array.isArray(allowedValues)) {
    return { pointer, detail: `must be one of ${allowedValues.join(", ")}` };
  }
  if (error.keyword === "pattern") {
    return { pointer, detail: "has characters that are not allowed" };
  }
  return { pointer, detail: error.message ?? `breaks ${error.keyword}` };
}
