/** What the api tells charger actors (header.type and body), and what comes back. */
import { type StationCommandKind, stationCommandKinds } from "#schemas/station_commands/mod.ts";
import type { EnergyPrice, Money } from "#schemas/rest/energy_price.ts";
import type { PasswordRecord, SecurityProfile } from "./gateway.ts";

export const registrations = ["Accepted", "Pending", "Rejected"] as const;
export type Registration = typeof registrations[number];

/** What an operator sets for a station. */
export interface StationSettings {
  readonly securityProfile: SecurityProfile;
  readonly locationId: string | null;
  readonly tags: readonly string[];
  /** The platform sends this station nothing on its own. */
  readonly quiet: boolean;
  readonly registration: Registration;
  readonly heartbeatIntervalSeconds: number;
  /**
   * How long it waits before it boots again while Pending or Rejected; null or absent = a minute or
   * two, spread by station.
   */
  readonly bootRetrySeconds?: number | null;
  /** False = free vend: any start is accepted. */
  readonly authorisationRequired: boolean;
  /** Free vend by its location, which tells each of its stations; not shown. */
  readonly isFreePlace?: boolean;
  /** The station's own; null or absent = that of its location, if it has one. */
  readonly energyPrice?: EnergyPrice | null;
  /** Of its location, which tells each of its stations; not shown. */
  readonly placePrice?: EnergyPrice | null;
}

/**
 * `station.register` creates (refused "conflict" when it exists), `station.import` creates or
 * replaces, `station.change` merges (refused "not-found" when absent), `station.remove` ends it and
 * closes its socket, `station.describe` is a question for a `StationDescription`.
 */
export interface StationRegister {
  readonly settings: Partial<StationSettings>;
  /** Undefined = leave as it is; the api has hashed it. */
  readonly password?: PasswordRecord | null;
}
export interface StationRegistered {
  readonly created: boolean;
  readonly station: StationDescription;
}

export interface ConnectorDescription {
  readonly connectorId: number;
  /** As the station sent it. */
  readonly status: string;
  readonly reportedAt: string;
}
export interface EvseDescription {
  readonly evseId: number;
  readonly connectors: readonly ConnectorDescription[];
}

/** One connection of a station, open or not. */
export interface SocketDescription {
  readonly gateway: string;
  /** Where it came from, as the gateway saw it. */
  readonly address: string;
  readonly openedAt: string;
  readonly closedAt: string | null;
  /** As a boot on this connection told. */
  readonly serialNumber: string | null;
}

/** A station as REST shows it (without `password`). */
export interface StationDescription extends StationSettings {
  readonly id: string;
  readonly createdAt: string;
  readonly presence: {
    readonly connected: boolean;
    readonly protocol: string | null;
    readonly lastSeenAt: string | null;
    /** The gateway that has its socket. */
    readonly gateway: string | null;
    readonly connectedAt: string | null;
    /** Its newest sockets, at most two, newest first. */
    readonly sockets: readonly SocketDescription[];
  };
  readonly boot: {
    readonly vendor: string | null;
    readonly model: string | null;
    readonly serialNumber: string | null;
    readonly firmwareVersion: string | null;
  };
  readonly evses: readonly EvseDescription[];
  readonly openSessions: readonly string[];
}

/** Kinds whose wording is in `schemas/command.ts` and the `commands.ts` of each version. */
export const basicKinds = [
  "remote-start",
  "remote-stop",
  "reset",
  "unlock",
  "trigger",
  "availability",
] as const;
export type BasicKind = typeof basicKinds[number];
export type CommandKind = BasicKind | StationCommandKind;
export const commandKinds: readonly CommandKind[] = [...basicKinds, ...stationCommandKinds];

export type CommandStatus =
  | "queued"
  | "sent"
  | "answered"
  | "accepted"
  | "rejected"
  | "failed"
  | "timedOut"
  | "expired"
  /** Gateway, socket or worker was lost in between: settled later by observation. */
  | "unknown";

/**
 * `call.request`: sends any CALL exactly as given, refused "conflict" when not connected,
 * "overloaded" when too many wait. `command.request`: a typed command; while the station is away it
 * waits `queueMs`, then it is `expired`. Both reply a `CommandDescription` after the commit; each
 * change of status is sent to the bus inbox `replyTo` (when given) as the JSON text of a
 * `CommandDescription`.
 */
export interface CallRequest {
  readonly id: string;
  readonly action: string;
  readonly payload: unknown;
  readonly timeoutMs: number;
  readonly replyTo?: string;
}
export interface CommandRequest {
  readonly id: string;
  readonly kind: CommandKind;
  /** As in design section 10, for example `{tokenUid, evseId?, chargingProfile?}`. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly batchId?: string;
  readonly timeoutMs: number;
  readonly queueMs: number;
  readonly replyTo?: string;
}

/**
 * `block.order`: a wish for a functional block that is kept until the station has it; reply as the
 * block says.
 */
export interface BlockOrder {
  readonly block: string;
  readonly order: unknown;
}

export interface CommandDescription {
  readonly id: string;
  readonly stationId: string;
  /** `call` for a raw call. */
  readonly kind: CommandKind | "call";
  readonly action: string;
  readonly status: CommandStatus;
  readonly response?: unknown;
  readonly error?: {
    readonly code: string;
    readonly description: string;
    readonly details: unknown;
  };
  readonly sessionId?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/**
 * `session.close-stale`: closes every open session with stopReason "Stale"; reply `{closed:
 * [ids]}`.
 */
export interface StaleClosed {
  readonly closed: readonly string[];
}

/**
 * `alert.acknowledge`, `alert.resolve` with body `{alertId}`; reply `AlertDescription`, refused
 * "not-found". Alerts live in the actor of their station; ids are `<stationKey>~a<n>`.
 */
export interface AlertDescription {
  readonly id: string;
  readonly kind: AlertKind;
  readonly stationId: string;
  readonly sessionId: string | null;
  readonly status: "open" | "acknowledged" | "resolved";
  readonly detail: string;
  readonly openedAt: string;
  readonly acknowledgedAt: string | null;
  readonly resolvedAt: string | null;
}
export const alertKinds = [
  "offline",
  "faulted",
  "bootLoop",
  "implausibleMeter",
  "stuckSession",
  "orphanedSession",
  "clockOff",
  "duplicateIdentity",
  "localListFailed",
  "stationEvent",
  "configurationDrift",
  "firmwareFailed",
  "securityEvent",
] as const;
export type AlertKind = typeof alertKinds[number];

/** To a session actor: `session.annotate`, body below; reply a `SessionDescription`. */
export interface SessionAnnotate {
  readonly annotation?: string | null;
  readonly billable?: boolean;
  /** Why it is not billable; asked for when billable is false. */
  readonly reason?: string;
}

/** A session as REST shows it. */
export interface SessionDescription {
  readonly id: string;
  readonly stationId: string;
  readonly evseId: number | null;
  readonly connectorId: number | null;
  readonly token: { readonly uid: string; readonly type: string } | null;
  readonly transactionId: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly meterStartWh: number | null;
  readonly meterStopWh: number | null;
  readonly energyWh: number;
  readonly stopReason: string | null;
  /** At the price that it began with; null = there was none. */
  readonly cost: Money | null;
  readonly status: "open" | "closed";
  readonly state: string;
  readonly billable: boolean;
  readonly annotation: string | null;
  readonly flags: readonly string[];
}
