/** What a charger actor remembers, and what it hears. Everything here has a bound. */
import { keepNewest, type OfType } from "#actors/turn.ts";
import type { ActorEvent, ViewRow } from "#engine/actor.ts";
import type {
  AlertKind,
  BlockOrder,
  CallRequest,
  CommandKind,
  CommandRequest,
  CommandStatus,
  StationRegister,
  StationSettings,
} from "#schemas/events/charger.ts";
import type {
  AuthenticateQuestion,
  GatewayLost,
  OcppAnswer,
  OcppProtocol,
  PasswordRecord,
  SocketAbsent,
  SocketOpened,
} from "#schemas/events/gateway.ts";
import type { StationEvent } from "#schemas/events/station.ts";
import { noChoice, type QuirkChoice } from "#schemas/quirks/find.ts";
import type { EnergyPrice } from "#schemas/rest/energy_price.ts";

export interface ChargerContext {
  readonly tenant: string;
  readonly stationId: string;
  /** `stationKey(stationId)`: what session and alert ids begin with. */
  readonly key: string;
  /** Null = not registered. */
  readonly createdAt: number | null;
  readonly settings: StationSettings;
  /** The current one, then the one before while a change is open. */
  readonly passwords: readonly PasswordRecord[];
  readonly link: Link | null;
  /** Its newest sockets, newest first, open or not. */
  readonly sockets: readonly SocketRecord[];
  /** Null = its sockets do not take the identity from each other. */
  readonly rivalry: Rivalry | null;
  /** Marks of its newest messages that changed something: a repeat changes nothing. */
  readonly marks: readonly number[];
  /** Counts connections; with the shard's epoch it makes the connection epoch. */
  readonly connections: number;
  /** The last protocol spoken: it outlives the connection, and queued commands are worded in it. */
  readonly protocol: OcppProtocol | null;
  /** By steps alone, so that facts are the same when they are replayed; see `heardAt`. */
  readonly lastSeenAt: number | null;
  /** The same, and by heartbeats, which leave no trace. */
  readonly heardAt: number;
  /** When its row was written last. */
  readonly shownAt: number;
  readonly boot: BootRecord | null;
  /** The newest boots, for the detection of boot loops. */
  readonly bootTimes: readonly number[];
  readonly connectors: readonly ConnectorRecord[];
  readonly open: readonly OpenSession[];
  readonly closed: readonly ClosedSession[];
  readonly refused: readonly RefusedStart[];
  readonly commands: readonly CommandRecord[];
  /**
   * Ids of the newest finished commands with their last status: a repeated request is not sent
   * again.
   */
  readonly finished: readonly FinishedCommand[];
  /** Hashes of the ids of more of them, for whoever asks again much later. */
  readonly spent: readonly number[];
  readonly awaited: readonly AwaitedStart[];
  /** What we asked the station to send: let through although it is not accepted (rule B1). */
  readonly triggered: readonly Triggered[];
  readonly alerts: readonly AlertRecord[];
  /** What operators have said of its quirks. */
  readonly quirks: QuirkChoice;
  /** Names of blocks that go on when the station connects. */
  readonly waiting: readonly string[];
  readonly clock: ClockEvidence;
  readonly counts: {
    readonly sessions: number;
    readonly alerts: number;
    readonly remoteStarts: number;
    readonly ownCalls: number;
    /** Numbers drawn for `requestId` and the like. */
    readonly requests?: number;
  };
  /** Rows of read models that the last step changed; not stored. */
  readonly rows: readonly ViewRow[];
}

export interface Link {
  readonly gateway: string;
  readonly protocol: OcppProtocol;
  readonly epoch: string;
  readonly openedAt: number;
  /** Of its certificate; null below security profile 3. */
  readonly commonName: string | null;
  /** Whether the station has booted on this connection. */
  readonly hasBooted: boolean;
}

export interface SocketRecord {
  /** As its gateway names it; empty when it gave no name. */
  readonly socket: string;
  readonly gateway: string;
  readonly epoch: string;
  readonly address: string;
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** As a boot on this connection told. */
  readonly serialNumber: string | null;
  /** Whether it took the identity from another device, as far as one can see. */
  readonly isRival: boolean;
}

