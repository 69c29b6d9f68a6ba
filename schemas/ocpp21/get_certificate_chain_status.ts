import { defineUnsupported } from "#schemas/message.ts";

/** Every answer would say something about certificates that nobody has asked about. */
export const GetCertificateChainStatus = defineUnsupported({
  action: "GetCertificateChainStatus",
  specification: "OCPP 2.1 Part 2, M07",
});
