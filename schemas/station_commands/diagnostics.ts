import { Type } from "@sinclair/typebox";
import type { OutgoingCall } from "#schemas/command.ts";
import { Instant, oneOf, type Static } from "#schemas/rest/shape.ts";
import { defineStationCommand, type StationCommand, unsupported } from "./define.ts";
import { outcomeOfTransfer, Retries, RetryIntervalSeconds, Url } from "./transfers.ts";

/** OCPP 2.1 adds the last one. */
export const logTypes = ["DiagnosticsLog", "SecurityLog", "DataCollectorLog"] as const;

const GetLog = Type.Object({
  logType: oneOf(logTypes),
  remoteLocation: Url,
  oldestAt: Type.Optional(Instant),
  latestAt: Type.Optional(Instant),
  retries: Type.Optional(Retries),
  retryIntervalSeconds: Type.Optional(RetryIntervalSeconds),
}, { additionalProperties: false, title: "GetLog" });
type GetLog = Static<typeof GetLog>;

export const diagnosticsCommands = {
  /**
   * OCPP 2.0.1 Part 2, N01; OCPP 1.6J, 5.8 for diagnostics, its security whitepaper for the
   * security log.
   */
  "get-log": defineStationCommand({
    summary: "Asks the station to upload a log to a URL",
    body: GetLog,
    isIdempotent: false,
    to16: (body, { requestId }) => {
      if (body.logType === "DataCollectorLog") throw unsupported("get this log", "OCPP 1.6");
      if (body.logType === "SecurityLog") return getLog(body, requestId);
      const { remoteLocation, retries, retryIntervalSeconds, oldestAt, latestAt } = body;
      return {
        action: "GetDiagnostics",
        payload: {
          location: remoteLocation,
          ...(retries === undefined ? {} : { retries }),
          ...(retryIntervalSeconds === undefined ? {} : { retryInterval: retryIntervalSeconds }),
          ...(oldestAt === undefined ? {} : { startTime: oldestAt }),
          ...(latestAt === undefined ? {} : { stopTime: latestAt }),
        },
      };
    },
    to2: (body, { protocol, requestId }) => {
      if (body.logType === "DataCollectorLog" && protocol === "ocpp2.0.1") {
        throw unsupported("get this log", "OCPP 2.0.1");
      }
      return getLog(body, requestId);
    },
    toOutcome: outcomeOfTransfer,
  }),
} as const satisfies Record<string, StationCommand>;

function getLog(body: GetLog, requestId: number): OutgoingCall {
  const { logType, remoteLocation, oldestAt, latestAt, retries, retryIntervalSeconds } = body;
  return {
    action: "GetLog",
    payload: {
      logType,
      requestId,
      ...(retries === undefined ? {} : { retries }),
      ...(retryIntervalSeconds === undefined ? {} : { retryInterval: retryIntervalSeconds }),
      log: {
        remoteLocation,
        ...(oldestAt === undefined ? {} : { oldestTimestamp: oldestAt }),
        ...(latestAt === undefined ? {} : { latestTimestamp: latestAt }),
      },
    },
  };
}
