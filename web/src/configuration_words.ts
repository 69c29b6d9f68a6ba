/** What is said of variables, monitors and their events, in operators' words. */
import type { Monitor, StationConfiguration, Variable } from "#schemas/rest/device_model.ts";
import type { Look } from "./status.ts";

export type ConfigurationItem = StationConfiguration["items"][number];
export type ConfigurationState = ConfigurationItem["state"];
type Named = Pick<
  Variable,
  "instance" | "evseId" | "connectorId" | "variable" | "variableInstance"
>;

/** In the order in which they want attention. */
export const states: readonly ConfigurationState[] = [
  "rejected",
  "drifted",
  "rebootRequired",
  "unknown",
  "same",
];

export const lookOfState: Readonly<Record<ConfigurationState, Look>> = {
  rejected: { word: "Refused", tone: "faulted", shape: "triangle" },
  drifted: { word: "Differs", tone: "occupied", shape: "half" },
  rebootRequired: { word: "After a restart", tone: "suspended", shape: "clock" },
  unknown: { word: "Not known", tone: "off", shape: "dotted" },
  same: { word: "As intended", tone: "available", shape: "check" },
};

/** What became of the last value that was sent; undefined when the value shows it. */
export function lookOfSet(set: Variable["set"]): Look | undefined {
  switch (set?.status) {
    case undefined:
    case "Accepted":
      return undefined;
    case "pending":
      return { word: "Sent", tone: "charging", shape: "clock" };
    case "RebootRequired":
      return { word: "After a restart", tone: "suspended", shape: "clock" };
    case "unanswered":
      return { word: "No answer", tone: "off", shape: "dotted" };
    default:
      return { word: wordOfRefusal(set?.status ?? ""), tone: "faulted", shape: "triangle" };
  }
}

const refusals: Readonly<Record<string, string>> = {
  Rejected: "Refused",
  NotSupported: "Unknown to the station",
  UnknownVariable: "Unknown to the station",
  UnknownComponent: "Unknown to the station",
  NotSupportedAttributeType: "Cannot be set",
};

/** The station's word stays where we have none. */
export function wordOfRefusal(status: string): string {
  return refusals[status] ?? `Refused: ${status}`;
}

/** One text per attribute of a variable, the same for all its forms. */
export function keyOfVariable(
  name: Named & { readonly component?: string; readonly attribute?: string },
): string {
  const { component, instance, evseId, connectorId, variable, variableInstance, attribute } = name;
  return [
    ...[component ?? "Configuration", instance, evseId, connectorId, variable, variableInstance],
    attribute ?? "Actual",
  ].map((part) => String(part ?? "").toLowerCase()).join("|");
}

/** The name alone, as a command takes it. */
export function nameOf(
  variable: Variable,
): Omit<StationConfiguration["variables"][number], "value"> {
  const { component, instance, evseId, connectorId, variableInstance, attribute } = variable;
  return {
    component,
    ...(instance === undefined ? {} : { instance }),
    ...(evseId === undefined ? {} : { evseId }),
    ...(connectorId === undefined ? {} : { connectorId }),
    variable: variable.variable,
    ...(variableInstance === undefined ? {} : { variableInstance }),
    ...(attribute === "Actual" ? {} : { attribute }),
  };
}

/** Of the component: `EVSE 1`, `Connector 1.2`, `OCPPCommCtrlr [second]`. */
export function wordOfComponent(
  { component, instance, evseId, connectorId }:
    & Pick<Named, "instance" | "evseId" | "connectorId">
    & {
      readonly component?: string;
    },
): string {
  const place = evseId === undefined
    ? ""
    : ` ${evseId}${connectorId === undefined ? "" : `.${connectorId}`}`;
  const name = component === undefined || component === "Configuration"
    ? "Configuration keys"
    : component;
  return `${name}${place}${instance === undefined ? "" : ` [${instance}]`}`;
}

export function wordOfVariable(
  { variable, variableInstance, attribute }: Pick<Named, "variable" | "variableInstance"> & {
    readonly attribute?: string;
  },
): string {
  const instance = variableInstance === undefined ? "" : ` [${variableInstance}]`;
  const kind = attribute === undefined || attribute === "Actual" ? "" : ` · ${attribute}`;
  return `${variable}${instance}${kind}`;
}

/** What may be entered: `0 to 600 s`, `one of A, B`. */
export function wordOfBounds(variable: Variable): string {
  const { minLimit, maxLimit, unit, valuesList, dataType } = variable;
  const of = unit === undefined ? "" : ` ${unit}`;
  if (valuesList !== undefined && valuesList !== "") {
    const several = dataType === "MemberList" || dataType === "SequenceList";
    return `${several ? "some" : "one"} of ${valuesList.split(",").join(", ")}`;
  }
  if (minLimit !== undefined && maxLimit !== undefined) return `${minLimit} to ${maxLimit}${of}`;
  if (maxLimit !== undefined) return `at most ${maxLimit}${of}`;
  if (minLimit !== undefined) return `at least ${minLimit}${of}`;
  if (dataType === "boolean") return "true or false";
  return unit ?? "";
}

const severities = [
  ...["Danger", "Hardware failure", "System failure", "Critical", "Error"],
  ...["Alert", "Warning", "Notice", "Informational", "Debug"],
];

/** OCPP 2.0.1 Part 2, SetMonitoringDataType: 0 to 9. */
export function lookOfSeverity(severity: number | null): Look {
  if (severity === null) return { word: "Event", tone: "off", shape: "circle" };
  const word = severities[severity] ?? `Severity ${severity}`;
  if (severity <= 3) return { word, tone: "faulted", shape: "triangle" };
  if (severity <= 6) return { word, tone: "occupied", shape: "diamond" };
  return { word, tone: "charging", shape: "circle" };
}

/** When the monitor speaks: `above 70`, `every 60 s`. */
export function wordOfMonitor({ type, value }: Pick<Monitor, "type" | "value">): string {
  switch (type) {
    case "UpperThreshold":
      return `above ${value}`;
    case "LowerThreshold":
      return `below ${value}`;
    case "Delta":
      return `when it changes by ${value}`;
    case "Periodic":
      return `every ${value} s`;
    case "PeriodicClockAligned":
      return `every ${value} s by the clock`;
    default:
      return `${type} ${value ?? ""}`.trim();
  }
}

export interface Group {
  readonly word: string;
  readonly variables: readonly Variable[];
}

/** Variables by component, in the order of their names. */
export function groupsOf(variables: readonly Variable[]): readonly Group[] {
  return [...Map.groupBy(variables, wordOfComponent)]
    .map(([word, of]) => ({ word, variables: of }))
    .sort((one, other) => one.word.localeCompare(other.word, "en", { numeric: true }));
}
