/** Monitors of variables: OCPP 2.0.1 Part 2, N02 to N06. 1.6 has none. */
import { Type } from "@sinclair/typebox";
import { type CommandOutcome, isObject, type OutgoingCall } from "#schemas/command.ts";
import { toWireVariable } from "#schemas/device_variable.ts";
import { oneOf } from "#schemas/rest/shape.ts";
import { bytesOf, inParts, limitOf, messageLimits } from "#schemas/station_limits.ts";
import { defineStationCommand, type StationCommand, unsupported, type Worded } from "./define.ts";
import {
  outcomeOfReport,
  outcomeOfResults,
  reportSubjects,
  requireFewerThan,
  toWireSubject,
  variableName,
  VARIABLES_MAX,
  withComponent,
} from "./device_model.ts";

export const monitorTypes = [
  "UpperThreshold",
  "LowerThreshold",
  "Delta",
  "Periodic",
  "PeriodicClockAligned",
] as const;

/** 0 = danger, 9 = debug (OCPP 2.0.1 Part 2, SetMonitoringDataType). */
export const Severity = Type.Integer({ minimum: 0, maximum: 9 });
const MonitorId = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });

const GetMonitoringReport = Type.Object({
  criteria: Type.Optional(
    Type.Array(oneOf(["ThresholdMonitoring", "DeltaMonitoring", "PeriodicMonitoring"]), {
      minItems: 1,
      maxItems: 3,
      uniqueItems: true,
    }),
  ),
  variables: Type.Optional(reportSubjects),
}, { additionalProperties: false, title: "GetMonitoringReport" });

const SetMonitoring = Type.Object({
  monitors: Type.Array(
    Type.Object({
      id: Type.Optional(Type.Unsafe<number>({ ...MonitorId, description: "Replaces this one" })),
      ...variableName,
      type: oneOf(monitorTypes),
      value: Type.Number({ description: "A threshold, a difference, or seconds" }),
      severity: Severity,
      transaction: Type.Optional(Type.Boolean({ description: "Only while one is running" })),
    }, { additionalProperties: false }),
    { minItems: 1, maxItems: VARIABLES_MAX },
  ),
}, { additionalProperties: false, title: "SetMonitoring" });

const ClearMonitoring = Type.Object({
  ids: Type.Array(MonitorId, { minItems: 1, maxItems: VARIABLES_MAX, uniqueItems: true }),
}, { additionalProperties: false, title: "ClearMonitoring" });

const no16 = (what: string) => (): never => {
  throw unsupported(what, "OCPP 1.6");
};

export const monitoringCommands = {
  "get-monitoring-report": defineStationCommand({
    summary: "Asks which monitors the station has: all of them, or what is chosen",
    body: GetMonitoringReport,
    isIdempotent: true,
    reads: ["limits"],
    to16: no16("report monitors"),
    to2: (body, { requestId, items }) => {
      const { criteria, variables } = body;
      const limit = { component: "MonitoringCtrlr", variable: "ItemsPerMessage" };
      requireFewerThan(
        variables,
        limitOf(items, { ...limit, variableInstance: "GetMonitoringReport" }),
      );
      return {
        action: "GetMonitoringReport",
        payload: {
          requestId,
          ...(criteria === undefined ? {} : { monitoringCriteria: criteria }),
          ...(variables === undefined ? {} : { componentVariable: variables.map(toWireSubject) }),
        },
      };
    },
    toOutcome: outcomeOfReport,
  }),
  "set-monitoring": defineStationCommand({
    summary: "Sets monitors of variables; the station gives a new one its number",
    body: SetMonitoring,
    // A monitor without a number that is set twice may be there twice.
    isIdempotent: false,
    reads: ["limits"],
    goesOn: true,
    to16: no16("set monitors"),
    to2: (body, { items }) => {
      const data = body.monitors.map((monitor) => {
        const { id, type, value, severity, transaction, ...name } = monitor;
        return {
          ...(id === undefined ? {} : { id }),
          ...(transaction === undefined ? {} : { transaction }),
          value,
          type,
          severity,
          ...toWireVariable(withComponent(name)),
        };
      });
      const limits = messageLimits(items, "MonitoringCtrlr", "SetVariableMonitoring");
      const call = (setMonitoringData: typeof data): OutgoingCall => ({
        action: "SetVariableMonitoring",
        payload: { setMonitoringData },
      });
      return inParts(data, limits, (part) => bytesOf(call([...part]).payload))
        .map((part) => call([...part]));
    },
    toOutcome: outcomeOfResults,
  }),
  "clear-monitoring": defineStationCommand({
    summary: "Removes monitors by their numbers",
    body: ClearMonitoring,
    isIdempotent: true,
    reads: ["limits"],
    goesOn: true,
    to16: no16("remove monitors"),
    to2: (body, { items }): Worded => {
      const limits = messageLimits(items, "MonitoringCtrlr", "ClearVariableMonitoring");
      return inParts(body.ids, limits, (id) => bytesOf({ id }))
        .map((id) => ({ action: "ClearVariableMonitoring", payload: { id } }));
    },
    toOutcome: outcomeOfClearing,
  }),
  "set-monitoring-level": defineStationCommand({
    summary: "Events up to this severity are told; the higher, the less serious",
    body: Type.Object({ severity: Severity }, {
      additionalProperties: false,
      title: "SetMonitoringLevel",
    }),
    isIdempotent: true,
    to16: no16("set the level of monitoring"),
    to2: ({ severity }) => ({ action: "SetMonitoringLevel", payload: { severity } }),
  }),
  "set-monitoring-base": defineStationCommand({
    summary: "Which monitors are there to begin with; own ones are lost by all but All",
    body: Type.Object({ base: oneOf(["All", "FactoryDefault", "HardWiredOnly"]) }, {
      additionalProperties: false,
      title: "SetMonitoringBase",
    }),
    isIdempotent: true,
    to16: no16("set the base of monitoring"),
    to2: ({ base }) => ({ action: "SetMonitoringBase", payload: { monitoringBase: base } }),
  }),
} as const satisfies Record<string, StationCommand>;

/** A monitor that is not there is what was asked for. */
function outcomeOfClearing(response: unknown): CommandOutcome {
  const results = isObject(response) ? response["clearMonitoringResult"] : undefined;
  if (!Array.isArray(results) || results.length === 0) return outcomeOfResults(response);
  const statuses = results.map((result: unknown) =>
    isObject(result) ? String(result["status"]) : "no status"
  );
  const refused = statuses.find((status) => status !== "Accepted" && status !== "NotFound");
  return {
    status: refused === undefined ? "accepted" : "rejected",
    reason: refused ?? statuses[0] ?? "no status",
    transactionId: null,
  };
}
