/** What a session remembers, and what it hears. */
import type { LockedPrice } from "#actors/domain/energy_cost.ts";
import type { Progress } from "#actors/domain/progress.ts";
import { noProgress } from "#actors/domain/progress.ts";
import { type MeterRegister, openRegister } from "#actors/domain/register.ts";
import { emptySequence, type Sequence } from "#actors/domain/sequence.ts";
import type { OfType } from "#actors/turn.ts";
import type { ActorEvent } from "#engine/actor.ts";
import type { SessionAnnotate } from "#schemas/events/charger.ts";
import type { ChargingState, MeterValues, TransactionEvent } from "#schemas/events/station.ts";

/**
 * Where the session stands: a charging state of the standard, or ours before the start and after
 * the end.
 */
export type Phase = "new" | ChargingState | "messagesPending" | "complete";

export interface SessionContext {
  readonly tenant: string;
  /** `<stationKey>~<n>`. */
  readonly id: string;
  readonly stationId: string;
  readonly evseId: number | null;
  readonly connectorId: number | null;
  readonly token: { readonly uid: string; readonly type: string } | null;
  /** The token actor that counts this session; null = none does (any more). */
  readonly grantKey: string | null;
  readonly authorisationRequired: boolean;
  readonly transactionId: string;
  readonly family: "1.6" | "2.x";
  readonly createdAt: number;
  /** The station's time, or ours when its clock cannot have been right (rule T4). */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly phase: Phase;
  readonly stopReason: string | null;
  /** Closed by the platform; the station's own end may still come and takes over. */
  readonly isStale: boolean;
  readonly register: MeterRegister;
  readonly progress: Progress;
  readonly sequence: Sequence;
  readonly startedSeqNo: number | null;
  readonly endedSeqNo: number | null;
  /** The station's time of the newest transaction message. */
  readonly newestAt: number;
  /** Our time of the last message. */
  readonly heardAt: number;
  readonly messages: number;
  /** The newest meter message: its repeat is known by it. */
  readonly last: MessageMark | null;
  /** When the world was told its readings last. */
  readonly meteredAt: number;
  /** When its connector was said to be free while this was running. */
  readonly unpluggedAt: number | null;
  /** Alerts that the charger was asked to open, so that each is asked for once. */
  readonly alerted: readonly ("implausibleMeter" | "stuckSession")[];
  /** The station was asked for missing messages. */
  readonly hasAsked: boolean;
  /** Null = by what the meter and the messages say. */
  readonly billable: boolean | null;
  readonly reason: string | null;
  readonly annotation: string | null;
  readonly flags: readonly SessionFlag[];
  /** The price that it began with; null = none was set, or its start never came. */
  readonly price: LockedPrice | null;
  /** What the answer to its end has told: its repeat gets the same. */
  readonly toldCost: number | null;
}

export const sessionFlags = [
  /** No start came: begun by a later message. */
  "startMissing",
  /** Closed by a stop that named no transaction of ours (rule T5). */
  "matchedStop",
  /** A stop of a transaction that nobody knows (rule T5). */
  "orphan",
  /** The station let a driver charge whom we would have refused (rule U5). */
  "unauthorised",
  /** Messages are missing for good (rule U3). */
  "gaps",
  /** The station's own times could not be believed (rule T4). */
  "clockNeverSet",
  "clockAhead",
  "endBeforeStart",
] as const;
export type SessionFlag = typeof sessionFlags[number];

export interface MessageMark {
  readonly at: number;
  readonly count: number;
  readonly sum: number;
}

/** A transaction message as the charger hands it on. */
export type FromTransaction = TransactionEvent & {
  /** With the message that begins the session: what the charger decided. */
  readonly authorisation?: string | null;
  readonly grantKey?: string | null;
  readonly authorisationRequired?: boolean;
  readonly isOrphan?: boolean;
  /** It named another transaction, and was matched by what else it says. */
  readonly isMatched?: boolean;
  readonly price?: LockedPrice | null;
};

export type FromCharger =
  | { readonly type: "connector.status"; readonly status: string; readonly at: number }
  | { readonly type: "session.close"; readonly reason: string }
  /** The station is away: nothing can be said of the session's silence. */
  | { readonly type: "session.unheard" }
  /** The station's answer on whether it still holds messages. */
  | { readonly type: "session.messages"; readonly isWaiting: boolean };

export type Asked =
  | { readonly type: "session.describe" }
  | ({ readonly type: "session.annotate" } & SessionAnnotate);

/** The one alarm of a session: watches over a running one, waits for the rest of one that ended. */
export type Rung = { readonly type: "alarm.watch"; readonly due: number };

export type SessionEvent =
  & ActorEvent
  & (FromTransaction | MeterValues | FromCharger | Asked | Rung);

export type EventOf<Type extends SessionEvent["type"]> = OfType<SessionEvent, Type>;
export type TransactionMessage = EventOf<
  "TransactionEvent.Started" | "TransactionEvent.Updated" | "TransactionEvent.Ended"
>;

export function newSession(tenant: string, id: string, stationId: string): SessionContext {
  return {
    tenant,
    id,
    stationId,
    evseId: null,
    connectorId: null,
    token: null,
    grantKey: null,
    authorisationRequired: true,
    transactionId: "",
    family: "2.x",
    createdAt: 0,
    startedAt: 0,
    endedAt: null,
    phase: "new",
    stopReason: null,
    isStale: false,
    register: openRegister(null, 0),
    progress: noProgress,
    sequence: emptySequence,
    startedSeqNo: null,
    endedSeqNo: null,
    newestAt: 0,
    heardAt: 0,
    messages: 0,
    last: null,
    meteredAt: 0,
    unpluggedAt: null,
    alerted: [],
    hasAsked: false,
    billable: null,
    reason: null,
    annotation: null,
    flags: [],
    price: null,
    toldCost: null,
  };
}
