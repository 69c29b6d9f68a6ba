import { defineNotice } from "#schemas/message.ts";

export const PublishFirmwareStatusNotification = defineNotice({
  action: "PublishFirmwareStatusNotification",
  specification: "OCPP 2.0.1 Part 2, L03",
  answer: {},
});
