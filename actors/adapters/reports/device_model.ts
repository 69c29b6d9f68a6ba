import type { ReportRule } from "#actors/ports/item_store.ts";

export const deviceModelReports: Readonly<Record<string, ReportRule>> = {};
