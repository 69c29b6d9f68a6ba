/** What is derived from messages that stations report with; one line per block. */
import type { ReportRule } from "#actors/ports/item_store.ts";
import { chargingProfilesReports } from "./charging_profiles.ts";
import { dataTransferReports } from "./data_transfer.ts";
import { customerInformationReports } from "./customer_information.ts";
import { deviceModelReports } from "./device_model.ts";
import { diagnosticsReports } from "./diagnostics.ts";
import { displayMessagesReports } from "./display_messages.ts";
import { firmwareReports } from "./firmware.ts";
import { monitoringReports } from "./monitoring.ts";
import { securityReports } from "./security.ts";

const all = [
  chargingProfilesReports,
  customerInformationReports,
  dataTransferReports,
  deviceModelReports,
  diagnosticsReports,
  displayMessagesReports,
  firmwareReports,
  monitoringReports,
  securityReports,
];

/** By the action of the message. */
export const reportRules: ReadonlyMap<string, readonly ReportRule[]> = new Map(
  [
    ...Map.groupBy(all.flatMap((rules) => Object.entries(rules)), ([action]) => action),
  ].map(([action, entries]) => [action, entries.map(([, rule]) => rule)]),
);
