import { defineMessage } from "#schemas/message.ts";
import { type MeterValue2, readingsOf } from "./datatypes.ts";

interface Request {
  readonly evseId: number;
  readonly meterValue: readonly MeterValue2[];
}

/**
 * Values outside a transaction, or of the main meter (EVSE 0); those of one come by
 * TransactionEvent.
 */
export const MeterValues = defineMessage({
  action: "MeterValues",
  specification: "OCPP 2.0.1 Part 2, J01",
  toEvent: (request: Request, now) => ({
    type: "MeterValues",
    evseId: request.evseId,
    connectorId: request.evseId === 0 ? 0 : null,
    transactionId: null,
    ...readingsOf(request.meterValue, now),
  }),
  toResponse: () => ({}),
});