/** Sockets that take the identity from each other in turns. */
export interface Rivalry {
  readonly turns: number;
  readonly lastAt: number;
}

export interface BootRecord {
  readonly vendor: string;
  readonly model: string;
  readonly serialNumber: string | null;
  readonly firmwareVersion: string | null;
}

export interface ConnectorRecord {
  readonly evseId: number;
  readonly connectorId: number;
  /** As the station sent it. */
  readonly status: string;
  readonly errorCode: string | null;
  /** The station's time of it, which orders reports (rule S4). */
  readonly stationAt: number | null;
  /** The station's time, or ours when it gave none. */
  readonly reportedAt: number;
}

export interface OpenSession {
  /** Session `<key>~<n>`. */
  readonly n: number;
  readonly transactionId: string;
  readonly evseId: number | null;
  readonly connectorId: number | null;
  /**
   * Digest of the 1.6 start's identity (rule T2); null for 2.x, whose key is the transaction id.
   */
  readonly startDigest: string | null;
  readonly tokenUid: string | null;
  readonly meterStartWh: number | null;
  readonly startedAt: number;
}

export interface ClosedSession {
  readonly n: number;
  /** As `closedKey` gives it. */
  readonly transactionId: string;
  readonly startDigest: string | null;
}

/** A start that made no session (rule T3): its later messages are answered and make none either. */
export interface RefusedStart {
  readonly transactionId: string;
  readonly startDigest: string | null;
  readonly status: string;
}

export interface CommandRecord {
  readonly id: string;
  readonly kind: CommandKind | "call";
  readonly action: string;
  readonly status: CommandStatus;
  readonly createdAt: number;
  /** When its present wait is over: the queue's, the station's answer, or that of a late one. */
  readonly deadline: number;
  readonly timeoutMs: number;
  readonly replyTo: string | null;
  readonly batchId: string | null;
  /** The body of a typed command, while it waits for a connection. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** Of a remote start: it leads to the session. */
  readonly remoteStartId: number | null;
  readonly tokenType: string | null;
  readonly sessionId: string | null;
  /** A CALL of the platform's own: no row, no fact, nobody waits. Its body is the payload. */
  readonly isOwn: boolean;
  /** Which of its CALLs is with the station, from 0; and how many it has. */
  readonly part: number;
  readonly parts: number;
}

export interface FinishedCommand {
  readonly id: string;
  readonly kind: CommandKind | "call";
  readonly action: string;
  readonly status: CommandStatus;
  readonly createdAt: number;
}

/** A remote start whose session has not come yet, with what is needed to tell of it. */
export interface AwaitedStart {
  readonly id: string;
  readonly kind: "remote-start";
  readonly action: string;
  readonly status: "accepted";
  readonly createdAt: number;
  readonly replyTo: string | null;
  readonly batchId: string | null;
  readonly remoteStartId: number;
  readonly tokenUid: string;
  readonly evseId: number | null;
  readonly until: number;
}

export interface Triggered {
  readonly action: string;
  readonly until: number;
}

export interface AlertRecord {
  readonly n: number;
  readonly kind: AlertKind;
  readonly sessionId: string | null;
  readonly detail: string;
  readonly openedAt: number;
  readonly acknowledgedAt: number | null;
}

export interface ClockEvidence {
  /** Station time minus ours at the last timestamp that says something; null = none yet. */
  readonly offsetMs: number | null;
  /** How many timestamps in a row were late by more than we bear. */
  readonly lateInARow: number;
}

/** A message of the station with what the transport knows of it. */
export type FromStation = StationEvent & {
  readonly protocol: OcppProtocol;
  readonly messageId: string;
  readonly action: string;
  readonly receivedAt: number;
  /** Of the connection that brought it. */
  readonly epoch: string;
  /** Of its cause: a message that is delivered again has the same. */
  readonly mark: number;
};

