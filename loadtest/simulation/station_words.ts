/** What a station says, in the words of its version. Content is made once: repeats are the same. */
import type { OcppProtocol } from "#schemas/events/gateway.ts";

export interface Charge {
  readonly id: string;
  readonly uid: string;
  readonly startWh: number;
  readonly startedAt: string;
  readonly remoteStartId: number | null;
}

export interface Told {
  readonly at: string;
  readonly wh: number;
  readonly seqNo: number;
  readonly offline: boolean;
  readonly reason: string;
}

export interface StationWords {
  boot(): readonly [string, object];
  status(status: string, at: string, info?: string): readonly [string, object];
  start(charge: Charge, offline: boolean): readonly [string, object];
  meter(charge: Charge, transactionId: string, told: Told): readonly [string, object];
  stop(charge: Charge, transactionId: string, told: Told): readonly [string, object];
  authorize(uid: string): readonly [string, object];
}

const words16: StationWords = {
  boot: () => ["BootNotification", { chargePointVendor: "Sim", chargePointModel: "S1" }],
  status: (status, timestamp, info) => [
    "StatusNotification",
    {
      connectorId: 1,
      errorCode: "NoError",
      status,
      timestamp,
      ...(info === undefined ? {} : { info }),
    },
  ],
  start: ({ uid, startWh, startedAt }) => [
    "StartTransaction",
    { connectorId: 1, idTag: uid, meterStart: startWh, timestamp: startedAt },
  ],
  meter: (_charge, transactionId, { at, wh }) => [
    "MeterValues",
    {
      connectorId: 1,
      transactionId: Number(transactionId),
      meterValue: [{ timestamp: at, sampledValue: [{ value: `${wh}` }] }],
    },
  ],
  stop: (_charge, transactionId, { at, wh, reason }) => [
    "StopTransaction",
    { transactionId: Number(transactionId), meterStop: wh, timestamp: at, reason },
  ],
  authorize: (idTag) => ["Authorize", { idTag }],
};

const words201: StationWords = {
  boot: () => [
    "BootNotification",
    { reason: "PowerUp", chargingStation: { vendorName: "Sim", model: "S2" } },
  ],
  status: (status, timestamp) => [
    "StatusNotification",
    { timestamp, connectorStatus: statuses201[status] ?? "Available", evseId: 1, connectorId: 1 },
  ],
  start: ({ id, uid, startWh, startedAt, remoteStartId }, offline) => [
    "TransactionEvent",
    {
      eventType: "Started",
      timestamp: startedAt,
      triggerReason: remoteStartId === null ? "Authorized" : "RemoteStart",
      seqNo: 0,
      ...(offline ? { offline } : {}),
      transactionInfo: {
        transactionId: id,
        chargingState: "Charging",
        ...(remoteStartId === null ? {} : { remoteStartId }),
      },
      evse: { id: 1, connectorId: 1 },
      idToken: { idToken: uid, type: "ISO14443" },
      meterValue: meterValue(startedAt, startWh, "Transaction.Begin"),
    },
  ],
  meter: ({ id }, _transactionId, told) => [
    "TransactionEvent",
    {
      ...event201("Updated", "MeterValuePeriodic", told),
      transactionInfo: { transactionId: id, chargingState: "Charging" },
      meterValue: meterValue(told.at, told.wh, "Sample.Periodic"),
    },
  ],
  stop: ({ id }, _transactionId, told) => [
    "TransactionEvent",
    {
      ...event201("Ended", "EVDeparted", told),
      transactionInfo: { transactionId: id, stoppedReason: told.reason },
      meterValue: meterValue(told.at, told.wh, "Transaction.End"),
    },
  ],
  authorize: (uid) => ["Authorize", { idToken: { idToken: uid, type: "ISO14443" } }],
};

const statuses201: Readonly<Record<string, string>> = {
  Charging: "Occupied",
  Preparing: "Occupied",
  Faulted: "Faulted",
};

function event201(eventType: string, triggerReason: string, told: Told): object {
  const { at, seqNo, offline } = told;
  return { eventType, timestamp: at, triggerReason, seqNo, ...(offline ? { offline } : {}) };
}

function meterValue(timestamp: string, value: number, context: string): readonly object[] {
  return [{ timestamp, sampledValue: [{ value, context }] }];
}

export function stationWords(protocol: OcppProtocol): StationWords {
  return protocol === "ocpp1.6" ? words16 : words201;
}

/** Whether the platform let the card charge. */
export function isAccepted(response: unknown): boolean {
  const { idTagInfo, idTokenInfo } = response as {
    idTagInfo?: { status: string };
    idTokenInfo?: { status: string };
  };
  const status = (idTagInfo ?? idTokenInfo)?.status;
  return status === undefined || status === "Accepted";
}
