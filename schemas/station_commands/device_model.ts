/** Variables and configuration keys: OCPP 2.0.1 Part 2, B05 to B08; OCPP 1.6J, 5.3 and 5.8. */
import { type TProperties, Type } from "@sinclair/typebox";
import { type CommandOutcome, isObject, type OutgoingCall } from "#schemas/command.ts";
import {
  attributeKey,
  type AttributeName,
  type AttributeType,
  attributeTypes,
  CONFIGURATION,
  isSecret,
  spokenName,
  toWireComponent,
  toWireVariable,
  type VariableName,
} from "#schemas/device_variable.ts";
import { PlatformError } from "#schemas/errors.ts";
import { oneOf, type Static } from "#schemas/rest/shape.ts";
import { bytesOf, inParts, limitOf, messageLimits } from "#schemas/station_limits.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { isSealed } from "#schemas/sealed_secret.ts";
import { defineStationCommand, type StationCommand, unsupported } from "./define.ts";

/** More in one command would take a station minutes. */
export const VARIABLES_MAX = 500;
/** OCPP 1.6J, 6.7: CiString500; 2.x takes up to 1,000. */
const VALUE16_LENGTH_MAX = 500;
const KEY16_LENGTH_MAX = 50;

const printable = "^[^\\u0000-\\u001f\\u007f]+$";
const Name = Type.String({ minLength: 1, maxLength: 50, pattern: printable });
const EvseNumber = Type.Integer({ minimum: 0, maximum: 99_999 });

const componentName = {
  component: Type.Optional(Name),
  instance: Type.Optional(Name),
  evseId: Type.Optional(EvseNumber),
  connectorId: Type.Optional(EvseNumber),
};

export const variableName = {
  ...componentName,
  variable: Name,
  variableInstance: Type.Optional(Name),
};

export const Attribute = oneOf(attributeTypes, { description: "Absent = Actual" });
export const VariableValue = Type.String({ maxLength: 1_000, pattern: "^[^\\u0000]*$" });

const variables = <Properties extends TProperties>(properties: Properties) =>
  Type.Array(Type.Object(properties, { additionalProperties: false }), {
    minItems: 1,
    maxItems: VARIABLES_MAX,
  });

const GetVariables = Type.Object({
  variables: variables({ ...variableName, attribute: Type.Optional(Attribute) }),
}, { additionalProperties: false, title: "GetVariables" });

const SetVariables = Type.Object({
  variables: variables({
    ...variableName,
    attribute: Type.Optional(Attribute),
    value: VariableValue,
  }),
}, { additionalProperties: false, title: "SetVariables" });
export type SetVariables = Static<typeof SetVariables>;

/** What a report or a monitor is about: a component, or one of its variables. */
export const reportSubjects = Type.Array(
  Type.Object({
    ...componentName,
    component: Name,
    variable: Type.Optional(Name),
    variableInstance: Type.Optional(Name),
  }, { additionalProperties: false }),
  { minItems: 1, maxItems: VARIABLES_MAX },
);
export type ReportSubjects = Static<typeof reportSubjects>;

export const reportBases = ["Configuration", "Full", "Summary"] as const;

const GetReport = Type.Object({
  base: Type.Optional(oneOf(reportBases, { description: "A whole report instead of a choice" })),
  criteria: Type.Optional(Type.Array(oneOf(["Active", "Available", "Enabled", "Problem"]), {
    minItems: 1,
    maxItems: 4,
    uniqueItems: true,
  })),
  variables: Type.Optional(reportSubjects),
}, { additionalProperties: false, title: "GetReport" });

