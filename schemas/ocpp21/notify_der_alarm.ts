import { defineNotice } from "#schemas/message.ts";

export const NotifyDERAlarm = defineNotice({
  action: "NotifyDERAlarm",
  specification: "OCPP 2.1 Part 2, R05",
  answer: {},
});
