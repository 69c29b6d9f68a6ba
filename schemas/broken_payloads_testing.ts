/**
 * What must become of a broken payload, written down apart from the code that decides it; and the
 * payloads that are broken. For tests.
 */
import { readFileSync } from "node:fs";
import { type BrokenPayload, brokenPayloads, type BrokenRule } from "./broken_payloads.ts";
import { fileName } from "./catalogue_testing.ts";
import type { OcppProtocol } from "./events/gateway.ts";
import { actionsOf, maySend } from "./ocpp_actions.ts";
import { type Part, schemaOf } from "./ocpp_schemas.ts";

/** A broken payload, and of which message it is. */
export interface BrokenMessage extends BrokenPayload {
  readonly protocol: OcppProtocol;
  readonly action: string;
}

/** Folders whose pairs a version uses; 2.1 has what 2.0.1 has. */
const folders: Readonly<Record<OcppProtocol, readonly string[]>> = {
  "ocpp1.6": ["ocpp16"],
  "ocpp2.0.1": ["ocpp201"],
  "ocpp2.1": ["ocpp21", "ocpp201"],
};

/** The actions that `sender` may send. */
export function actionsSentBy(
  protocol: OcppProtocol,
  sender: "station" | "csms",
): readonly string[] {
  return [...actionsOf(protocol).values()].filter((action) => maySend(action, sender))
    .map(({ action }) => action);
}

/** A station's request as the pairs of the catalogue have it. */
export function exampleRequest(protocol: OcppProtocol, action: string): unknown {
  for (const folder of folders[protocol]) {
    const file = new URL(`${folder}/testdata/${fileName(action)}.json`, import.meta.url);
    try {
      return JSON.parse(readFileSync(file, "utf8")).cases[0].request;
    } catch (thrown) {
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT")) throw thrown;
    }
  }
  throw new TypeError(`Cannot find a request of ${protocol} ${action}: there is no pair`);
}

/** Every rule of every request that a station may send, broken once in an example of it. */
export function brokenRequests(protocol: OcppProtocol): readonly BrokenMessage[] {
  return actionsSentBy(protocol, "station").flatMap((action) =>
    broken(protocol, action, "request", exampleRequest(protocol, action))
  );
}

/** The same of every request, or of every response to it, that we may send, or get. */
export function brokenCommands(protocol: OcppProtocol, part: Part): readonly BrokenMessage[] {
  return actionsSentBy(protocol, "csms").flatMap((action) => broken(protocol, action, part));
}

function broken(
  protocol: OcppProtocol,
  action: string,
  part: Part,
  example?: unknown,
): readonly BrokenMessage[] {
  const schema = schemaOf(protocol, action, part);
  if (schema === undefined) return [];
  return brokenPayloads(schema, example).map((payload) => ({ protocol, action, ...payload }));
}

type Word = "occurrence" | "type" | "property" | "format";

/** OCPP 2.0.1 and 2.1 Part 4, 4.3. */
const codes2: Readonly<Record<Word, string>> = {
  occurrence: "OccurrenceConstraintViolation",
  type: "TypeConstraintViolation",
  property: "PropertyConstraintViolation",
  format: "FormatViolation",
};

/** OCPP 1.6J, 4.2.3 spells two of them in its own way. */
const codes: Readonly<Record<OcppProtocol, Readonly<Record<Word, string>>>> = {
  "ocpp1.6": {
    occurrence: "OccurenceConstraintViolation",
    type: "TypeConstraintViolation",
    property: "PropertyConstraintViolation",
    format: "FormationViolation",
  },
  "ocpp2.0.1": codes2,
  "ocpp2.1": codes2,
};

const words: Readonly<Record<BrokenRule, Word>> = {
  required: "occurrence",
  additionalProperties: "occurrence",
  minItems: "occurrence",
  maxItems: "occurrence",
  type: "type",
  null: "type",
  fraction: "type",
  enum: "property",
  maxLength: "property",
  minimum: "property",
  maximum: "property",
  multipleOf: "property",
  format: "format",
};

/** The CALLERROR code of a breach; a payload that is no object is no payload at all. */
export function expectedCode({ protocol, rule, pointer }: BrokenMessage): string {
  return codes[protocol][pointer === "" && words[rule] === "type" ? "format" : words[rule]];
}

/** Lists that meters and stations extend by words of their own: the energy has been delivered. */
const openLists16: readonly string[] = [
  "context",
  "format",
  "location",
  "measurand",
  "phase",
  "reason",
  "unit",
];
const openLists2: readonly string[] = [
  "LocationEnumType",
  "MeasurandEnumType",
  "PhaseEnumType",
  "ReadingContextEnumType",
  "ReasonEnumType",
  "TriggerReasonEnumType",
];

/** Why a request of a station is taken although it is broken; undefined when it is refused. */
export function reasonToBear(message: BrokenMessage): string | undefined {
  const { protocol, action, rule, pointer, holder } = message;
  if (pointer.includes("/customData/")) return "customData without its vendor";
  if (rule === "additionalProperties") {
    if (protocol === "ocpp1.6") return "1.6 stations add properties of their own";
    return ["TransactionEvent", "MeterValues"].includes(action)
      ? "a refusal would lose energy that was delivered (rule U8)"
      : undefined;
  }
  const openLists = protocol === "ocpp1.6" ? openLists16 : openLists2;
  if (rule === "enum" && openLists.includes(holder)) return "an open list";
  const isReport = ["NotifyReport", "NotifyMonitoringReport"].includes(action);
  if (isReport && rule === "required" && pointer === "/seqNo") return "a report of a single part";
  const isReportList = ["/reportData", "/monitor"].includes(pointer);
  if (isReport && rule === "minItems" && isReportList) return "a report of nothing";
  const isFreeText = ["info", "vendorErrorCode"].includes(holder);
  if (rule === "maxLength" && isFreeText && protocol === "ocpp1.6") return "a free text";
  return undefined;
}

/** Why a station's response to us counts as an answer without a fault of use. */
export function reasonToBearResponse(message: BrokenMessage): string | undefined {
  if (message.rule === "additionalProperties") return "the surplus of an answer harms nobody";
  if (message.rule === "multipleOf") return "a step of decimals is no reason to lose a schedule";
  return reasonToBear(message);
}
