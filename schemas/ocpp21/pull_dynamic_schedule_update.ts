import { defineNotice } from "#schemas/message.ts";

export const PullDynamicScheduleUpdate = defineNotice({
  action: "PullDynamicScheduleUpdate",
  specification: "OCPP 2.1 Part 2, K28",
  answer: { status: "Rejected" },
});
