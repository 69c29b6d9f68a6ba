import { defineNotice } from "#schemas/message.ts";

export const LogStatusNotification = defineNotice({
  action: "LogStatusNotification",
  specification: "OCPP 2.0.1 Part 2, N01",
  answer: {},
});
