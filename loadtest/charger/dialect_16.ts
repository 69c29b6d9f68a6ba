import {
  type Dialect,
  fieldOf,
  instantField,
  instantText,
  numberField,
  type Payload,
  textField,
  type TokenVerdict,
} from "./dialect.ts";
import type { Reading, StopReason, TransactionMessage } from "./transaction.ts";

/** OCPP 1.6 Reason; the others are spelled alike. */
const reasons: Partial<Record<StopReason, string>> = {
  ImmediateReset: "HardReset",
  Reset: "SoftReset",
};

export const dialect16: Dialect = {
  protocol: "ocpp1.6",
  tellsStateInTransaction: false,
  makesTransactionIds: false,
  boot: (nameplate) => ({
    action: "BootNotification",
    payload: {
      chargePointVendor: nameplate.vendor,
      chargePointModel: nameplate.model,
      chargePointSerialNumber: nameplate.serialNumber,
      firmwareVersion: nameplate.firmwareVersion,
    },
  }),
  statusWord: (state) => state,
  status: (evseId, state, at) => ({
    action: "StatusNotification",
    payload: {
      connectorId: evseId,
      errorCode: state === "Faulted" ? "GroundFailure" : "NoError",
      status: state,
      timestamp: instantText(at),
    },
  }),
  authorize: (tokenUid) => ({ action: "Authorize", payload: { idTag: tokenUid } }),
  tokenVerdict,
  transaction,
  transactionAnswer: (message, answer) => ({
    wireId: message.kind === "started"
      ? String(numberField(answer, "transactionId") ?? "")
      : undefined,
    isDeauthorised: message.kind === "started" && tokenVerdict(answer)?.status !== "Accepted",
    token: tokenVerdict(answer),
  }),
  meterValues: (evseId, reading, at) => ({
    action: "MeterValues",
    payload: { connectorId: evseId, meterValue: [meterValue(reading, at)] },
  }),
};

function tokenVerdict(answer: unknown): TokenVerdict | undefined {
  const told = fieldOf(answer, "idTagInfo");
  const status = textField(told, "status");
  if (status === undefined) return undefined;
  return {
    status,
    groupId: textField(told, "parentIdTag"),
    expiresAt: instantField(told, "expiryDate"),
  };
}

function transaction(message: TransactionMessage): ReturnType<Dialect["transaction"]> {
  const { transaction, reading } = message;
  const timestamp = instantText(message.at);
  switch (message.kind) {
    case "started":
      return {
        action: "StartTransaction",
        payload: {
          connectorId: transaction.evseId,
          idTag: transaction.tokenUid,
          meterStart: transaction.startWh,
          ...(transaction.reservationId === undefined
            ? {}
            : { reservationId: transaction.reservationId }),
          timestamp,
        },
      };
    case "updated":
      return {
        action: "MeterValues",
        payload: {
          connectorId: transaction.evseId,
          ...(transaction.wireId === undefined ? {} : { transactionId: wireIdOf(message) }),
          meterValue: [meterValue(reading, message.at)],
        },
      };
    case "ended":
      return {
        action: "StopTransaction",
        payload: {
          ...(transaction.reason === "Local" ? { idTag: transaction.tokenUid } : {}),
          meterStop: reading.registerWh,
          timestamp,
          transactionId: wireIdOf(message),
          reason: reasons[transaction.reason ?? "Local"] ?? transaction.reason,
        },
      };
  }
}

/** -1: the CSMS never told an id (rule T5). */
function wireIdOf(message: TransactionMessage): number {
  return Number(message.transaction.wireId ?? -1);
}

function meterValue(reading: Reading, at: number): Payload {
  const { registerWh, powerW, chargePercent } = reading;
  return {
    timestamp: instantText(at),
    sampledValue: [
      sampled("Energy.Active.Import.Register", registerWh, "Wh"),
      sampled("Power.Active.Import", powerW, "W"),
      ...(chargePercent === undefined ? [] : [{
        ...sampled("SoC", chargePercent, "Percent"),
        location: "EV",
      }]),
    ],
  };
}

function sampled(measurand: string, value: number, unit: string): Payload {
  return { value: String(value), context: "Sample.Periodic", measurand, unit };
}
