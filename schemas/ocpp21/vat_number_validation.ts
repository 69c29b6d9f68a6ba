import { defineUnsupported } from "#schemas/message.ts";

export const VatNumberValidation = defineUnsupported({
  action: "VatNumberValidation",
  specification: "OCPP 2.1 Part 2, C",
});
