/** What every station says when it starts, in the words of its version. */
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { Payload } from "./recording.ts";

export const bootReasons = [
  "PowerUp",
  "LocalReset",
  "RemoteReset",
  "ScheduledReset",
  "FirmwareUpdate",
  "Triggered",
  "Watchdog",
] as const;
export type BootReason = typeof bootReasons[number];

/** 1.6 has no word for the reason. */
export function bootNotification(protocol: OcppProtocol, reason: BootReason = "PowerUp"): Payload {
  if (protocol === "ocpp1.6") {
    return {
      chargePointVendor: "Conformance",
      chargePointModel: "Scripted",
      chargePointSerialNumber: "SN-1",
      firmwareVersion: "1.0.0",
    };
  }
  return {
    reason,
    chargingStation: {
      model: "Scripted",
      vendorName: "Conformance",
      serialNumber: "SN-1",
      firmwareVersion: "1.0.0",
    },
  };
}

/** 2.x: connector 1 of the EVSE; 1.6: connector `evseId`, where 0 is the station. */
export function statusNotification(
  protocol: OcppProtocol,
  evseId: number,
  status: string,
  connectorId = 1,
): Payload {
  const timestamp = new Date().toISOString();
  if (protocol === "ocpp1.6") {
    return { connectorId: evseId, errorCode: "NoError", status, timestamp };
  }
  return { timestamp, connectorStatus: status, evseId, connectorId };
}
