import type { ReportRule } from "#actors/ports/item_store.ts";

export const firmwareReports: Readonly<Record<string, ReportRule>> = {};
