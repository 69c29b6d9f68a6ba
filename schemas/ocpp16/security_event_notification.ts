import { defineNotice } from "#schemas/message.ts";

export const SecurityEventNotification = defineNotice({
  action: "SecurityEventNotification",
  specification: "OCPP 1.6 security whitepaper, SecurityEventNotification",
  answer: {},
});
