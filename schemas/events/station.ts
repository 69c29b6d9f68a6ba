/**
 * The inner language: what a station said, in OCPP 2.x terms whatever version it speaks. OCPP 1.6
 * is translated at the edge (`schemas/ocpp16`): connector n is EVSE n, connector 1; connector 0 is
 * evseId 0, connectorId 0 (the station). Instants are milliseconds since the epoch.
 */

/**
 * Energy in Wh, power in W, current in A, voltage in V, SoC in Percent, temperature in Celsius, …
 */
export interface Sample {
  readonly at: number;
  /** Default `Energy.Active.Import.Register` (rule M1). */
  readonly measurand: string;
  /** Absent = total or sum: never added to phases (rule M3). */
  readonly phase: string | null;
  /** Default `Sample.Periodic`. */
  readonly context: string;
  /** Default `Outlet`. */
  readonly location: string | null;
  readonly value: number;
  readonly unit: string;
  /** The signature that came with the value (2.x), as JSON text; null when unsigned. */
  readonly signed: string | null;
}

/**
 * A reading that is only known in signed form (1.6 format SignedData): it has no plain value, so it
 * is no `Sample` and cannot be taken for a register of 0.
 */
export interface SignedReading {
  readonly at: number;
  readonly measurand: string;
  readonly context: string;
  /** Byte for byte as received. */
  readonly signed: string;
}

/** What a message measured. */
export interface Readings {
  readonly samples: readonly Sample[];
  readonly signedReadings?: readonly SignedReading[];
  /** How many values could not be read and were left out; absent = none. */
  readonly unreadable?: number;
}

export interface IdToken {
  readonly uid: string;
  /** OCPP 2.x IdTokenEnum; null for 1.6, which does not tell. */
  readonly type: string | null;
}

export interface BootNotification {
  readonly type: "BootNotification";
  readonly vendor: string;
  readonly model: string;
  readonly serialNumber: string | null;
  readonly firmwareVersion: string | null;
  /** OCPP 2.x BootReasonEnum; null for 1.6. */
  readonly reason: string | null;
}
export interface Heartbeat {
  readonly type: "Heartbeat";
}
export interface StatusNotification {
  readonly type: "StatusNotification";
  readonly evseId: number;
  readonly connectorId: number;
  /** As the station sent it (1.6: nine values, 2.x: five; rules S1, S2). */
  readonly status: string;
  /** The station's time; null when it gave none. */
  readonly at: number | null;
  readonly errorCode: string | null;
  readonly info: string | null;
}
export interface Authorize {
  readonly type: "Authorize";
  readonly idToken: IdToken;
}

export const chargingStates = [
  "EVConnected",
  "Charging",
  "SuspendedEV",
  "SuspendedEVSE",
  "Idle",
] as const;
export type ChargingState = typeof chargingStates[number];

/** 1.6 StartTransaction/StopTransaction and 2.x TransactionEvent. */
export interface TransactionEvent extends Readings {
  readonly type:
    | "TransactionEvent.Started"
    | "TransactionEvent.Updated"
    | "TransactionEvent.Ended";
  readonly family: "1.6" | "2.x";
  /**
   * The station's id (2.x) or ours as text (1.6 stop); null for a 1.6 start. May be "-1" or "0" in
   * the field.
   */
  readonly transactionId: string | null;
  /** 2.x only. */
  readonly seqNo: number | null;
  /** The station's timestamp. */
  readonly at: number;
  readonly triggerReason: string;
  readonly chargingState: ChargingState | null;
  readonly stoppedReason: string | null;
  readonly offline: boolean;
  readonly evseId: number | null;
  readonly connectorId: number | null;
  readonly idToken: IdToken | null;
  readonly reservationId: number | null;
  readonly remoteStartId: number | null;
  /** 1.6 meterStart / meterStop as sent; 2.x has them as samples. */
  readonly meterStartWh: number | null;
  readonly meterStopWh: number | null;
}
export interface MeterValues extends Readings {
  readonly type: "MeterValues";
  readonly evseId: number;
  readonly connectorId: number | null;
  /** 1.6 only, as text; null when missing (rule T7). */
  readonly transactionId: string | null;
}
/**
 * Several connector statuses in one message: 2.x NotifyEvent on Connector.AvailabilityState (rule
 * S2).
 */
export interface StatusReports {
  readonly type: "StatusReports";
  readonly reports: readonly StatusNotification[];
}
/** Anything that is recorded and answered without behaviour of its own yet. */
export interface Notice {
  readonly type: "Notice";
  readonly action: string;
  readonly payload: unknown;
}

export type StationEvent =
  | BootNotification
  | Heartbeat
  | StatusNotification
  | StatusReports
  | Authorize
  | TransactionEvent
  | MeterValues
  | Notice;

/**
 * Accepted, Blocked, Expired, Invalid, ConcurrentTx, Unknown, … (OCPP 2.x AuthorizationStatusEnum).
 */
export interface IdTokenInfo {
  readonly status: string;
  readonly groupId: string | null;
  readonly expiresAt: string | null;
}

/** Replies of actors to station events, before `toResponse` gives them the version's form. */
export interface BootReply {
  readonly status: "Accepted" | "Pending" | "Rejected";
  /** Instant of the answer. */
  readonly currentTime: number;
  /** Seconds: heartbeat when Accepted, else the wait before the next boot (rule B3). */
  readonly interval: number;
}
export interface HeartbeatReply {
  readonly currentTime: number;
}
export interface AuthorizeReply {
  readonly idTokenInfo: IdTokenInfo;
}
export interface TransactionReply {
  /** 1.6 start: the id we gave (rule T3: always). */
  readonly transactionId: string | null;
  /** Exactly when the event carried an idToken (rule U6). */
  readonly idTokenInfo: IdTokenInfo | null;
  /**
   * 2.x Ended, when the cost is known: 0 = free, absent = unknown (rule U7). Currency units, with
   * taxes.
   */
  readonly totalCost?: number;
}
export type EmptyReply = Readonly<Record<string, never>>;
