import { defineNotice } from "#schemas/message.ts";

/** Streams are opened on our request (N11), and we do not ask for any yet. */
export const OpenPeriodicEventStream = defineNotice({
  action: "OpenPeriodicEventStream",
  specification: "OCPP 2.1 Part 2, N11",
  answer: { status: "Rejected" },
});
