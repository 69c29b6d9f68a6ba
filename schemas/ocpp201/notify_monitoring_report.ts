import { defineNotice } from "#schemas/message.ts";

export const NotifyMonitoringReport = defineNotice({
  action: "NotifyMonitoringReport",
  specification: "OCPP 2.0.1 Part 2, N02",
  answer: {},
});
