import { defineNotice } from "#schemas/message.ts";

/** Nobody signs yet; Rejected keeps the station from asking again and again. */
export const SignCertificate = defineNotice({
  action: "SignCertificate",
  specification: "OCPP 1.6 security whitepaper, SignCertificate",
  answer: { status: "Rejected" },
});
