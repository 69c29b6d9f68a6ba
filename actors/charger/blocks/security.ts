import { defineBlock } from "./block.ts";
import { hearSecurityEvent } from "./security_events.ts";

/** Security events: OCPP 2.0.1 Part 2, A04; the security whitepaper of 1.6. */
export const security = defineBlock({
  name: "security",
  notices: { SecurityEventNotification: { heard: hearSecurityEvent } },
});
