import { defineNotice } from "#schemas/message.ts";

export const ClearedChargingLimit = defineNotice({
  action: "ClearedChargingLimit",
  specification: "OCPP 2.0.1 Part 2, K13",
  answer: {},
});
