import {
  type Dialect,
  fieldOf,
  instantText,
  numberField,
  type StationControls,
  textField,
  type Wire,
} from "./dialect.ts";
import type { ConnectorState, Reading, StopReason, TransactionMessage } from "./transaction.ts";

type Payload = Readonly<Record<string, unknown>>;

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
    isAuthorised: (answer) => tokenStatus(answer) === "Accepted",
    transaction,
    transactionAnswer: (_, answer) => ({
      wireId: undefined,
      isDeauthorised: (tokenStatus(answer) ?? "Accepted") !== "Accepted",
    }),
    meterValues: (evseId, reading, at) => ({
      action: "MeterValues",
      payload: { evseId, meterValue: [meterValue(reading, at, "Sample.Periodic")] },
    }),
    answer,
  };
}

/** The five words of 2.x (rule S2). */
function statusWord(state: ConnectorState): string {
  switch (state) {
    case "Available":
    case "Unavailable":
    case "Faulted":
      return state;
    default:
      return "Occupied";
  }
}

function idToken(tokenUid: string): Payload {
  return { idToken: tokenUid, type: "ISO14443" };
}

function tokenStatus(answer: unknown): string | undefined {
  return textField(fieldOf(answer, "idTokenInfo"), "status");
}

const triggerOfReason: Readonly<Record<StopReason, string>> = {
  Local: "StopAuthorized",
  Remote: "RemoteStop",
  EVDisconnected: "EVCommunicationLost",
  DeAuthorized: "Deauthorized",
  ImmediateReset: "ResetCommand",
  Reboot: "AbnormalCondition",
  PowerLoss: "AbnormalCondition",
  EmergencyStop: "AbnormalCondition",
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
        ...(kind === "ended" ? { stoppedReason: transaction.reason } : {}),
      },
      ...(kind === "started"
        ? {
          idToken: idToken(transaction.tokenUid),
          evse: { id: transaction.evseId, connectorId: 1 },
        }
        : {}),
      ...(kind === "ended" && transaction.reason === "Local"
        ? { idToken: idToken(transaction.tokenUid) }
        : {}),
      meterValue: [meterValue(message.reading, message.at, contexts[kind])],
    },
  };
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
  return message.state === "Charging" || message.state === "SuspendedEV"
    ? message.state
    : "EVConnected";
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

function answer(
  action: string,
  payload: Payload,
  station: StationControls,
): Payload | undefined {
  const evseId = numberField(payload, "evseId") ?? numberField(fieldOf(payload, "evse"), "id");
  switch (action) {
    case "RequestStartTransaction":
      return status(station.remoteStart({
        evseId,
        tokenUid: textField(fieldOf(payload, "idToken"), "idToken") ?? "",
        remoteStartId: numberField(payload, "remoteStartId"),
      }));
    case "RequestStopTransaction":
      return status(station.remoteStop(textField(payload, "transactionId") ?? ""));
    case "Reset":
      return { status: station.reset(fieldOf(payload, "type") === "Immediate") };
    case "UnlockConnector":
      return { status: unlockWord(station.unlock(evseId ?? 0)) };
    case "TriggerMessage":
      return {
        status: station.trigger(textField(payload, "requestedMessage") ?? "", evseId)
          ? "Accepted"
          : "NotImplemented",
      };
    case "ChangeAvailability":
      return {
        status: station.setOperative(
          evseId ?? 0,
          fieldOf(payload, "operationalStatus") === "Operative",
        ),
      };
    case "GetTransactionStatus":
      return transactionStatus(textField(payload, "transactionId"), station);
    default:
      return fixedAnswer(action, payload, station);
  }
}

function transactionStatus(wireId: string | undefined, station: StationControls): Payload {
  const { isOngoing, hasQueued } = station.transactionState(wireId);
  return {
    ...(wireId === undefined ? {} : { ongoingIndicator: isOngoing }),
    messagesInQueue: hasQueued,
  };
}

/** What this charger always says. */
function fixedAnswer(
  action: string,
  payload: Payload,
  station: StationControls,
): Payload | undefined {
  switch (action) {
    case "GetBaseReport":
      station.say(report(numberField(payload, "requestId") ?? 0, station));
      return { status: "Accepted" };
    case "GetVariables":
      return { getVariableResult: eachVariable(payload, "getVariableData") };
    case "SetVariables":
      return { setVariableResult: eachVariable(payload, "setVariableData") };
    case "ClearCache":
      return { status: "Accepted" };
    case "GetLocalListVersion":
      return { versionNumber: 0 };
    case "SendLocalList":
      return { status: "Failed" };
    case "SetChargingProfile":
    case "GetCompositeSchedule":
    case "ReserveNow":
    case "CancelReservation":
      return { status: "Rejected" };
    case "ClearChargingProfile":
      return { status: "Unknown" };
    case "GetChargingProfiles":
      return { status: "NoProfiles" };
    case "DataTransfer":
      return { status: "UnknownVendorId" };
    default:
      return undefined;
  }
}

/**
 * This charger's device model is what its report shows, and nothing of it can be set or asked one
 * by one.
 */
function eachVariable(payload: Payload, list: string): readonly Payload[] {
  const asked = fieldOf(payload, list);
  return (Array.isArray(asked) ? asked : []).map((one) => ({
    attributeStatus: "UnknownVariable",
    component: fieldOf(one, "component"),
    variable: fieldOf(one, "variable"),
  }));
}

function report(requestId: number, station: StationControls): Wire {
  const { nameplate } = station;
  const texts = { Model: nameplate.model, VendorName: nameplate.vendor };
  return {
    action: "NotifyReport",
    payload: {
      requestId,
      generatedAt: instantText(station.now()),
      seqNo: 0,
      tbc: false,
      reportData: Object.entries(texts).map(([name, value]) => ({
        component: { name: "ChargingStation" },
        variable: { name },
        variableAttribute: [{ type: "Actual", value, mutability: "ReadOnly" }],
        variableCharacteristics: { dataType: "string", supportsMonitoring: false },
      })),
    },
  };
}

function status(isAccepted: boolean): Payload {
  return { status: isAccepted ? "Accepted" : "Rejected" };
}

function unlockWord(outcome: ReturnType<StationControls["unlock"]>): string {
  return outcome === "OngoingTransaction" ? "OngoingAuthorizedTransaction" : outcome;
}
