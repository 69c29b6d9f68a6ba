import { defineNotice } from "#schemas/message.ts";

export const DiagnosticsStatusNotification = defineNotice({
  action: "DiagnosticsStatusNotification",
  specification: "OCPP 1.6J, 4.4",
  answer: {},
});
