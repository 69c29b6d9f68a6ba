import { defineNotice } from "#schemas/message.ts";

export const NotifyDisplayMessages = defineNotice({
  action: "NotifyDisplayMessages",
  specification: "OCPP 2.0.1 Part 2, O",
  answer: {},
});
