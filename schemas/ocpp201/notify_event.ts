import type { StatusNotification } from "#schemas/events/station.ts";
import { parseInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";
import type { Evse2 } from "./datatypes.ts";

interface EventDatum {
  readonly timestamp: string;
  readonly actualValue: string;
  readonly techCode?: string;
  readonly techInfo?: string;
  readonly component: { readonly name: string; readonly evse?: Evse2 };
  readonly variable: { readonly name: string };
}

/** Connector.AvailabilityState is the other way to report a connector's status (rule S2). */
export const NotifyEvent = defineMessage({
  action: "NotifyEvent",
  specification: "OCPP 2.0.1 Part 2, N07 and G01",
  toEvent: (request: { readonly eventData: readonly EventDatum[] }) => {
    const reports = request.eventData.filter(isConnectorStatus).map(statusOf);
    return reports.length > 0
      ? { type: "StatusReports", reports }
      : { type: "Notice", action: "NotifyEvent", payload: request };
  },
  toResponse: () => ({}),
});

// Names of components and variables are not case-sensitive (OCPP 2.0.1 Part 2, ComponentType).
function isConnectorStatus({ component, variable }: EventDatum): boolean {
  return component.evse !== undefined && component.name.toLowerCase() === "connector" &&
    variable.name.toLowerCase() === "availabilitystate";
}

function statusOf(datum: EventDatum): StatusNotification {
  return {
    type: "StatusNotification",
    evseId: datum.component.evse?.id ?? 0,
    connectorId: datum.component.evse?.connectorId ?? 1,
    status: datum.actualValue,
    at: parseInstant(datum.timestamp),
    errorCode: datum.techCode ?? null,
    info: datum.techInfo ?? null,
  };
}
