import { defineNotice } from "#schemas/message.ts";

/** No vendor is known yet, and only a known one can have an unknown message. */
export const DataTransfer = defineNotice({
  action: "DataTransfer",
  specification: "OCPP 1.6J, 4.3",
  answer: { status: "UnknownVendorId" },
});
