/** How reservations are shown, and where their bars lie on a line of time. Pure. */
import type { Reservation } from "./shapes.ts";
import type { Look } from "./status.ts";

const looks: Readonly<Record<Reservation["status"], Look>> = {
  pending: { word: "Asked", tone: "occupied", shape: "clock" },
  accepted: { word: "Reserved", tone: "reserved", shape: "diamond" },
  rejected: { word: "Refused", tone: "faulted", shape: "cross" },
  faulted: { word: "Refused: faulted", tone: "faulted", shape: "triangle" },
  occupied: { word: "Refused: occupied", tone: "faulted", shape: "half" },
  unavailable: { word: "Refused: unavailable", tone: "faulted", shape: "cross" },
  used: { word: "Used", tone: "available", shape: "check" },
  expired: { word: "Expired", tone: "off", shape: "clock" },
  cancelled: { word: "Cancelled", tone: "off", shape: "cross" },
};

export function lookOfReservation({ status }: Pick<Reservation, "status">): Look {
  return looks[status];
}

export function isOpen({ status }: Pick<Reservation, "status">): boolean {
  return status === "pending" || status === "accepted";
}

const connectorWords: Readonly<Record<string, string>> = {
  cCCS1: "CCS 1",
  cCCS2: "CCS 2",
  cG105: "CHAdeMO",
  cTesla: "Tesla",
  cType1: "Type 1 cable",
  cType2: "Type 2 cable",
  sType2: "Type 2 socket",
  sType3: "Type 3 socket",
  wInductive: "Inductive",
};

export function wordOfConnectorType(type: string): string {
  return connectorWords[type] ?? type;
}

/** `EVSE 2`, `any Type 2 cable`, `any connector`. */
export function placeOf({ evseId, connectorType }: Reservation): string {
  const any = connectorType === undefined ? "any connector" : wordOfConnectorType(connectorType);
  if (evseId !== null) return `EVSE ${evseId}`;
  return connectorType === undefined ? any : `any ${any}`;
}

/** What an operator should know of it besides its status, or undefined. */
export function remarkOf({ detail, cancellation }: Reservation): string | undefined {
  if (cancellation === undefined) return detail;
  if (cancellation.status === "pending") {
    return cancellation.detail ?? "The station is being asked to cancel it";
  }
  const why = cancellation.detail === undefined ? "" : `: ${lowerFirst(cancellation.detail)}`;
  return cancellation.status === "rejected"
    ? `The station did not cancel it${why}`
    : `Nobody knows whether it was cancelled${why}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

const HOUR_MS = 3_600_000;
const SHOWN_MS_MAX = 24 * HOUR_MS;

/** The time that is drawn: from just before now to the last expiry, an hour to a day. */
export function spanOf(reservations: readonly Reservation[], now: number): Span {
  const ends = reservations.map(({ expiresAt }) => Date.parse(expiresAt));
  const ahead = Math.max(HOUR_MS, ...ends.map((end) => end - now));
  const shown = Math.min(SHOWN_MS_MAX, ahead * 1.04);
  return { from: now - shown / 12, to: now + shown };
}

export interface Bar {
  /** Percent of the width. */
  readonly left: number;
  readonly width: number;
  /** It goes on beyond what is drawn. */
  readonly isCut: boolean;
}

export function barOf({ createdAt, expiresAt }: Reservation, { from, to }: Span): Bar {
  const begin = Math.min(Math.max(Date.parse(createdAt), from), to);
  const end = Math.min(Math.max(Date.parse(expiresAt), begin), to);
  const percent = (ms: number): number => 100 * ms / (to - from);
  return {
    left: percent(begin - from),
    width: percent(end - begin),
    isCut: Date.parse(expiresAt) > to,
  };
}

/** Whole hours, or quarters of them, that are marked: about `count`. */
export function marksOf({ from, to }: Span, count: number): readonly number[] {
  const steps = [0.25, 0.5, 1, 2, 3, 4, 6].map((hours) => hours * HOUR_MS);
  const step = steps.find((each) => (to - from) / each <= count) ?? 6 * HOUR_MS;
  // Whole hours of the browser's zone, whose offset is a multiple of a quarter.
  const offset = new Date(from).getTimezoneOffset() * 60_000;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const marks: number[] = [];
  for (let at = first; at < to; at += step) marks.push(at);
  return marks;
}
