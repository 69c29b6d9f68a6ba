import { defineNotice } from "#schemas/message.ts";

export const ClosePeriodicEventStream = defineNotice({
  action: "ClosePeriodicEventStream",
  specification: "OCPP 2.1 Part 2, N13",
  answer: {},
});
