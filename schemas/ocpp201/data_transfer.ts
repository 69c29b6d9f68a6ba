import { defineMessage } from "#schemas/message.ts";

export const DataTransfer = defineMessage({
  action: "DataTransfer",
  specification: "OCPP 2.0.1 Part 2, P02",
  toEvent: (payload) => ({ type: "Notice", action: "DataTransfer", payload }),
  toResponse: ({ status = "UnknownVendorId", data }) => ({
    status,
    ...(data === undefined ? {} : { data }),
  }),
});
