/**
 * Checks OCPP payloads against the official JSON schemas (the three arrays of the npm package
 * `ocpp-rpc`). Strict for what we send. For what a station sends we are tolerant where the message
 * stays usable: see
 * `ocpp_tolerance.ts`. Schemas compile on first use and stay; `warm` does it before the first
 * message.
 */
import { createRequire } from "node:module";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats.js";
import type { ErrorKind, FieldError } from "./errors.ts";
import type { OcppProtocol } from "./events/gateway.ts";
import { actionsOf, maySend, type OcppAction } from "./ocpp_actions.ts";
import { corrected, isStationTime, type JsonSchema, tolerant } from "./ocpp_tolerance.ts";

/** What is wrong with a payload, in the words of `errors.ts`. */
export interface SchemaFault {
  readonly kind: ErrorKind;
  readonly detail: string;
  readonly fields: readonly FieldError[];
}

/** `borne` breaks the official schema where we are tolerant; only received payloads can be that. */
export type Verdict = "clean" | "borne" | SchemaFault;

/** Seen from us: a station's request is `received`, our response to it is `sent`. */
export type Direction = "received" | "sent";

export type Part = "request" | "response";

/** Which kind a breach of each schema keyword is; what is not listed is `malformed`. */
export const kindOfKeyword: Readonly<Record<string, ErrorKind>> = {
  required: "missing-field",
  additionalProperties: "missing-field",
  minItems: "missing-field",
  maxItems: "missing-field",
  additionalItems: "missing-field",
  minProperties: "missing-field",
  maxProperties: "missing-field",
  type: "wrong-type",
  enum: "invalid-value",
  const: "invalid-value",
  minLength: "invalid-value",
  maxLength: "invalid-value",
  minimum: "invalid-value",
  maximum: "invalid-value",
  exclusiveMinimum: "invalid-value",
  exclusiveMaximum: "invalid-value",
  multipleOf: "invalid-value",
  pattern: "invalid-value",
  propertyNames: "invalid-value",
  format: "malformed",
};

const files: Readonly<Record<OcppProtocol, string>> = {
  "ocpp1.6": "ocpp-rpc/lib/schemas/ocpp1_6.json",
  "ocpp2.0.1": "ocpp-rpc/lib/schemas/ocpp2_0_1.json",
  "ocpp2.1": "ocpp-rpc/lib/schemas/ocpp2_1.json",
};

/** Actions a busy network sees all day; the rest may cost its first user the compilation. */
const hot: Readonly<Record<OcppProtocol, readonly string[]>> = {
  "ocpp1.6": [
    "Heartbeat",
    "BootNotification",
    "StatusNotification",
    "MeterValues",
    "StartTransaction",
    "StopTransaction",
    "Authorize",
  ],
  "ocpp2.0.1": [
    "Heartbeat",
    "BootNotification",
    "StatusNotification",
    "TransactionEvent",
    "MeterValues",
    "Authorize",
    "NotifyEvent",
  ],
  "ocpp2.1": [
    "Heartbeat",
    "BootNotification",
    "StatusNotification",
    "TransactionEvent",
    "Authorize",
  ],
};

const requireJson = createRequire(import.meta.url);

/**
 * Decimals such as 8.1 are no multiples of 0.1 in floating point: the quotient may be off by less
 * than 1e-6, far above the rounding error of any limit that a station can have.
 */
const MULTIPLE_PRECISION = 6;

/** Enough fields to repair a request at once, without rendering thousands of them. */
const FIELDS_MAX = 20;

const ajvOptions = {
  strict: false,
  logger: false,
  multipleOfPrecision: MULTIPLE_PRECISION,
  formats: {
    "date-time": fullFormats["date-time"],
    "uri": fullFormats.uri,
    "station-time": isStationTime,
  },
} as const;

const checking = new Ajv(ajvOptions);
const explaining = new Ajv({ ...ajvOptions, allErrors: true });

/** The schema of one part of one message, and what has been compiled of it. */
class PartSchema {
  readonly #source: JsonSchema;
  readonly #bearsSurplus: boolean;
  #strict: ValidateFunction | undefined;
  #tolerant: ValidateFunction | undefined;
  #explaining: ValidateFunction | undefined;

  constructor(source: JsonSchema, bearsSurplus: boolean) {
    this.#source = source;
    this.#bearsSurplus = bearsSurplus;
  }

