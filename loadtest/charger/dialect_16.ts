import {
  type Dialect,
  fieldOf,
  instantText,
  numberField,
  type StationControls,
  textField,
} from "./dialect.ts";
import type { Reading, StopReason, TransactionMessage } from "./transaction.ts";

type Payload = Readonly<Record<string, unknown>>;

/** OCPP 1.6 Reason; the others are spelled alike. */
const reasons: Partial<Record<StopReason, string>> = { ImmediateReset: "HardReset" };

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
  isAuthorised: (answer) => isAccepted(answer),
  transaction,
  transactionAnswer: (message, answer) => ({
    wireId: message.kind === "started"
      ? String(numberField(answer, "transactionId") ?? "")
      : undefined,
    isDeauthorised: message.kind === "started" && !isAccepted(answer),
  }),
  meterValues: (evseId, reading, at) => ({
    action: "MeterValues",
    payload: { connectorId: evseId, meterValue: [meterValue(reading, at)] },
  }),
  answer,
};

function isAccepted(answer: unknown): boolean {
  return textField(fieldOf(answer, "idTagInfo"), "status") === "Accepted";
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

function answer(
  action: string,
  payload: Payload,
  station: StationControls,
): Payload | undefined {
  const connectorId = numberField(payload, "connectorId");
  switch (action) {
    case "RemoteStartTransaction":
      return status(station.remoteStart({
        evseId: connectorId,
        tokenUid: textField(payload, "idTag") ?? "",
        remoteStartId: undefined,
      }));
    case "RemoteStopTransaction":
      return status(station.remoteStop(String(numberField(payload, "transactionId"))));
    case "Reset":
      // A soft reset stops transactions too (OCPP 1.6, 5.14).
      return status(station.reset(true) === "Accepted");
    case "UnlockConnector":
      return { status: unlockWord(station.unlock(connectorId ?? 0)) };
    case "TriggerMessage":
      return {
        status: station.trigger(textField(payload, "requestedMessage") ?? "", connectorId)
          ? "Accepted"
          : "NotImplemented",
      };
    case "ChangeAvailability":
      return {
        status: station.setOperative(connectorId ?? 0, fieldOf(payload, "type") === "Operative"),
      };
    default:
      return fixedAnswer(action, payload, station);
  }
}

/** What this charger always says. */
function fixedAnswer(
  action: string,
  payload: Payload,
  station: StationControls,
): Payload | undefined {
  switch (action) {
    case "GetConfiguration":
      return configuration(payload, station);
    case "ChangeConfiguration":
      return { status: "NotSupported" };
    case "ClearCache":
      return { status: "Accepted" };
    case "GetLocalListVersion":
      return { listVersion: -1 };
    case "SendLocalList":
    case "SetChargingProfile":
      return { status: "NotSupported" };
    case "ClearChargingProfile":
      return { status: "Unknown" };
    case "GetCompositeSchedule":
    case "ReserveNow":
    case "CancelReservation":
      return { status: "Rejected" };
    case "DataTransfer":
      return { status: "UnknownVendorId" };
    default:
      return undefined;
  }
}

function configuration(payload: Payload, station: StationControls): Payload {
  const known = new Map([
    ["NumberOfConnectors", String(station.evseCount)],
    ["SupportedFeatureProfiles", "Core,RemoteTrigger"],
    ["AuthorizeRemoteTxRequests", "false"],
  ]);
  const keys = fieldOf(payload, "key");
  const asked = Array.isArray(keys) && keys.length > 0 ? keys.map(String) : [...known.keys()];
  return {
    configurationKey: asked.filter((key) => known.has(key)).map((key) => ({
      key,
      readonly: true,
      value: known.get(key),
    })),
    unknownKey: asked.filter((key) => !known.has(key)),
  };
}

function status(isAccepted: boolean): Payload {
  return { status: isAccepted ? "Accepted" : "Rejected" };
}

function unlockWord(outcome: ReturnType<StationControls["unlock"]>): string {
  return outcome === "Unlocked" ? "Unlocked" : "UnlockFailed";
}
