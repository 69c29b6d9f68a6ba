import { defineNotice } from "#schemas/message.ts";

export const BatterySwap = defineNotice({
  action: "BatterySwap",
  specification: "OCPP 2.1 Part 2, S01 to S03",
  answer: {},
});
