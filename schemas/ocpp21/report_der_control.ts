import { defineNotice } from "#schemas/message.ts";

export const ReportDERControl = defineNotice({
  action: "ReportDERControl",
  specification: "OCPP 2.1 Part 2, R04",
  answer: {},
});
