import type { StationMessage } from "#schemas/message.ts";
import { stationMessages201 } from "#schemas/ocpp201/mod.ts";
import { BatterySwap } from "./battery_swap.ts";
import { ClosePeriodicEventStream } from "./close_periodic_event_stream.ts";
import { GetCertificateChainStatus } from "./get_certificate_chain_status.ts";
import { NotifyDERAlarm } from "./notify_der_alarm.ts";
import { NotifyDERStartStop } from "./notify_der_start_stop.ts";
import { NotifyPeriodicEventStream } from "./notify_periodic_event_stream.ts";
import { NotifyPriorityCharging } from "./notify_priority_charging.ts";
import { NotifySettlement } from "./notify_settlement.ts";
import { OpenPeriodicEventStream } from "./open_periodic_event_stream.ts";
import { PullDynamicScheduleUpdate } from "./pull_dynamic_schedule_update.ts";
import { ReportDERControl } from "./report_der_control.ts";
import { VatNumberValidation } from "./vat_number_validation.ts";

/**
 * Every message that an OCPP 2.1 station sends. What means the same as in 2.0.1 is the same object.
 */
export const stationMessages21: Readonly<Record<string, StationMessage>> = {
  ...stationMessages201,
  BatterySwap,
  ClosePeriodicEventStream,
  GetCertificateChainStatus,
  NotifyDERAlarm,
  NotifyDERStartStop,
  NotifyPeriodicEventStream,
  NotifyPriorityCharging,
  NotifySettlement,
  OpenPeriodicEventStream,
  PullDynamicScheduleUpdate,
  ReportDERControl,
  VatNumberValidation,
};
