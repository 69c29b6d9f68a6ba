/** What a functional block of the virtual charger is, and how its state is kept. */
import type { Payload } from "./dialect.ts";
import type { Outlet } from "./outlet.ts";
import type { Station } from "./station.ts";
import type { Answer } from "./station_socket.ts";
import type { Transaction } from "./transaction.ts";

/** A CALLERROR instead of an answer. */
export class Refusal {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

/** As the socket wants it. */
export function answerOf(answer: Payload | Refusal): Answer {
  return answer instanceof Refusal ? { code: answer.code } : { payload: answer };
}

/** What a charger answers to a CALL of the CSMS. */
export type Answering = (
  station: Station,
  payload: Payload,
) => Payload | Refusal | Promise<Payload>;

export type Answers = Readonly<Record<string, Answering>>;

export interface ChargerBlock {
  /** By action of OCPP 1.6. */
  readonly answers16?: Answers;
  /** By action of OCPP 2.x. */
  readonly answers2x?: Answers;
  /** What it makes of being triggered: by the message that is asked for. */
  readonly triggers?: Readonly<Record<string, Trigger>>;
  /** A transaction has begun or ended. */
  readonly began?: (station: Station, transaction: Transaction) => void;
  readonly ended?: (station: Station, transaction: Transaction) => void;
  /** Meters or sensors were read. */
  readonly felt?: (station: Station) => void;
  /** An outlet is in another state. */
  readonly changed?: (station: Station, outlet: Outlet) => void;
  /** Accepted by the CSMS. */
  readonly online?: (station: Station, afterBoot: boolean) => void;
}

/** False: asked for something that there is not. Tells by `station.reply`. */
export type Trigger = (station: Station, outlets: readonly Outlet[]) => boolean;

/** State of a block, made when first used: most chargers of a load test never need it. */
export class Part<State> {
  readonly #make: (station: Station) => State;
  readonly #made = new WeakMap<Station, State>();

  constructor(make: (station: Station) => State) {
    this.#make = make;
  }

  of(station: Station): State {
    const known = this.#made.get(station);
    if (known !== undefined) return known;
    const state = this.#make(station);
    this.#made.set(station, state);
    return state;
  }

  /** Undefined when it was not used yet. */
  ifMade(station: Station): State | undefined {
    return this.#made.get(station);
  }
}

export function accepted(isAccepted: boolean): Payload {
  return { status: isAccepted ? "Accepted" : "Rejected" };
}
