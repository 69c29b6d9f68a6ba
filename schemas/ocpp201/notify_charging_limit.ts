import { defineNotice } from "#schemas/message.ts";

export const NotifyChargingLimit = defineNotice({
  action: "NotifyChargingLimit",
  specification: "OCPP 2.0.1 Part 2, K11 and K12",
  answer: {},
});
