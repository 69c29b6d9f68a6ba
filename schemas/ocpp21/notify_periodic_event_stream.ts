import { defineNotice } from "#schemas/message.ts";

export const NotifyPeriodicEventStream = defineNotice({
  action: "NotifyPeriodicEventStream",
  specification: "OCPP 2.1 Part 2, N",
  answer: {},
});
