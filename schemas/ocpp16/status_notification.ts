import { parseInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";
import { connectorOf } from "./datatypes.ts";

interface Request {
  readonly connectorId: number;
  readonly errorCode: string;
  readonly info?: string;
  readonly status: string;
  readonly timestamp?: string;
  readonly vendorErrorCode?: string;
}

export const StatusNotification = defineMessage({
  action: "StatusNotification",
  specification: "OCPP 1.6J, 4.9",
  toEvent: (request: Request) => ({
    type: "StatusNotification",
    ...connectorOf(request.connectorId),
    status: request.status,
    at: parseInstant(request.timestamp),
    errorCode: request.errorCode,
    info: request.info ?? request.vendorErrorCode ?? null,
  }),
  toResponse: () => ({}),
});
