import type { ReportRule } from "#actors/ports/item_store.ts";
import { parseInstant } from "#schemas/instant.ts";
import { securityEventType } from "#schemas/security_events.ts";

/** Every type is kept, also one that no standard names. */
const keepSecurityEvent: ReportRule = async ({ payload, at }, store) => {
  const { type, timestamp, techInfo = null } = payload;
  const name = String(type);
  const { isCritical } = securityEventType(name);
  await store.addEvents([{
    kind: "security",
    at: parseInstant(timestamp) ?? at,
    body: { type: name, techInfo, isCritical },
  }]);
};

export const securityReports: Readonly<Record<string, ReportRule>> = {
  SecurityEventNotification: keepSecurityEvent,
};
