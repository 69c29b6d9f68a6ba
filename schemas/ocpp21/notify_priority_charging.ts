import { defineNotice } from "#schemas/message.ts";

export const NotifyPriorityCharging = defineNotice({
  action: "NotifyPriorityCharging",
  specification: "OCPP 2.1 Part 2, K21 and K22",
  answer: {},
});
