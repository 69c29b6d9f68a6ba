import type { ReportRule } from "#actors/ports/item_store.ts";

export const diagnosticsReports: Readonly<Record<string, ReportRule>> = {};
