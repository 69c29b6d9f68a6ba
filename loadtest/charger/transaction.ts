import type { Instant } from "#engine/ports/clock.ts";

/** What a virtual charger knows of its connectors and transactions, in words of no version. */

export type ConnectorState =
  | "Available"
  | "Preparing"
  | "Charging"
  | "SuspendedEV"
  | "SuspendedEVSE"
  | "Reserved"
  | "Finishing"
  | "Unavailable"
  | "Faulted";

/** OCPP 2.x ReasonEnum; 1.6 words it its own way. */
export type StopReason =
  | "Local"
  | "Remote"
  | "EVDisconnected"
  | "DeAuthorized"
  | "ImmediateReset"
  /** One that lets the transactions end in order. */
  | "Reset"
  | "Reboot"
  | "PowerLoss"
  | "EmergencyStop"
  /** 1.6 only. */
  | "UnlockCommand"
  | "Other";

export interface Reading {
  readonly registerWh: number;
  readonly powerW: number;
  readonly chargePercent: number | undefined;
}

/** A transaction as it really was: what a platform's session is compared with. */
export interface Transaction {
  readonly evseId: number;
  readonly tokenUid: string;
  readonly startedAt: Instant;
  readonly startWh: number;
  readonly remoteStartId: number | undefined;
  readonly reservationId: number | undefined;
  /** 2.x: made by the charger; 1.6: given by the CSMS with the answer to the start. */
  wireId: string | undefined;
  nextSeqNo: number;
  endedAt: Instant | undefined;
  stopWh: number | undefined;
  reason: StopReason | undefined;
  /** Its last message was answered. */
  isReported: boolean;
}

/** A message about a transaction: made when it happened, worded when it is sent. */
export interface TransactionMessage {
  readonly kind: "started" | "updated" | "ended";
  readonly transaction: Transaction;
  readonly at: Instant;
  readonly seqNo: number;
  readonly reading: Reading;
  /** Why there is this message: a state that changed, or a meter interval. */
  readonly cause: "began" | "stateChanged" | "interval" | "triggered" | "stopped";
  readonly state: ConnectorState;
  readonly isOffline: boolean;
  readonly messageId: string;
}

/** When what a message tells happened, where the transaction knows it. */
export function instantOf(
  cause: TransactionMessage["cause"],
  transaction: Transaction,
): Instant | undefined {
  if (cause === "began") return transaction.startedAt;
  return cause === "stopped" ? transaction.endedAt : undefined;
}
