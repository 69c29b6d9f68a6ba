import { defineNotice } from "#schemas/message.ts";

export const DataTransfer = defineNotice({
  action: "DataTransfer",
  specification: "OCPP 1.6J, 4.3",
  answer: { status: "UnknownVendorId" },
});
