import type { TransactionReply } from "#schemas/events/station.ts";
import { parseInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";
import { connectorOf, idTagInfoOf, idTokenOf } from "./datatypes.ts";

interface Request {
  readonly connectorId: number;
  readonly idTag: string;
  readonly meterStart: number;
  readonly reservationId?: number;
  readonly timestamp: string;
}

export const StartTransaction = defineMessage({
  action: "StartTransaction",
  specification: "OCPP 1.6J, 4.8",
  toEvent: (request: Request, now) => ({
    type: "TransactionEvent.Started",
    family: "1.6",
    transactionId: null,
    seqNo: null,
    at: parseInstant(request.timestamp) ?? now,
    triggerReason: "Authorized",
    chargingState: null,
    stoppedReason: null,
    offline: false,
    ...connectorOf(request.connectorId),
    idToken: idTokenOf(request.idTag),
    reservationId: request.reservationId ?? null,
    remoteStartId: null,
    meterStartWh: request.meterStart,
    meterStopWh: null,
    samples: [],
  }),
  toResponse: (reply: TransactionReply) => ({
    idTagInfo: idTagInfoOf(reply.idTokenInfo),
    transactionId: requiredId(reply.transactionId),
  }),
});

/**
 * A refused start is answered with an id as well (rule T3); an actor that gave none has a fault.
 */
function requiredId(transactionId: string | null): number {
  const id = Number(transactionId);
  if (transactionId === null || !Number.isInteger(id)) {
    throw new TypeError(`Cannot answer StartTransaction: its transaction id is ${transactionId}`);
  }
  return id;
}
