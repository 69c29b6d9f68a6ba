import { defineNotice } from "#schemas/message.ts";

/** Nobody signs yet; Rejected keeps the station from asking again and again. */
export const SignCertificate = defineNotice({
  action: "SignCertificate",
  specification: "OCPP 2.0.1 Part 2, A02 and A03",
  answer: { status: "Rejected" },
});
