import { defineNotice } from "#schemas/message.ts";

export const SignedFirmwareStatusNotification = defineNotice({
  action: "SignedFirmwareStatusNotification",
  specification: "OCPP 1.6 security whitepaper, SignedFirmwareStatusNotification",
  answer: {},
});
