import { defineNotice } from "#schemas/message.ts";

/** No schedule will come, and saying so lets the station charge by its own. */
export const NotifyEVChargingNeeds = defineNotice({
  action: "NotifyEVChargingNeeds",
  specification: "OCPP 2.0.1 Part 2, K15",
  answer: { status: "Rejected" },
});
