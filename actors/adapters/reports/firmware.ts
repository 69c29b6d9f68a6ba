import type { ReportRule } from "#actors/ports/item_store.ts";
import { statusEvents } from "./status_events.ts";

const heard = statusEvents("firmware");

export const firmwareReports: Readonly<Record<string, ReportRule>> = {
  FirmwareStatusNotification: heard,
  SignedFirmwareStatusNotification: heard,
  PublishFirmwareStatusNotification: heard,
};
