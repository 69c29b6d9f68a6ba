import { defineNotice } from "#schemas/message.ts";

export const FirmwareStatusNotification = defineNotice({
  action: "FirmwareStatusNotification",
  specification: "OCPP 2.0.1 Part 2, L01",
  answer: {},
});
