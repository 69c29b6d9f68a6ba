import {
  type Dialect,
  fieldOf,
  instantField,
  instantText,
  type Payload,
  textField,
  type TokenVerdict,
  type Wire,
} from "./dialect.ts";
import type { ConnectorState, Reading, StopReason, TransactionMessage } from "./transaction.ts";

/** OCPP 2.0.1 and 2.1 word all that this charger says alike. */
export function dialect2x(protocol: "ocpp2.0.1" | "ocpp2.1"): Dialect {
  return {
    protocol,
    tellsStateInTransaction: true,
    makesTransactionIds: true,
    boot: (nameplate, reason) => ({
      action: "BootNotification",
      payload: {
        reason,
        chargingStation: {
          model: nameplate.model,
          vendorName: nameplate.vendor,
          serialNumber: nameplate.serialNumber,
          firmwareVersion: nameplate.firmwareVersion,
        },
      },
    }),
    statusWord,
    status: (evseId, state, at) => ({
      action: "StatusNotification",
      payload: {
        timestamp: instantText(at),
        connectorStatus: statusWord(state),
        evseId,
        connectorId: 1,
      },
    }),
    authorize: (tokenUid) => ({ action: "Authorize", payload: { idToken: idToken(tokenUid) } }),
    tokenVerdict,
    transaction,
    transactionAnswer: (_, answer) => ({
      wireId: undefined,
      isDeauthorised: (tokenVerdict(answer)?.status ?? "Accepted") !== "Accepted",
      token: tokenVerdict(answer),
    }),
    meterValues: (evseId, reading, at) => ({
      action: "MeterValues",
      payload: { evseId, meterValue: [meterValue(reading, at, "Trigger")] },
    }),
  };
}

/** The five words of 2.x (rule S2). */
function statusWord(state: ConnectorState): string {
  switch (state) {
    case "Available":
    case "Unavailable":
    case "Faulted":
    case "Reserved":
      return state;
    default:
      return "Occupied";
  }
}

function idToken(tokenUid: string): Payload {
  return { idToken: tokenUid, type: "ISO14443" };
}

function tokenVerdict(answer: unknown): TokenVerdict | undefined {
  const told = fieldOf(answer, "idTokenInfo");
  const status = textField(told, "status");
  if (status === undefined) return undefined;
  return {
    status,
    groupId: textField(fieldOf(told, "groupIdToken"), "idToken"),
    expiresAt: instantField(told, "cacheExpiryDateTime"),
  };
}

const triggerOfReason: Readonly<Record<StopReason, string>> = {
  Local: "StopAuthorized",
  Remote: "RemoteStop",
  EVDisconnected: "EVCommunicationLost",
  DeAuthorized: "Deauthorized",
  ImmediateReset: "ResetCommand",
  Reset: "ResetCommand",
  Reboot: "AbnormalCondition",
  PowerLoss: "AbnormalCondition",
  EmergencyStop: "AbnormalCondition",
  UnlockCommand: "UnlockCommand",
  Other: "AbnormalCondition",
};

const eventTypes = { started: "Started", updated: "Updated", ended: "Ended" } as const;
const contexts = {
  started: "Transaction.Begin",
  updated: "Sample.Periodic",
  ended: "Transaction.End",
} as const;

function transaction(message: TransactionMessage): Wire {
  const { transaction, kind } = message;
  const isRemote = transaction.remoteStartId !== undefined;
  return {
    action: "TransactionEvent",
    payload: {
      eventType: eventTypes[kind],
      timestamp: instantText(message.at),
      triggerReason: triggerOf(message),
      seqNo: message.seqNo,
      ...(message.isOffline ? { offline: true } : {}),
      transactionInfo: {
        transactionId: transaction.wireId,
        chargingState: chargingState(message),
        ...(kind === "started" && isRemote ? { remoteStartId: transaction.remoteStartId } : {}),
        ...(kind === "ended" ? { stoppedReason: stoppedReason(transaction.reason) } : {}),
      },
      ...(kind === "started"
        ? {
          idToken: idToken(transaction.tokenUid),
          evse: { id: transaction.evseId, connectorId: 1 },
          ...(transaction.reservationId === undefined
            ? {}
            : { reservationId: transaction.reservationId }),
        }
        : {}),
      ...(kind === "ended" && transaction.reason === "Local"
        ? { idToken: idToken(transaction.tokenUid) }
        : {}),
      meterValue: [meterValue(message.reading, message.at, contexts[kind])],
    },
  };
}

/** 2.x knows one reset that ends transactions, and no unlocking that does. */
function stoppedReason(reason: StopReason | undefined): string {
  if (reason === "UnlockCommand") return "Remote";
  return reason === "Reset" ? "ImmediateReset" : reason ?? "Other";
}

function triggerOf(message: TransactionMessage): string {
  switch (message.cause) {
    case "began":
      return message.transaction.remoteStartId === undefined ? "Authorized" : "RemoteStart";
    case "stateChanged":
      return "ChargingStateChanged";
    case "interval":
      return "MeterValuePeriodic";
    case "triggered":
      return "Trigger";
    case "stopped":
      return triggerOfReason[message.transaction.reason ?? "Other"];
  }
}

function chargingState(message: TransactionMessage): string {
  if (message.kind === "ended") {
    return message.transaction.reason === "EVDisconnected" ? "Idle" : "EVConnected";
  }
  switch (message.state) {
    case "Charging":
    case "SuspendedEV":
    case "SuspendedEVSE":
      return message.state;
    default:
      return "EVConnected";
  }
}

function meterValue(reading: Reading, at: number, context: string): Payload {
  const { registerWh, powerW, chargePercent } = reading;
  return {
    timestamp: instantText(at),
    sampledValue: [
      sampled("Energy.Active.Import.Register", registerWh, { context, unit: "Wh" }),
      sampled("Power.Active.Import", powerW, { context, unit: "W" }),
      ...(chargePercent === undefined ? [] : [{
        ...sampled("SoC", chargePercent, { context, unit: "Percent" }),
        location: "EV",
      }]),
    ],
  };
}

function sampled(
  measurand: string,
  value: number,
  kind: { readonly context: string; readonly unit: string },
): Payload {
  return { value, context: kind.context, measurand, unitOfMeasure: { unit: kind.unit } };
}