/** What sessions tell their charger within the same commit. */
export type FromSession =
  | {
    readonly type: "session.alert";
    readonly kind: "implausibleMeter" | "stuckSession";
    readonly sessionId: string;
    readonly detail: string;
    /** Of its meter. */
    readonly flags?: readonly string[];
  }
  | { readonly type: "session.recovered"; readonly sessionId: string }
  | {
    readonly type: "session.incomplete";
    readonly sessionId: string;
    readonly transactionId: string;
  };

export type Told =
  | ({ readonly type: "station.import" | "station.change" } & StationRegister)
  | ({ readonly type: "station.register"; readonly mark: number } & StationRegister)
  | { readonly type: "station.remove"; readonly mark: number }
  | ({ readonly type: "socket.opened" } & SocketOpened)
  | {
    readonly type: "socket.closed";
    readonly epoch: string;
    readonly socket?: string;
    readonly code: number;
    readonly reason: string;
  }
  | ({ readonly type: "socket.absent" } & SocketAbsent)
  | ({ readonly type: "gateway.lost" } & GatewayLost)
  | ({ readonly type: "call.request" } & CallRequest)
  | ({ readonly type: "command.request" } & CommandRequest)
  | (
    & { readonly type: "ocpp.answer"; readonly messageId: string; readonly late?: boolean }
    & OcppAnswer
  )
  | { readonly type: "session.close-stale" }
  | ({ readonly type: "block.order" } & BlockOrder)
  | { readonly type: "configuration.check" }
  | { readonly type: "alert.acknowledge" | "alert.resolve"; readonly alertId: string };

export type Asked =
  | { readonly type: "station.describe" }
  | ({ readonly type: "socket.authenticate" } & AuthenticateQuestion);

/**
 * Alarms of a charger. `due` tells how late it rings: time in which we did not listen does not
 * count.
 */
export type Rung = {
  readonly type: "alarm.offline" | "alarm.commands" | "alarm.rivals" | "alarm.configuration";
  readonly due: number;
};

export type ChargerEvent = ActorEvent & (FromStation | FromSession | Told | Asked | Rung);

/** The events of the given types. */
export type EventOf<Type extends ChargerEvent["type"]> = OfType<ChargerEvent, Type>;

export const settingsDefault: StationSettings = {
  securityProfile: 0,
  locationId: null,
  tags: [],
  quiet: false,
  registration: "Accepted",
  heartbeatIntervalSeconds: 300,
  authorisationRequired: true,
};

/** A message is delivered again within seconds: a station sends few in between. */
const MARKS_MAX = 8;

/** Remote starts whose sessions are still expected. */
export const AWAITED_MAX = 8;

/** Commands that have ended and of which more is known than that. */
export const FINISHED_MAX = 6;

/** All commands that are open may end at once before a request of theirs comes a second time. */
export const SPENT_MAX = 38;

export function withMark(marks: readonly number[], mark: number): readonly number[] {
  return keepNewest(marks, mark, MARKS_MAX);
}

/** Whether a start at this station needs a token that may charge. */
export function needsToken(settings: StationSettings): boolean {
  return settings.authorisationRequired && settings.isFreePlace !== true;
}

/** What energy costs here: the station's own price comes first. */
export function energyPrice({ energyPrice, placePrice }: StationSettings): EnergyPrice | null {
  return energyPrice ?? placePrice ?? null;
}

export function newCharger(tenant: string, stationId: string, key: string): ChargerContext {
  return {
    tenant,
    stationId,
    key,
    createdAt: null,
    settings: settingsDefault,
    passwords: [],
    link: null,
    sockets: [],
    rivalry: null,
    marks: [],
    connections: 0,
    protocol: null,
    lastSeenAt: null,
    heardAt: 0,
    shownAt: 0,
    boot: null,
    bootTimes: [],
    connectors: [],
    open: [],
    closed: [],
    refused: [],
    commands: [],
    finished: [],
    spent: [],
    awaited: [],
    triggered: [],
    alerts: [],
    quirks: noChoice,
    waiting: [],
    clock: { offsetMs: null, lateInARow: 0 },
    counts: { sessions: 0, alerts: 0, remoteStarts: 0, ownCalls: 0 },
    rows: [],
  };
}
