import { defineMessage } from "#schemas/message.ts";

export const DataTransfer = defineMessage({
  action: "DataTransfer",
  specification: "OCPP 1.6J, 4.3",
  toEvent: (payload) => ({ type: "Notice", action: "DataTransfer", payload }),
  toResponse: ({ status = "UnknownVendorId", data }) => ({
    status,
    ...(data === undefined ? {} : { data: typeof data === "string" ? data : JSON.stringify(data) }),
  }),
});
