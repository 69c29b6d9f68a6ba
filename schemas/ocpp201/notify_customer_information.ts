import { defineNotice } from "#schemas/message.ts";

export const NotifyCustomerInformation = defineNotice({
  action: "NotifyCustomerInformation",
  specification: "OCPP 2.0.1 Part 2, N09 and N10",
  answer: {},
});
