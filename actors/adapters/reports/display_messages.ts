import type { ReportRule } from "#actors/ports/item_store.ts";

export const displayMessagesReports: Readonly<Record<string, ReportRule>> = {};