  get letter(): JsonSchema {
    return corrected(this.#source);
  }

  get strict(): ValidateFunction {
    return this.#strict ??= checking.compile(this.letter);
  }

  get tolerant(): ValidateFunction {
    return this.#tolerant ??= checking.compile(tolerant(this.#source, this.#bearsSurplus));
  }

  get explaining(): ValidateFunction {
    return this.#explaining ??= explaining.compile(this.letter);
  }
}

interface Entry {
  readonly action: OcppAction;
  readonly request: PartSchema;
  /** Undefined for a SEND. */
  readonly response: PartSchema | undefined;
}

const loaded = new Map<OcppProtocol, ReadonlyMap<string, Entry>>();

function entriesOf(protocol: OcppProtocol): ReadonlyMap<string, Entry> {
  const known = loaded.get(protocol);
  if (known !== undefined) return known;
  const entries = load(protocol);
  loaded.set(protocol, entries);
  return entries;
}

function load(protocol: OcppProtocol): ReadonlyMap<string, Entry> {
  const schemas = new Map<string, JsonSchema>();
  for (const { $id, ...schema } of requireJson(files[protocol]) as JsonSchema[]) {
    schemas.set(String($id), schema);
  }
  const find = (action: string, endings: readonly string[]): JsonSchema | undefined =>
    endings.map((ending) => schemas.get(`urn:${action}${ending}`)).find((found) => found);
  const entries = new Map<string, Entry>();
  for (const action of actionsOf(protocol).values()) {
    const request = find(action.action, [".req", "Request", ""]);
    const response = find(action.action, [".conf", "Response"]);
    if (request === undefined) {
      throw new TypeError(`Cannot find the ${protocol} schema of ${action.action}`);
    }
    entries.set(action.action, {
      action,
      request: new PartSchema(request, bearsSurplus(protocol, action.action)),
      response: response === undefined ? undefined : new PartSchema(response, true),
    });
  }
  return entries;
}

/**
 * Surplus properties are common in 1.6. In 2.x they are an OccurrenceConstraintViolation, except
 * where refusing would lose energy that was delivered (rule U8).
 */
function bearsSurplus(protocol: OcppProtocol, action: string): boolean {
  return protocol === "ocpp1.6" || action === "TransactionEvent" || action === "MeterValues";
}

/** Checks a request of a station (`received`) or of ours (`sent`). */
export function judgeRequest(
  protocol: OcppProtocol,
  action: string,
  payload: unknown,
  direction: Direction,
): Verdict {
  const entry = entriesOf(protocol).get(action);
  if (entry === undefined) {
    return fault(
      "unknown-action",
      `Cannot process ${clip(action)}: ${protocol} has no such action`,
    );
  }
  if (!maySend(entry.action, direction === "received" ? "station" : "csms")) {
    const reader = direction === "received" ? "the CSMS" : "a station";
    return fault("unsupported", `Cannot process ${action}: ${reader} does not take this action`);
  }
  return judge(entry.request, payload, direction, action);
}

/** Checks our response to a station (`sent`) or a station's to us (`received`). */
export function judgeResponse(
  protocol: OcppProtocol,
  action: string,
  payload: unknown,
  direction: Direction,
): Verdict {
  const schema = entriesOf(protocol).get(action)?.response;
  if (schema === undefined) {
    return fault("unknown-action", `Cannot process ${clip(action)}: it has no response`);
  }
  return judge(schema, payload, direction, `the response to ${action}`);
}

/** What makes a request unusable; undefined when it may pass. */
export function checkRequest(
  protocol: OcppProtocol,
  action: string,
  payload: unknown,
  direction: Direction,
): SchemaFault | undefined {
  const verdict = judgeRequest(protocol, action, payload, direction);
  return typeof verdict === "string" ? undefined : verdict;
}

/** What makes a response unusable; undefined when it may pass. */
export function checkResponse(
  protocol: OcppProtocol,
  action: string,
  payload: unknown,
  direction: Direction,
): SchemaFault | undefined {
  const verdict = judgeResponse(protocol, action, payload, direction);
  return typeof verdict === "string" ? undefined : verdict;
}

/**
 * The official schema of one part of a message, errata applied; undefined for what has none, the
 * response to a SEND.
 */
export function schemaOf(
  protocol: OcppProtocol,
  action: string,
  part: Part,
): JsonSchema | undefined {
  return entriesOf(protocol).get(action)?.[part]?.letter;
}

/** The messages worth compiling before the first station connects. */
export function hotActions(protocol: OcppProtocol): readonly string[] {
  return hot[protocol];
}

/** Compiles one message, so that its first user does not wait (2 to 13 ms). */
export function warm(protocol: OcppProtocol, action: string): void {
  const entry = entriesOf(protocol).get(action);
  judgeWarm(entry?.request);
  judgeWarm(entry?.response);
}

function judgeWarm(schema: PartSchema | undefined): void {
  schema?.strict({});
}

function judge(
  schema: PartSchema,
  payload: unknown,
  direction: Direction,
  subject: string,
): Verdict {
  if (schema.strict(payload)) return "clean";
  if (direction === "received") {
    const { tolerant } = schema;
    return tolerant(payload) ? "borne" : faultOf(tolerant.errors, `accept ${subject}`);
  }
  const { explaining } = schema;
  explaining(payload);
  return faultOf(explaining.errors, `send ${subject}`);
}

function faultOf(errors: ValidateFunction["errors"], deed: string): SchemaFault {
  const [first] = errors ?? [];
  if (first === undefined) return fault("malformed", `Cannot ${deed}: it breaks the schema`);
  const fields = (errors ?? []).slice(0, FIELDS_MAX).map(fieldOf);
  const isRoot = first.instancePath === "" && first.keyword === "type";
  const kind = isRoot ? "malformed" : kindOfKeyword[first.keyword] ?? "malformed";
  const place = fields[0]?.pointer ?? "";
  const detail = `Cannot ${deed}: ${place === "" ? "the payload" : place} ${
    fields[0]?.detail ?? ""
  }`;
  return { kind, detail, fields };
}

function fieldOf(error: ErrorObject): FieldError {
  const { missingProperty, additionalProperty, allowedValues } = error.params;
  const name = missingProperty ?? additionalProperty;
  const pointer = error.instancePath +
    (name === undefined ? "" : `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`);
  if (missingProperty !== undefined) return { pointer: clip(pointer), detail: "is missing" };
  if (additionalProperty !== undefined) return { pointer: clip(pointer), detail: "is surplus" };
  const detail = Array.isArray(allowedValues)
    ? clip(`must be one of ${allowedValues.join(", ")}`)
    : error.message ?? `breaks ${error.keyword}`;
  return { pointer: clip(pointer), detail };
}

function fault(kind: ErrorKind, detail: string): SchemaFault {
  return { kind, detail, fields: [] };
}

/** Names in a fault are the station's: kept short, and free of what Postgres and UTF-8 refuse. */
function clip(text: string): string {
  return text.slice(0, 200).toWellFormed().replaceAll("\0", "\uFFFD");
}
