import { defineNotice } from "#schemas/message.ts";

export const OpenPeriodicEventStream = defineNotice({
  action: "OpenPeriodicEventStream",
  specification: "OCPP 2.1 Part 2, N",
  answer: { status: "Rejected" },
});
