import type { ReportRule } from "#actors/ports/item_store.ts";

export const chargingProfilesReports: Readonly<Record<string, ReportRule>> = {};
