import { defineMessage } from "#schemas/message.ts";

/** Answered at once; Accepted = the profile follows (rule K8). A repeat is told that it was. */
export const NotifyEVChargingNeeds = defineMessage({
  action: "NotifyEVChargingNeeds",
  specification: "OCPP 2.0.1 Part 2, K15",
  toEvent: (payload) => ({ type: "Notice", action: "NotifyEVChargingNeeds", payload }),
  toResponse: ({ status }: { readonly status?: string }) => ({ status: status ?? "Accepted" }),
});
