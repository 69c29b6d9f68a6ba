import type { ReportRule } from "#actors/ports/item_store.ts";

export const monitoringReports: Readonly<Record<string, ReportRule>> = {};
