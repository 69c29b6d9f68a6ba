import { defineMessage } from "#schemas/message.ts";

/** Rejected when the vehicle plans more than it is allowed. */
export const NotifyEVChargingSchedule = defineMessage({
  action: "NotifyEVChargingSchedule",
  specification: "OCPP 2.0.1 Part 2, K15 to K17",
  toEvent: (payload) => ({ type: "Notice", action: "NotifyEVChargingSchedule", payload }),
  toResponse: ({ status }: { readonly status?: string }) => ({ status: status ?? "Accepted" }),
});
