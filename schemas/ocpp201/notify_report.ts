import { defineNotice } from "#schemas/message.ts";

export const NotifyReport = defineNotice({
  action: "NotifyReport",
  specification: "OCPP 2.0.1 Part 2, B07 and B08",
  answer: {},
});
