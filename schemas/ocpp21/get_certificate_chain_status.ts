import { defineUnsupported } from "#schemas/message.ts";

export const GetCertificateChainStatus = defineUnsupported({
  action: "GetCertificateChainStatus",
  specification: "OCPP 2.1 Part 2, M",
});
