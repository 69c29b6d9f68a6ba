import { defineNotice } from "#schemas/message.ts";

export const LogStatusNotification = defineNotice({
  action: "LogStatusNotification",
  specification: "OCPP 1.6 security whitepaper, LogStatusNotification",
  answer: {},
});
