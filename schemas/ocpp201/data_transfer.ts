import { defineNotice } from "#schemas/message.ts";

/** No vendor is known yet, and only a known one can have an unknown message. */
export const DataTransfer = defineNotice({
  action: "DataTransfer",
  specification: "OCPP 2.0.1 Part 2, P02",
  answer: { status: "UnknownVendorId" },
});
