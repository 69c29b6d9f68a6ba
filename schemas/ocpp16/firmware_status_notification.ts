import { defineNotice } from "#schemas/message.ts";

export const FirmwareStatusNotification = defineNotice({
  action: "FirmwareStatusNotification",
  specification: "OCPP 1.6J, 4.5",
  answer: {},
});
