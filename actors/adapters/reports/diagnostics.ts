import type { ReportRule } from "#actors/ports/item_store.ts";
import { statusEvents } from "./status_events.ts";

const heard = statusEvents("log");

export const diagnosticsReports: Readonly<Record<string, ReportRule>> = {
  LogStatusNotification: heard,
  DiagnosticsStatusNotification: heard,
};
