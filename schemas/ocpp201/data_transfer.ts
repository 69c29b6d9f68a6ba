import { defineNotice } from "#schemas/message.ts";

export const DataTransfer = defineNotice({
  action: "DataTransfer",
  specification: "OCPP 2.0.1 Part 2, P02",
  answer: { status: "UnknownVendorId" },
});
