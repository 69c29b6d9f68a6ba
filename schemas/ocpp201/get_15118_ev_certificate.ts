import { defineNotice } from "#schemas/message.ts";

export const Get15118EVCertificate = defineNotice({
  action: "Get15118EVCertificate",
  specification: "OCPP 2.0.1 Part 2, M01 and M02",
  answer: { status: "Failed", exiResponse: "" },
});
