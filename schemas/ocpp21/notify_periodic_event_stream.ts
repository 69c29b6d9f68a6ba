import { defineNotice } from "#schemas/message.ts";

/** A SEND: it gets no answer of any kind. */
export const NotifyPeriodicEventStream = defineNotice({
  action: "NotifyPeriodicEventStream",
  specification: "OCPP 2.1 Part 2, N15",
  answer: {},
});
