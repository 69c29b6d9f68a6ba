/**
 * Where meter values and the roll-ups of energy are kept. `Handle` is the transaction in which the
 * journal's cursor moves: what is written by it is written exactly once.
 */
import type { Booked, QuarterShare } from "#actors/domain/energy_booking.ts";
import type { Sample } from "#schemas/events/station.ts";

/** The samples of one message. */
export interface MeteredMessage {
  readonly tenant: string;
  readonly stationId: string;
  /** Null = the station's own, outside any session. */
  readonly sessionId: string | null;
  /** Null = the message did not say. */
  readonly evseId: number | null;
  readonly connectorId: number | null;
  /** The journal row that it came by, which makes its values unique. */
  readonly shard: number;
  readonly seq: number;
  readonly samples: readonly Sample[];
  /** Energy of the session after this message, in Wh; null when the row does not tell. */
  readonly energyWh: number | null;
  /** Its power by then, also where the station reports none. */
  readonly powerW: number | null;
}

/** The newest readings of a running session. */
export interface SessionProgress {
  readonly tenant: string;
  readonly sessionId: string;
  /** The station's time of the newest sample, and of the oldest. */
  readonly at: number;
  readonly firstAt: number;
  readonly energyWh: number | null;
  readonly powerW: number | null;
  readonly currentA: number | null;
  readonly socPercent: number | null;
}

export interface SessionName {
  readonly tenant: string;
  readonly sessionId: string;
}

/** Up to when a session stands in the roll-ups; null: not at all. */
export interface BookedUntil extends SessionName {
  readonly bookedTo: number | null;
  readonly isFinal: boolean;
}

/** A reading that waits to be booked. */
export interface PendingReading {
  readonly at: number;
  readonly wh: number | null;
  /** The largest power since the last booking. */
  readonly peakW: number | null;
}

/** A session as it shows itself now, and what the roll-ups hold of it. */
export interface SessionEnergy extends SessionName {
  /** The newest reading, and the one before it. */
  readonly newest: PendingReading | null;
  readonly before: PendingReading | null;
  readonly startedAt: number;
  /** Null while it runs. */
  readonly endedAt: number | null;
  readonly energyWh: number;
  readonly booked: Booked | null;
}

/** What to add to the roll-ups of a session. */
export interface SessionShares extends SessionName {
  readonly stationId: string;
  readonly booked: Booked;
  readonly shares: readonly QuarterShare[];
}

export interface MeterStore<Handle> {
  /** Keeps messages, in order of shard and seq. One that the store refuses is left out alone. */
  keep(messages: readonly MeteredMessage[], handle: Handle): Promise<void>;
  /** Keeps what is newer than known; what is null leaves the known value. */
  keepProgress(
    progress: readonly SessionProgress[],
    handle: Handle,
  ): Promise<readonly BookedUntil[]>;
  /** Of those sessions that there are. */
  energyOf(sessions: readonly SessionName[], handle: Handle): Promise<readonly SessionEnergy[]>;
  /** Energy of a session by quarter, as booked. */
  quartersOf(
    session: SessionName & { readonly stationId: string },
    handle: Handle,
  ): Promise<readonly { readonly quarter: number; readonly wh: number }[]>;
  /** Adds to the roll-ups, and notes what is booked. A session is named once. */
  addShares(shares: readonly SessionShares[], handle: Handle): Promise<void>;
}
