/** Every action of OCPP 1.6 (with the security extension), 2.0.1 and 2.1: who sends it, and how. */
import type { OcppProtocol } from "./events/gateway.ts";

export type ActionSender = "station" | "csms" | "both";

export interface OcppAction {
  readonly action: string;
  readonly sentBy: ActionSender;
  /** A SEND (OCPP 2.1 Part 4) is never answered. */
  readonly kind: "CALL" | "SEND";
}

type ActionsBySender = Readonly<Record<ActionSender, readonly string[]>>;

const actions16: ActionsBySender = {
  station: [
    "Authorize",
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
  ],
  csms: [
    "CancelReservation",
    "CertificateSigned",
    "ChangeAvailability",
    "ChangeConfiguration",
    "ClearCache",
    "ClearChargingProfile",
    "DeleteCertificate",
    "ExtendedTriggerMessage",
    "GetCompositeSchedule",
    "GetConfiguration",
    "GetDiagnostics",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "GetLog",
    "InstallCertificate",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "ReserveNow",
    "Reset",
    "SendLocalList",
    "SetChargingProfile",
    "SignedUpdateFirmware",
    "TriggerMessage",
    "UnlockConnector",
    "UpdateFirmware",
  ],
  both: ["DataTransfer"],
};

const actions201: ActionsBySender = {
  station: [
    "Authorize",
    "BootNotification",
    "ClearedChargingLimit",
    "FirmwareStatusNotification",
    "Get15118EVCertificate",
    "GetCertificateStatus",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEVChargingNeeds",
    "NotifyEVChargingSchedule",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
    "SignCertificate",
    "StatusNotification",
    "TransactionEvent",
  ],
  csms: [
    "CancelReservation",
    "CertificateSigned",
    "ChangeAvailability",
    "ClearCache",
    "ClearChargingProfile",
    "ClearDisplayMessage",
    "ClearVariableMonitoring",
    "CostUpdated",
    "CustomerInformation",
    "DeleteCertificate",
    "GetBaseReport",
    "GetChargingProfiles",
    "GetCompositeSchedule",
    "GetDisplayMessages",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "GetLog",
    "GetMonitoringReport",
    "GetReport",
    "GetTransactionStatus",
    "GetVariables",
    "InstallCertificate",
    "PublishFirmware",
    "RequestStartTransaction",
    "RequestStopTransaction",
    "ReserveNow",
    "Reset",
    "SendLocalList",
    "SetChargingProfile",
    "SetDisplayMessage",
    "SetMonitoringBase",
    "SetMonitoringLevel",
    "SetNetworkProfile",
    "SetVariableMonitoring",
    "SetVariables",
    "TriggerMessage",
    "UnlockConnector",
    "UnpublishFirmware",
    "UpdateFirmware",
  ],
  both: ["DataTransfer"],
};

/** What OCPP 2.1 has on top of 2.0.1, from which it dropped nothing. */
const added21: ActionsBySender = {
  station: [
    "BatterySwap",
    "ClosePeriodicEventStream",
    "GetCertificateChainStatus",
    "NotifyDERAlarm",
    "NotifyDERStartStop",
    "NotifyPeriodicEventStream",
    "NotifyPriorityCharging",
    "NotifySettlement",
    "OpenPeriodicEventStream",
    "PullDynamicScheduleUpdate",
    "ReportDERControl",
    "VatNumberValidation",
  ],
  csms: [
    "AFRRSignal",
    "AdjustPeriodicEventStream",
    "ChangeTransactionTariff",
    "ClearDERControl",
    "ClearTariffs",
    "GetDERControl",
    "GetPeriodicEventStream",
    "GetTariffs",
    "NotifyAllowedEnergyTransfer",
    "NotifyWebPaymentStarted",
    "RequestBatterySwap",
    "SetDERControl",
    "SetDefaultTariff",
    "UpdateDynamicSchedule",
    "UsePriorityCharging",
  ],
  both: [],
};

const sends: ReadonlySet<string> = new Set(["NotifyPeriodicEventStream"]);

function catalogue(...parts: readonly ActionsBySender[]): ReadonlyMap<string, OcppAction> {
  const found = new Map<string, OcppAction>();
  for (const part of parts) {
    for (const sentBy of ["station", "csms", "both"] as const) {
      for (const action of part[sentBy]) {
        found.set(action, { action, sentBy, kind: sends.has(action) ? "SEND" : "CALL" });
      }
    }
  }
  return found;
}

const catalogues: Readonly<Record<OcppProtocol, ReadonlyMap<string, OcppAction>>> = {
  "ocpp1.6": catalogue(actions16),
  "ocpp2.0.1": catalogue(actions201),
  "ocpp2.1": catalogue(actions201, added21),
};

/** All actions of a version by name. */
export function actionsOf(protocol: OcppProtocol): ReadonlyMap<string, OcppAction> {
  return catalogues[protocol];
}

/** Whether `sender` may send this action. */
export function maySend(action: OcppAction, sender: "station" | "csms"): boolean {
  return action.sentBy === "both" || action.sentBy === sender;
}
