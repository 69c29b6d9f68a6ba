/**
 * What reported connector statuses mean. The words are the station's: nine of 1.6, five of 2.x (S1,
 * S2).
 */
import type { ChargingState } from "#schemas/events/station.ts";

/** Rule S4: the station's time orders reports; one without a time is as new as its arrival. */
export function isNewer(
  reportedAt: number | null,
  knownAt: number | null,
): boolean {
  if (reportedAt === null || knownAt === null) return true;
  return reportedAt >= knownAt;
}

/** What a driver who looks for a free connector may be offered. */
export function isAvailable(status: string, isReachable: boolean): boolean {
  return isReachable && status === "Available";
}

export const ocpiStatuses = [
  "AVAILABLE",
  "BLOCKED",
  "CHARGING",
  "INOPERATIVE",
  "OUTOFORDER",
  "RESERVED",
  "UNKNOWN",
] as const;
export type OcpiStatus = typeof ocpiStatuses[number];

/** Statuses that are the same whether a session is there or not. Others are unknown to us. */
const ocpiByStatus: ReadonlyMap<string, OcpiStatus> = new Map(Object.entries({
  Available: "AVAILABLE",
  Charging: "CHARGING",
  SuspendedEV: "CHARGING",
  SuspendedEVSE: "CHARGING",
  Reserved: "RESERVED",
  Unavailable: "INOPERATIVE",
  Faulted: "OUTOFORDER",
}));

/** Somebody stands there: before, after, or (2.x Occupied) during a session. */
const taken: ReadonlySet<string> = new Set(["Preparing", "Finishing", "Occupied"]);

export interface ConnectorView {
  readonly status: string;
  /** False = the station is offline: what it said last is no longer known to be true. */
  readonly isReachable: boolean;
  readonly hasSession: boolean;
}

/**
 * The OCPI EVSE status (rule S3). A taken connector without a session is BLOCKED, with one
 * CHARGING; offline is UNKNOWN, because a station that cannot be heard may well work.
 */
export function ocpiStatusOf({ status, isReachable, hasSession }: ConnectorView): OcpiStatus {
  if (!isReachable) return "UNKNOWN";
  if (taken.has(status)) return hasSession ? "CHARGING" : "BLOCKED";
  return ocpiByStatus.get(status) ?? "UNKNOWN";
}

/**
 * What a 1.6 status says about the transaction on its connector; null when it says nothing (rule
 * S1).
 */
const chargingStates: ReadonlyMap<string, ChargingState> = new Map(Object.entries({
  Preparing: "EVConnected",
  Charging: "Charging",
  SuspendedEV: "SuspendedEV",
  SuspendedEVSE: "SuspendedEVSE",
}));

export function chargingStateOf(status16: string): ChargingState | null {
  return chargingStates.get(status16) ?? null;
}
