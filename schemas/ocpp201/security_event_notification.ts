import { defineNotice } from "#schemas/message.ts";

export const SecurityEventNotification = defineNotice({
  action: "SecurityEventNotification",
  specification: "OCPP 2.0.1 Part 2, A04",
  answer: {},
});
