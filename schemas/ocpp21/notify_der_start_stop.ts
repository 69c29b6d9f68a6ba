import { defineNotice } from "#schemas/message.ts";

export const NotifyDERStartStop = defineNotice({
  action: "NotifyDERStartStop",
  specification: "OCPP 2.1 Part 2, R04",
  answer: {},
});
