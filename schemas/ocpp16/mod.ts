import type { StationMessage } from "#schemas/message.ts";
import { Authorize } from "./authorize.ts";
import { BootNotification } from "./boot_notification.ts";
import { DataTransfer } from "./data_transfer.ts";
import { DiagnosticsStatusNotification } from "./diagnostics_status_notification.ts";
import { FirmwareStatusNotification } from "./firmware_status_notification.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LogStatusNotification } from "./log_status_notification.ts";
import { MeterValues } from "./meter_values.ts";
import { SecurityEventNotification } from "./security_event_notification.ts";
import { SignCertificate } from "./sign_certificate.ts";
import { SignedFirmwareStatusNotification } from "./signed_firmware_status_notification.ts";
import { StartTransaction } from "./start_transaction.ts";
import { StatusNotification } from "./status_notification.ts";
import { StopTransaction } from "./stop_transaction.ts";

/**
 * Every message that an OCPP 1.6 station sends, with the security extension; one line per message.
 */
export const stationMessages16: Readonly<Record<string, StationMessage>> = {
  Authorize,
  BootNotification,
  DataTransfer,
  DiagnosticsStatusNotification,
  FirmwareStatusNotification,
  Heartbeat,
  LogStatusNotification,
  MeterValues,
  SecurityEventNotification,
  SignCertificate,
  SignedFirmwareStatusNotification,
  StartTransaction,
  StatusNotification,
  StopTransaction,
};
