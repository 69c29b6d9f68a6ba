import type { TransactionReply } from "#schemas/events/station.ts";
import { parseInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";
import { idTagInfoOf, idTokenOf, type MeterValue16, onlyPresent, readingsOf } from "./datatypes.ts";

interface Request {
  readonly idTag?: string;
  readonly meterStop: number;
  readonly timestamp: string;
  readonly transactionId: number;
  readonly reason?: string;
  readonly transactionData?: readonly MeterValue16[];
}

/** OCPP 2.x TriggerReasonEnum for a 1.6 Reason. */
const triggerReasons: ReadonlyMap<string, string> = new Map(Object.entries({
  DeAuthorized: "Deauthorized",
  EmergencyStop: "AbnormalCondition",
  EVDisconnected: "EVCommunicationLost",
  HardReset: "ResetCommand",
  Local: "StopAuthorized",
  Other: "AbnormalCondition",
  PowerLoss: "AbnormalCondition",
  Reboot: "ResetCommand",
  Remote: "RemoteStop",
  SoftReset: "ResetCommand",
  UnlockCommand: "UnlockCommand",
}));

/**
 * A missing reason means Local, a missing idTag that the start's token or nobody stopped it (rule
 * T6).
 */
export const StopTransaction = defineMessage({
  action: "StopTransaction",
  specification: "OCPP 1.6J, 4.10",
  toEvent: (request: Request, now) => {
    const reason = request.reason ?? "Local";
    return {
      type: "TransactionEvent.Ended",
      family: "1.6",
      transactionId: String(request.transactionId),
      seqNo: null,
      at: parseInstant(request.timestamp) ?? now,
      triggerReason: triggerReasons.get(reason) ?? "AbnormalCondition",
      chargingState: null,
      stoppedReason: reason,
      offline: false,
      evseId: null,
      connectorId: null,
      idToken: request.idTag === undefined ? null : idTokenOf(request.idTag),
      reservationId: null,
      remoteStartId: null,
      meterStartWh: null,
      meterStopWh: request.meterStop,
      ...onlyPresent(readingsOf(request.transactionData ?? [], now)),
    };
  },
  toResponse: (reply: TransactionReply) =>
    reply.idTokenInfo === null ? {} : { idTagInfo: idTagInfoOf(reply.idTokenInfo) },
});
