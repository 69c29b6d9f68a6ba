import type { ReportRule } from "#actors/ports/item_store.ts";

export const securityReports: Readonly<Record<string, ReportRule>> = {};
