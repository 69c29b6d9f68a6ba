import { parseInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";

interface Request {
  readonly timestamp: string;
  readonly connectorStatus: string;
  readonly evseId: number;
  readonly connectorId: number;
}

export const StatusNotification = defineMessage({
  action: "StatusNotification",
  specification: "OCPP 2.0.1 Part 2, G01",
  toEvent: (request: Request) => ({
    type: "StatusNotification",
    evseId: request.evseId,
    connectorId: request.connectorId,
    status: request.connectorStatus,
    at: parseInstant(request.timestamp),
    errorCode: null,
    info: null,
  }),
  toResponse: () => ({}),
});
