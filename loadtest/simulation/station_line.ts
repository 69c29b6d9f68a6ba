/**
 * A station's lane of CALLs: one at a time, in order, each until it is answered. Messages about
 * transactions survive a loss of power; all others are forgotten then.
 */
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { SimSocket } from "./sim_socket.ts";
import type { Clock } from "#engine/ports/clock.ts";

/** A message as the station keeps it. Its content is made when its turn comes, once. */
export interface Message {
  readonly make: () => readonly [string, object];
  /** Of a transaction: never given up. */
  readonly isKept: boolean;
  readonly take: (response: unknown) => void;
}

interface Sent {
  readonly message: Message;
  readonly action: string;
  readonly body: string;
  readonly id: string;
  tries: number;
  /** It left at least once, on this socket or an earlier one. */
  hasLeft: boolean;
}

export interface LineWitness {
  /** A CALL that is on its way under this id. */
  called(identity: string, id: string, action: string, body: string): void;
  answered(identity: string, call: CalledMessage, response: unknown): void;
  refused(identity: string, call: CalledMessage, code: string): void;
}

export interface CalledMessage {
  readonly action: string;
  readonly body: string;
}

export interface StationLineParts {
  readonly identity: string;
  readonly protocol: OcppProtocol;
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly witness: LineWitness;
  /** The socket is of no use any more: a CALL on it was not answered again and again. */
  readonly giveUp: () => void;
  readonly patienceMs: number;
}

const TRIES_MAX = 3;
const QUEUE_MAX = 400;

export class StationLine {
  readonly #parts: StationLineParts;
  readonly #queue: Message[] = [];
  #current: Sent | undefined;
  #socket: SimSocket | undefined;
  #ids = 0;
  #cancel = (): void => {};

  constructor(parts: StationLineParts) {
    this.#parts = parts;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#current === undefined;
  }

  get hasKept(): boolean {
    return this.#current?.message.isKept === true || this.#queue.some(({ isKept }) => isKept);
  }

  /** A new message id: stations count. */
  nextId(): string {
    return `m${++this.#ids}`;
  }

  offer(message: Message): void {
    if (!message.isKept && this.#queue.length > QUEUE_MAX) return;
    this.#queue.push(message);
    this.#sendNext();
  }

  /** Before everything else: a station boots before it tells what it kept. */
  offerFirst(message: Message): void {
    this.#queue.unshift(message);
    this.#sendNext();
  }

  /** A socket is there, or (undefined) none any more; what was not answered is sent again. */
  use(socket: SimSocket | undefined): void {
    this.#socket = socket;
    this.#cancel();
    if (socket === undefined) return;
    if (this.#current !== undefined) this.#current.tries = 0;
    this.#sendNext();
  }

  /** Power is gone. */
  lose(): void {
    this.#cancel();
    this.#socket = undefined;
    if (this.#current?.message.isKept === false) this.#current = undefined;
    const kept = this.#queue.filter(({ isKept }) => isKept);
    this.#queue.splice(0, this.#queue.length, ...kept);
  }

  /** A CALLRESULT or CALLERROR. */
  settle(id: string, outcome: { response: unknown } | { code: string }): void {
    const sent = this.#current;
    if (sent === undefined || !this.#isOf(sent, id)) return;
    const { witness, identity } = this.#parts;
    this.#cancel();
    this.#current = undefined;
    if ("response" in outcome) {
      witness.answered(identity, sent, outcome.response);
      sent.message.take(outcome.response);
    } else witness.refused(identity, sent, outcome.code);
    this.#sendNext();
  }

  #isOf({ id }: Sent, answered: string): boolean {
    return answered === id || answered.startsWith(`${id}.`);
  }

  #sendNext(): void {
    if (this.#socket?.isOpen !== true) return;
    if (this.#current === undefined) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      const [action, payload] = message.make();
      const body = JSON.stringify(payload);
      this.#current = { message, action, body, id: this.nextId(), tries: 0, hasLeft: false };
    } else if (this.#current.tries > 0) return;
    this.#send(this.#current);
  }

  /** Some stations keep the id of what they send again, some take a new one. */
  #send(sent: Sent): void {
    const { clock, random, witness, identity, giveUp, patienceMs } = this.#parts;
    sent.tries++;
    const id = sent.hasLeft && random.chance(0.5) ? `${sent.id}.${this.nextId()}` : sent.id;
    sent.hasLeft = true;
    witness.called(identity, id, sent.action, sent.body);
    this.#socket?.send(`[2,"${id}","${sent.action}",${sent.body}]`);
    this.#cancel = clock.schedule(patienceMs, () => {
      if (sent.tries < TRIES_MAX) return this.#send(sent);
      giveUp();
    });
  }
}
