import { randomUUID } from "node:crypto";
import type { Payload } from "./recording.ts";
import type { ScriptedStation } from "./scripted_station.ts";

export type EventType = "Started" | "Updated" | "Ended";

export interface EventWords {
  readonly chargingState?: "Charging" | "EVConnected" | "SuspendedEV" | "SuspendedEVSE" | "Idle";
  readonly idToken?: Payload;
  readonly stoppedReason?: string;
  readonly remoteStartId?: number;
  readonly offline?: boolean;
  /** Register in Wh; left out = an event without readings. */
  readonly wh?: number;
  /** Of that reading; by default what the kind of event says. */
  readonly context?: string;
  /** More fields of the sampled value, for example a signed one. */
  readonly sampled?: Payload;
  /** Named in the first event unless false; true names it again. */
  readonly evse?: boolean;
  readonly at?: Date;
}

export interface EventAnswer {
  readonly idTokenInfo?: {
    readonly status: string;
    readonly groupIdToken?: { readonly idToken: string; readonly type: string };
  };
  readonly totalCost?: number;
}

const contexts: Readonly<Record<EventType, string>> = {
  Started: "Transaction.Begin",
  Updated: "Sample.Periodic",
  Ended: "Transaction.End",
};

export interface Place {
  readonly evseId?: number;
  readonly connectorId?: number;
}

/** One transaction of a 2.x station: numbers its events and names its EVSE once (rule U4). */
export class Transaction2x {
  readonly id = randomUUID();
  readonly evseId: number;
  readonly connectorId: number;
  seqNo = 0;
  readonly #station: ScriptedStation;
  #isPlaced = false;

  constructor(station: ScriptedStation, { evseId = 1, connectorId = 1 }: Place = {}) {
    this.#station = station;
    this.evseId = evseId;
    this.connectorId = connectorId;
  }

  started(triggerReason: string, words: EventWords = {}): Promise<EventAnswer> {
    return this.event("Started", triggerReason, words);
  }

  updated(triggerReason: string, words: EventWords = {}): Promise<EventAnswer> {
    return this.event("Updated", triggerReason, words);
  }

  ended(triggerReason: string, words: EventWords = {}): Promise<EventAnswer> {
    return this.event("Ended", triggerReason, words);
  }

  event(type: EventType, triggerReason: string, words: EventWords): Promise<EventAnswer> {
    return this.#station.call("TransactionEvent", this.payload(type, triggerReason, words));
  }

  /** The next event of the transaction, not sent: for what a station queues. */
  payload(eventType: EventType, triggerReason: string, words: EventWords = {}): Payload {
    const { chargingState, idToken, stoppedReason, remoteStartId, offline, wh } = words;
    const timestamp = (words.at ?? new Date()).toISOString();
    const isPlacedNow = words.evse ?? !this.#isPlaced;
    if (isPlacedNow) this.#isPlaced = true;
    return {
      eventType,
      timestamp,
      triggerReason,
      seqNo: this.seqNo++,
      transactionInfo: {
        transactionId: this.id,
        ...(chargingState === undefined ? {} : { chargingState }),
        ...(stoppedReason === undefined ? {} : { stoppedReason }),
        ...(remoteStartId === undefined ? {} : { remoteStartId }),
      },
      ...(offline === undefined ? {} : { offline }),
      ...(idToken === undefined ? {} : { idToken }),
      ...(isPlacedNow ? { evse: { id: this.evseId, connectorId: this.connectorId } } : {}),
      ...(wh === undefined ? {} : {
        meterValue: [registerReading(wh, words.context ?? contexts[eventType], {
          timestamp,
          ...words.sampled,
        })],
      }),
    };
  }
}

/** A MeterValue with the register in Wh; `more` may hold its timestamp and more of the sample. */
export function registerReading(
  wh: number,
  context: string,
  { timestamp = new Date().toISOString(), ...more }: Payload = {},
): Payload {
  return {
    timestamp,
    sampledValue: [{
      value: wh,
      context,
      measurand: "Energy.Active.Import.Register",
      location: "Outlet",
      unitOfMeasure: { unit: "Wh" },
      ...more,
    }],
  };
}
