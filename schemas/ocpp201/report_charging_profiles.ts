import { defineNotice } from "#schemas/message.ts";

export const ReportChargingProfiles = defineNotice({
  action: "ReportChargingProfiles",
  specification: "OCPP 2.0.1 Part 2, K09",
  answer: {},
});
