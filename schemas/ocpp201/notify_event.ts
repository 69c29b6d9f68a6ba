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

/**
 * Connector.AvailabilityState is the other way to report a connector's status (rule S2). A message
 * with nothing else is status reports; in one that also tells of other things they are found again
 * by `statusReportsOf`.
 */
export const NotifyEvent = defineMessage({
  action: "NotifyEvent",
  specification: "OCPP 2.0.1 Part 2, N07 and G01",
  toEvent: (request: { readonly eventData: readonly EventDatum[] }) => {
    const isStatusOnly = request.eventData.length > 0 && request.eventData.every(isConnectorStatus);
    return isStatusOnly
      ? { type: "StatusReports", reports: request.eventData.map(statusOf) }
      : { type: "Notice", action: "NotifyEvent", payload: request };
  },
  toResponse: () => ({}),
});

/** Of a payload that has passed the schema. */
export function statusReportsOf(
  payload: Readonly<Record<string, unknown>>,
): readonly StatusNotification[] {
  const data = (payload["eventData"] ?? []) as readonly EventDatum[];
  return data.filter(isConnectorStatus).map(statusOf);
}

/** Names of components and variables are not case-sensitive (OCPP 2.0.1 Part 2, ComponentType). */
export function isConnectorStatus(
  { component, variable }: Partial<Pick<EventDatum, "component" | "variable">>,
): boolean {
  return component?.evse !== undefined && component.name.toLowerCase() === "connector" &&
    variable?.name.toLowerCase() === "availabilitystate";
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
