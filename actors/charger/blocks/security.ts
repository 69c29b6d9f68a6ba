import { defineBlock } from "./block.ts";
import { passwordCalls } from "./passwords.ts";
import { hearSecurityEvent } from "./security_events.ts";

/** Passwords and security events: OCPP 2.0.1 Part 2, block A; the security whitepaper of 1.6. */
export const security = defineBlock({
  name: "security",
  calls: passwordCalls,
  notices: { SecurityEventNotification: { heard: hearSecurityEvent } },
});
