import type { ChargingState, TransactionReply } from "#schemas/events/station.ts";
import { parseInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";
import {
  type Evse2,
  type IdToken2,
  idTokenInfoOf,
  idTokenOf,
  type MeterValue2,
  readingsOf,
} from "./datatypes.ts";

interface Request {
  readonly eventType: "Started" | "Updated" | "Ended";
  readonly timestamp: string;
  readonly triggerReason: string;
  readonly seqNo: number;
  readonly offline?: boolean;
  readonly reservationId?: number;
  readonly transactionInfo: {
    readonly transactionId: string;
    readonly chargingState?: ChargingState;
    readonly stoppedReason?: string;
    readonly remoteStartId?: number;
  };
  readonly evse?: Evse2;
  readonly idToken?: IdToken2;
  readonly meterValue?: readonly MeterValue2[];
}

/** An event says only what is new: evse, idToken and reservationId come once (rule U4). */
export const TransactionEvent = defineMessage({
  action: "TransactionEvent",
  specification: "OCPP 2.0.1 Part 2, E01 to E15",
  toEvent: (request: Request, now) => {
    const { transactionInfo } = request;
    return {
      type: `TransactionEvent.${request.eventType}`,
      family: "2.x",
      transactionId: transactionInfo.transactionId,
      seqNo: request.seqNo,
      at: parseInstant(request.timestamp) ?? now,
      triggerReason: request.triggerReason,
      chargingState: transactionInfo.chargingState ?? null,
      stoppedReason: transactionInfo.stoppedReason ??
        (request.eventType === "Ended" ? "Local" : null),
      offline: request.offline ?? false,
      evseId: request.evse?.id ?? null,
      connectorId: request.evse?.connectorId ?? null,
      idToken: request.idToken === undefined ? null : idTokenOf(request.idToken),
      reservationId: request.reservationId ?? null,
      remoteStartId: transactionInfo.remoteStartId ?? null,
      meterStartWh: null,
      meterStopWh: null,
      ...readingsOf(request.meterValue ?? [], now),
    };
  },
  toResponse: (reply: TransactionReply) => ({
    ...(reply.totalCost === undefined ? {} : { totalCost: reply.totalCost }),
    ...(reply.idTokenInfo === null ? {} : { idTokenInfo: idTokenInfoOf(reply.idTokenInfo) }),
  }),
});
