/**
 * How a connector's status is shown: a word, a tone and a shape, so that colour never tells alone.
 * The status itself stays as the station sent it (OCPP 1.6 knows nine, 2.x five).
 */
import type { Alert, CommandStatus, Evse, Session, Station } from "./shapes.ts";

export type Tone =
  | "available"
  | "charging"
  | "occupied"
  | "suspended"
  | "reserved"
  | "faulted"
  | "off";
export type Shape =
  | "circle"
  | "bolt"
  | "half"
  | "pause"
  | "diamond"
  | "triangle"
  | "cross"
  | "dotted"
  | "check"
  | "clock";

export interface Look {
  readonly word: string;
  readonly tone: Tone;
  readonly shape: Shape;
}

const looks: Readonly<Record<string, Look>> = {
  Available: { word: "Available", tone: "available", shape: "circle" },
  Charging: { word: "Charging", tone: "charging", shape: "bolt" },
  Preparing: { word: "Preparing", tone: "occupied", shape: "half" },
  Occupied: { word: "Occupied", tone: "occupied", shape: "half" },
  EVConnected: { word: "Plugged in", tone: "occupied", shape: "half" },
  Idle: { word: "Idle", tone: "occupied", shape: "half" },
  Finishing: { word: "Finishing", tone: "occupied", shape: "half" },
  SuspendedEV: { word: "Paused by car", tone: "suspended", shape: "pause" },
  SuspendedEVSE: { word: "Paused by station", tone: "suspended", shape: "pause" },
  Reserved: { word: "Reserved", tone: "reserved", shape: "diamond" },
  Unavailable: { word: "Unavailable", tone: "off", shape: "cross" },
  Faulted: { word: "Faulted", tone: "faulted", shape: "triangle" },
};

export function lookOfStatus(status: string): Look {
  return looks[status] ?? { word: status, tone: "off", shape: "dotted" };
}

/**
 * A 2.x connector says only `Occupied`; whether energy flows is told by its session.
 * A connector that the station calls anything else is shown as the station says.
 */
export function lookOfConnector(status: string, session: Session | undefined): Look {
  if (status !== "Occupied" || session === undefined || session.status !== "open") {
    return lookOfStatus(status);
  }
  return looks[session.state] ?? lookOfStatus(status);
}

export function lookOfSession(session: Pick<Session, "status" | "state">): Look {
  if (session.status === "closed") return { word: "Ended", tone: "off", shape: "check" };
  return looks[session.state] ?? { word: session.state, tone: "charging", shape: "bolt" };
}

export function lookOfAlert(status: Alert["status"]): Look {
  if (status === "open") return { word: "Open", tone: "faulted", shape: "triangle" };
  if (status === "acknowledged") return { word: "Acknowledged", tone: "occupied", shape: "half" };
  return { word: "Resolved", tone: "available", shape: "check" };
}

const commandLooks: Readonly<Record<CommandStatus, Look>> = {
  queued: { word: "Queued", tone: "occupied", shape: "clock" },
  sent: { word: "Sent", tone: "charging", shape: "half" },
  answered: { word: "Answered", tone: "available", shape: "check" },
  accepted: { word: "Accepted", tone: "available", shape: "check" },
  rejected: { word: "Rejected", tone: "faulted", shape: "cross" },
  failed: { word: "Failed", tone: "faulted", shape: "triangle" },
  timedOut: { word: "No answer", tone: "faulted", shape: "clock" },
  expired: { word: "Expired", tone: "off", shape: "clock" },
  unknown: { word: "Unknown", tone: "suspended", shape: "dotted" },
};

export function lookOfCommand(status: CommandStatus): Look {
  return commandLooks[status];
}

export function isFinal(status: CommandStatus): boolean {
  return status !== "queued" && status !== "sent";
}

export function lookOfToken(status: string): Look {
  if (status === "Accepted") return { word: "Accepted", tone: "available", shape: "check" };
  if (status === "Blocked") return { word: "Blocked", tone: "faulted", shape: "cross" };
  return { word: status, tone: "off", shape: "clock" };
}

/** EVSEs that a car can use: 1.6 connector 0 is the station itself. */
export function chargingEvses(station: Station): readonly Evse[] {
  return station.evses.filter((evse) => evse.evseId > 0);
}

/** What the station says about itself (1.6 connector 0), when that is worth showing. */
export function stationStatus(station: Station): string | undefined {
  const status = station.evses.find((evse) => evse.evseId === 0)?.connectors[0]?.status;
  return status === "Available" ? undefined : status;
}

/** `1` for EVSE 1 with one connector, `1.2` for the second connector of EVSE 1. */
export function connectorName(evse: Evse, connectorId: number): string {
  return evse.connectors.length > 1 ? `${evse.evseId}.${connectorId}` : String(evse.evseId);
}
