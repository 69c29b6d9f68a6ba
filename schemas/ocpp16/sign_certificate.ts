import { defineNotice } from "#schemas/message.ts";

export const SignCertificate = defineNotice({
  action: "SignCertificate",
  specification: "OCPP 1.6 security whitepaper, SignCertificate",
  answer: { status: "Rejected" },
});
