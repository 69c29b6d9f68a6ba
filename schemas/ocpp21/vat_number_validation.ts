import { defineUnsupported } from "#schemas/message.ts";

/** "Rejected" would say that the number is wrong, which nobody has looked at. */
export const VatNumberValidation = defineUnsupported({
  action: "VatNumberValidation",
  specification: "OCPP 2.1 Part 2, C18",
});
