import { defineNotice } from "#schemas/message.ts";

export const NotifyEVChargingSchedule = defineNotice({
  action: "NotifyEVChargingSchedule",
  specification: "OCPP 2.0.1 Part 2, K15 to K17",
  answer: { status: "Accepted" },
});
