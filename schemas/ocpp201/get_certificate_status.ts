import { defineNotice } from "#schemas/message.ts";

/** Failed says that no responder was reached, and nothing about the certificate. */
export const GetCertificateStatus = defineNotice({
  action: "GetCertificateStatus",
  specification: "OCPP 2.0.1 Part 2, M06",
  answer: { status: "Failed" },
});
