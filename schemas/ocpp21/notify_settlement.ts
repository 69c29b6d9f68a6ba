import { defineNotice } from "#schemas/message.ts";

export const NotifySettlement = defineNotice({
  action: "NotifySettlement",
  specification: "OCPP 2.1 Part 2, C19 to C22",
  answer: {},
});