export const deviceModelCommands = {
  "get-variables": defineStationCommand({
    summary: "Reads variables, or configuration keys of 1.6",
    body: GetVariables,
    isIdempotent: true,
    reads: ["limits"],
    goesOn: true,
    to16: (body, { items }) => {
      const keys = body.variables.map(keyOf);
      const most = limitOf(items, { variable: "GetConfigurationMaxKeys" }) ?? VARIABLES_MAX;
      return inParts(keys, { items: most, bytes: Infinity }, () => 0)
        .map((key) => ({ action: "GetConfiguration", payload: { key } }));
    },
    to2: (body, { items }) => {
      requireEachOnce(body.variables);
      const data = body.variables.map((entry) => ({
        ...(entry.attribute === undefined ? {} : { attributeType: entry.attribute }),
        ...toWireVariable(withComponent(entry)),
      }));
      const limits = messageLimits(items, "DeviceDataCtrlr", "GetVariables");
      const call = (getVariableData: typeof data): OutgoingCall => ({
        action: "GetVariables",
        payload: { getVariableData },
      });
      return inParts(data, limits, (part) => bytesOf(call([...part]).payload))
        .map((part) => call([...part]));
    },
    toOutcome: outcomeOfResults,
  }),
  "set-variables": defineStationCommand({
    summary: "Sets variables, or configuration keys of 1.6; passwords have their own command",
    body: SetVariables,
    isIdempotent: true,
    reads: ["limits"],
    goesOn: true,
    to16: (body) => {
      requireOpen(body.variables);
      requireEachOnce(body.variables);
      return body.variables.map((entry) => {
        if (entry.value.length > VALUE16_LENGTH_MAX) {
          throw invalid(entry, `OCPP 1.6 takes at most ${VALUE16_LENGTH_MAX} characters`);
        }
        const payload = { key: keyOf(entry), value: entry.value };
        return { action: "ChangeConfiguration", payload };
      });
    },
    to2: (body, { items }) => {
      requireOpen(body.variables);
      requireEachOnce(body.variables);
      const data = body.variables.map((entry) => ({
        ...(entry.attribute === undefined ? {} : { attributeType: entry.attribute }),
        attributeValue: entry.value,
        ...toWireVariable(withComponent(entry)),
      }));
      const limits = messageLimits(items, "DeviceDataCtrlr", "SetVariables");
      const call = (setVariableData: typeof data): OutgoingCall => ({
        action: "SetVariables",
        payload: { setVariableData },
      });
      return inParts(data, limits, (part) => bytesOf(call([...part]).payload))
        .map((part) => call([...part]));
    },
    toOutcome: outcomeOfResults,
  }),
  "get-report": defineStationCommand({
    summary: "Asks for what the station has: all of it, or what is chosen; 1.6: all keys",
    body: GetReport,
    isIdempotent: true,
    reads: ["limits"],
    to16: (body) => {
      if (body.criteria !== undefined) throw unsupported("report by criteria", "OCPP 1.6");
      const key = body.variables?.map(({ component, variable, ...rest }) =>
        keyOf({ ...rest, component, variable: variable ?? component })
      );
      return { action: "GetConfiguration", payload: key === undefined ? {} : { key } };
    },
    to2: (body, { requestId, items }) => {
      const { base, criteria, variables: subjects } = body;
      if (base !== undefined) {
        if (criteria !== undefined || subjects !== undefined) {
          throw new PlatformError(
            "invalid-value",
            "Cannot report: a base report has no criteria and names no variables",
          );
        }
        const payload = { requestId, reportBase: `${base}Inventory` };
        return { action: "GetBaseReport", payload };
      }
      if (criteria === undefined && subjects === undefined) {
        throw new PlatformError(
          "missing-field",
          "Cannot report: name a base, criteria or variables",
        );
      }
      requireFewerThan(subjects, limitOfReport(items));
      return {
        action: "GetReport",
        payload: {
          requestId,
          ...(criteria === undefined ? {} : { componentCriteria: criteria }),
          ...(subjects === undefined ? {} : { componentVariable: subjects.map(toWireSubject) }),
        },
      };
    },
    toOutcome: outcomeOfReport,
  }),
} as const satisfies Record<string, StationCommand>;

function limitOfReport(items: readonly StationItem[]): number | undefined {
  const name = { component: "DeviceDataCtrlr", variable: "ItemsPerMessage" };
  return limitOf(items, { ...name, variableInstance: "GetReport" });
}

