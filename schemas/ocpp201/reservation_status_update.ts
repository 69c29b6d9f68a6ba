import { defineNotice } from "#schemas/message.ts";

export const ReservationStatusUpdate = defineNotice({
  action: "ReservationStatusUpdate",
  specification: "OCPP 2.0.1 Part 2, H01 and H04",
  answer: {},
});
