import { defineMessage } from "#schemas/message.ts";
import { connectorOf, type MeterValue16, onlyPresent, readingsOf } from "./datatypes.ts";

interface Request {
  readonly connectorId: number;
  readonly transactionId?: number;
  readonly meterValue: readonly MeterValue16[];
}

export const MeterValues = defineMessage({
  action: "MeterValues",
  specification: "OCPP 1.6J, 4.7",
  toEvent: (request: Request, now) => ({
    type: "MeterValues",
    ...connectorOf(request.connectorId),
    transactionId: request.transactionId === undefined ? null : String(request.transactionId),
    ...onlyPresent(readingsOf(request.meterValue, now)),
  }),
  toResponse: () => ({}),
});
