/** Security events (OCPP 1.6 security extension and OCPP 2.0.1 Part 2, A04). */
import { instantText, present } from "../dialect.ts";
import type { Station } from "../station.ts";

/** Both versions word it alike. It is kept until the CSMS can hear it. */
export function securityEvent(station: Station, type: string, techInfo?: string): void {
  const payload = present({ type, timestamp: instantText(station.now()), techInfo });
  station.report({ action: "SecurityEventNotification", payload });
}