/** A report is one request, which cannot be split. */
export function requireFewerThan(
  subjects: ReportSubjects | undefined,
  most: number | undefined,
): void {
  if (subjects === undefined || most === undefined || subjects.length <= most) return;
  throw new PlatformError(
    "invalid-value",
    `Cannot report so many: the station takes at most ${most} variables in one request`,
  );
}

export function toWireSubject(
  { variable, variableInstance, ...component }: ReportSubjects[number],
): object {
  return variable === undefined ? { component: toWireComponent(component) } : toWireVariable({
    ...component,
    variable,
    ...(variableInstance === undefined ? {} : { variableInstance }),
  });
}

/** The name of a key of 1.6. */
function keyOf(
  { component, instance, evseId, variable, variableInstance, ...rest }: VariableName & {
    readonly attribute?: AttributeType;
  },
): string {
  const isKey = (component === undefined || component === CONFIGURATION) &&
    instance === undefined && evseId === undefined && variableInstance === undefined &&
    (rest.attribute === undefined || rest.attribute === "Actual");
  if (isKey && variable.length <= KEY16_LENGTH_MAX) return variable;
  throw new PlatformError(
    "unsupported",
    `Cannot name ${variable}: OCPP 1.6 has configuration keys only, without component, EVSE or ` +
      "attribute",
  );
}

/** @throws {PlatformError} "missing-field": 2.x has no variable without a component. */
export function withComponent<Entry extends VariableName>(
  entry: Entry,
): Entry & { readonly component: string } {
  const { component } = entry;
  if (component !== undefined) return { ...entry, component };
  throw new PlatformError(
    "missing-field",
    `Cannot name ${entry.variable}: its component is missing`,
  );
}

/** One request may not name an attribute twice (B05.FR.11). */
function requireEachOnce(
  entries: readonly AttributeName[],
): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    const key = attributeKey(entry);
    if (seen.has(key)) throw invalid(entry, "it is named twice");
    seen.add(key);
  }
}

/** What is set here is kept and shown, unless the api has sealed it. */
function requireOpen(entries: readonly (VariableName & { readonly value: unknown })[]): void {
  const secret = entries.find((entry) => isSecret(entry) && !isSealed(entry.value));
  if (secret !== undefined) throw invalid(secret, "secrets are set by the station's password only");
}

function invalid(name: VariableName, why: string): PlatformError {
  return new PlatformError("invalid-value", `Cannot use ${spokenName(name)}: ${why}`);
}

const acceptances: ReadonlySet<string> = new Set(["Accepted", "RebootRequired"]);

/** Refused when the station refused any of them; the reason is the first that it gave. */
export function outcomeOfResults(response: unknown): CommandOutcome {
  const payload = isObject(response) ? response : {};
  const { unknownKey } = payload as { readonly unknownKey?: unknown };
  const statuses = [
    ...Object.values(payload).filter(Array.isArray).flat().flatMap(statusOf),
    ...(typeof payload["status"] === "string" ? [payload["status"]] : []),
    ...(Array.isArray(unknownKey) && unknownKey.length > 0 ? ["UnknownKey"] : []),
  ];
  const refused = statuses.find((status) => !acceptances.has(status));
  const isRead = Array.isArray(payload["configurationKey"]);
  const isNothing = statuses.length === 0 && !isRead;
  return {
    status: refused !== undefined || isNothing ? "rejected" : "accepted",
    reason: refused ?? statuses[0] ?? (isRead ? "Accepted" : "no status"),
    transactionId: null,
  };
}

function statusOf(result: unknown): readonly string[] {
  const status = isObject(result) ? result["attributeStatus"] ?? result["status"] : undefined;
  return typeof status === "string" ? [status] : [];
}

/** That nothing fits is an answer too. */
export function outcomeOfReport(response: unknown): CommandOutcome {
  const status = isObject(response) ? response["status"] : undefined;
  if (status === undefined) return outcomeOfResults(response);
  const isTaken = status === "Accepted" || status === "EmptyResultSet";
  return {
    status: isTaken ? "accepted" : "rejected",
    reason: String(status),
    transactionId: null,
  };
}
