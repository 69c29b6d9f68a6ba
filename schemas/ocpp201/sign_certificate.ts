import { defineNotice } from "#schemas/message.ts";

export const SignCertificate = defineNotice({
  action: "SignCertificate",
  specification: "OCPP 2.0.1 Part 2, A02 and A03",
  answer: { status: "Rejected" },
});
