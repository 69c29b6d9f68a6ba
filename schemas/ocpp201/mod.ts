import type { StationMessage } from "#schemas/message.ts";
import { Authorize } from "./authorize.ts";
import { BootNotification } from "./boot_notification.ts";
import { ClearedChargingLimit } from "./cleared_charging_limit.ts";
import { DataTransfer } from "./data_transfer.ts";
import { FirmwareStatusNotification } from "./firmware_status_notification.ts";
import { Get15118EVCertificate } from "./get_15118_ev_certificate.ts";
import { GetCertificateStatus } from "./get_certificate_status.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LogStatusNotification } from "./log_status_notification.ts";
import { MeterValues } from "./meter_values.ts";
import { NotifyChargingLimit } from "./notify_charging_limit.ts";
import { NotifyCustomerInformation } from "./notify_customer_information.ts";
import { NotifyDisplayMessages } from "./notify_display_messages.ts";
import { NotifyEVChargingNeeds } from "./notify_ev_charging_needs.ts";
import { NotifyEVChargingSchedule } from "./notify_ev_charging_schedule.ts";
import { NotifyEvent } from "./notify_event.ts";
import { NotifyMonitoringReport } from "./notify_monitoring_report.ts";
import { NotifyReport } from "./notify_report.ts";
import { PublishFirmwareStatusNotification } from "./publish_firmware_status_notification.ts";
import { ReportChargingProfiles } from "./report_charging_profiles.ts";
import { ReservationStatusUpdate } from "./reservation_status_update.ts";
import { SecurityEventNotification } from "./security_event_notification.ts";
import { SignCertificate } from "./sign_certificate.ts";
import { StatusNotification } from "./status_notification.ts";
import { TransactionEvent } from "./transaction_event.ts";

/** Every message that an OCPP 2.0.1 station sends; one line per message. */
export const stationMessages201: Readonly<Record<string, StationMessage>> = {
  Authorize,
  BootNotification,
  ClearedChargingLimit,
  DataTransfer,
  FirmwareStatusNotification,
  Get15118EVCertificate,
  GetCertificateStatus,
  Heartbeat,
  LogStatusNotification,
  MeterValues,
  NotifyChargingLimit,
  NotifyCustomerInformation,
  NotifyDisplayMessages,
  NotifyEVChargingNeeds,
  NotifyEVChargingSchedule,
  NotifyEvent,
  NotifyMonitoringReport,
  NotifyReport,
  PublishFirmwareStatusNotification,
  ReportChargingProfiles,
  ReservationStatusUpdate,
  SecurityEventNotification,
  SignCertificate,
  StatusNotification,
  TransactionEvent,
};
