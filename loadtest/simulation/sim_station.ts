/**
 * A charging station in virtual time: honest, forgetful of nothing it must keep, and with all the
 * bad luck that the seed has for it. What really happened is in `truth`.
 */
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { Clock } from "#engine/ports/clock.ts";
import { badFrame, POISON } from "./bad_frames.ts";
import type { SimSocket } from "./sim_socket.ts";
import { CommandDesk, type DeskWitness } from "./command_desk.ts";
import { type LineWitness, type Message, StationLine } from "./station_line.ts";
import { type Charge, isAccepted, stationWords } from "./station_words.ts";

/** One charge as it really was. */
export interface TrueSession {
  readonly station: string;
  readonly startWh: number;
  stopWh: number;
  /** What the platform said to the card; undefined: nothing yet. */
  isAccepted: boolean | undefined;
}

export interface StationWitness extends LineWitness, DeskWitness {
  /** A bad frame has left under this id. */
  sentBad(identity: string, id: string): void;
  answeredBad(identity: string, id: string): void;
}

export interface StationParts {
  readonly identity: string;
  readonly uid: string;
  readonly protocol: OcppProtocol;
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly witness: StationWitness;
  /** Asks some gateway for a socket. */
  readonly connect: (caller: StationParts, answer: (socket: SimSocket | undefined) => void) => void;
  /** Typical time between two things that happen here, in ms. */
  readonly paceMs: number;
}

interface Running {
  readonly charge: Charge;
  readonly truth: TrueSession;
  transactionId: string | undefined;
  seqNo: number;
}

export class SimStation {
  readonly truth: TrueSession[] = [];
  readonly #parts: StationParts;
  readonly #line: StationLine;
  readonly #desk: CommandDesk;
  #socket: SimSocket | undefined;
  #isConnecting = false;
  #isPowered = true;
  #hasBooted = false;
  #isEnding = false;
  #running: Running | undefined;
  #registerWh: number;
  #charges = 0;
  readonly #bad = new Set<string>();

  constructor(parts: StationParts) {
    const { identity, protocol, clock, random, witness } = parts;
    this.#parts = parts;
    this.#registerWh = random.integer(900_000);
    this.#line = new StationLine({
      ...{ identity, protocol, clock, random, witness },
      patienceMs: 1_500 + random.integer(20_000),
      giveUp: () => this.#drop(),
    });
    this.#desk = new CommandDesk({
      ...{ identity, protocol, clock, random, witness },
      answer: (text) => this.#socket?.send(text),
      ears: {
        start: (uid, remoteStartId) => this.#remoteStart(uid, remoteStartId),
        stop: (transactionId) => this.#remoteStop(transactionId),
        reset: () => void clock.schedule(1_000, () => this.#loseFor(500)),
        hasMessages: () => this.#line.hasKept,
      },
    });
    this.#live();
    this.#connect();
  }

  get identity(): string {
    return this.#parts.identity;
  }

  /** Whether it has a socket that it believes in. */
  get isConnected(): boolean {
    return this.#socket?.isOpen === true;
  }

  /** Nothing is charged, nothing waits to be told. */
  get isAtRest(): boolean {
    return this.#running === undefined && this.#line.isIdle && this.isConnected && this.#hasBooted;
  }

  /** From now on it only ends what it has begun. */
  finish(): void {
    this.#isEnding = true;
    this.#desk.isDiligent = true;
  }

  /** The network under its socket is gone; it notices by the silence. */
  cutNetwork(): void {
    this.#socket?.cut();
  }

  /** Things happen at random moments. */
  #live(): void {
    const { clock, random, paceMs } = this.#parts;
    clock.schedule(paceMs * (0.2 + 1.6 * random.fraction()), () => {
      this.#live();
      if (this.#isPowered) this.#act();
    });
  }

  #act(): void {
    const { random } = this.#parts;
    if (this.#isEnding) {
      if (this.#running !== undefined) this.#stop("Local");
      // Whoever says nothing never learns that its socket is dead.
      this.#say(["Heartbeat", {}]);
      this.#connect();
      return;
    }
    const drawn = random.fraction();
    if (drawn < 0.02) this.#loseFor(random.fraction() * 20_000);
    else if (drawn < 0.05) this.cutNetwork();
    else if (drawn < 0.07) this.#drop();
    else if (drawn < 0.09) this.#openSecond();
    else if (drawn < 0.13) this.#misbehave();
    else if (drawn < 0.23) this.#say(["Heartbeat", {}]);
    else if (drawn < 0.24) this.#report("Preparing", POISON);
    else if (drawn < 0.30) this.#report(random.chance(0.5) ? "Faulted" : "Preparing");
    else if (drawn < 0.34) this.#say(stationWords(this.#parts.protocol).authorize(this.#parts.uid));
    else if (this.#running === undefined) this.#start(this.#parts.uid, null);
    else if (random.chance(0.75)) this.#meter();
    else this.#stop("Local");
  }

  #say(message: readonly [string, object]): void {
    if (this.isConnected) {
      this.#line.offer({ make: () => message, isKept: false, take: () => {} });
    }
  }

  #report(status: string, info?: string): void {
    this.#say(stationWords(this.#parts.protocol).status(status, this.#now(), info));
  }

  /** A transaction message is kept until it is answered. */
  #keep(make: Message["make"], take: Message["take"] = () => {}): void {
    this.#line.offer({ make, isKept: true, take });
  }

  #start(uid: string, remoteStartId: number | null): void {
    const { identity, protocol } = this.#parts;
    // What the station itself has used meanwhile tells its charges apart.
    const startWh = ++this.#registerWh;
    const id = `${identity}-${++this.#charges}`;
    const charge: Charge = { id, uid, startWh, startedAt: this.#now(), remoteStartId };
    const truth: TrueSession = {
      station: identity,
      startWh,
      stopWh: startWh,
      isAccepted: undefined,
    };
    const running: Running = {
      charge,
      truth,
      transactionId: protocol === "ocpp1.6" ? undefined : id,
      seqNo: 0,
    };
    this.#running = running;
    this.truth.push(truth);
    const offline = !this.isConnected;
    this.#keep(() => stationWords(protocol).start(charge, offline), (response) => {
      const { transactionId } = response as { transactionId?: number };
      running.transactionId ??= String(transactionId);
      truth.isAccepted = isAccepted(response);
      if (!truth.isAccepted && this.#running === running) this.#stop("DeAuthorized", 0);
    });
  }

  #meter(): void {
    this.#tellOf("meter", "", this.#draw());
  }

  #stop(reason: string, wh: number = this.#draw()): void {
    const running = this.#running;
    if (running === undefined) return;
    const stopWh = wh === 0 ? this.#registerWh : wh;
    running.truth.stopWh = stopWh;
    this.#tellOf("stop", reason, stopWh);
    this.#running = undefined;
    this.#report("Available");
  }

  #tellOf(what: "meter" | "stop", reason: string, wh: number): void {
    const running = this.#running;
    if (running === undefined) return;
    const { protocol } = this.#parts;
    const told = {
      at: this.#now(),
      wh,
      seqNo: ++running.seqNo,
      offline: !this.isConnected,
      reason,
    };
    const words = stationWords(protocol);
    this.#keep(() => words[what](running.charge, running.transactionId ?? "0", told));
  }

  #remoteStart(uid: string, remoteStartId: number | null): boolean {
    if (this.#running !== undefined || this.#isEnding) return false;
    const { clock } = this.#parts;
    clock.schedule(500, () => {
      if (this.#running === undefined && this.#isPowered) this.#start(uid, remoteStartId);
    });
    return true;
  }

  #remoteStop(transactionId: string): boolean {
    if (this.#running === undefined || this.#running.transactionId !== transactionId) return false;
    this.#parts.clock.schedule(300, () => {
      if (this.#running?.transactionId === transactionId) this.#stop("Remote");
    });
    return true;
  }

  /** Up to 200 Wh go into the car. */
  #draw(): number {
    this.#registerWh += this.#parts.random.integer(200);
    return this.#registerWh;
  }

  #now(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }

  #misbehave(): void {
    if (!this.isConnected) return;
    const { identity, random, protocol, witness } = this.#parts;
    const id = `bad${this.#line.nextId()}`;
    this.#bad.add(id);
    witness.sentBad(identity, id);
    this.#socket?.send(badFrame(random, protocol, id));
  }

  /** Power is gone, and comes back; a charge that ran has ended. */
  #loseFor(ms: number): void {
    if (!this.#isPowered) return;
    this.#isPowered = false;
    this.#hasBooted = false;
    this.#socket?.vanish();
    this.#socket = undefined;
    this.#line.lose();
    this.#parts.clock.schedule(ms, () => {
      this.#isPowered = true;
      this.#stop("PowerLoss");
      this.#connect();
    });
  }

  /** The socket is given up; another is looked for. */
  #drop(): void {
    this.#socket?.close(1001);
    this.#lost();
  }

  #lost(): void {
    this.#socket = undefined;
    this.#line.use(undefined);
    const { clock, random } = this.#parts;
    clock.schedule(200 + random.fraction() * 3_000, () => this.#connect());
  }

  #connect(): void {
    if (this.#isConnecting || this.isConnected || !this.#isPowered) return;
    this.#isConnecting = true;
    this.#parts.connect(this.#parts, (socket) => {
      this.#isConnecting = false;
      if (!this.#isPowered) return socket?.vanish();
      if (socket?.isOpen !== true) return this.#lost();
      this.#take(socket);
    });
  }

  /** A second socket of the same identity: a modem that changed its network, or another device. */
  #openSecond(): void {
    this.#parts.connect(this.#parts, (socket) => {
      if (socket === undefined || !this.#isPowered) return socket?.vanish();
      const isTwin = this.#parts.random.chance(0.5) && !this.#isEnding;
      if (!isTwin) return this.#take(socket);
      socket.hear({ message: () => {}, closed: () => {} });
      this.#parts.clock.schedule(5_000, () => socket.close(1000));
    });
  }

  #take(socket: SimSocket): void {
    this.#socket = socket;
    socket.hear({
      message: (text) => {
        if (this.#socket === socket) this.#hear(text);
      },
      closed: () => {
        if (this.#socket === socket) this.#lost();
      },
    });
    if (!this.#hasBooted) this.#boot();
    this.#line.use(socket);
  }

  #boot(): void {
    const make = (): readonly [string, object] => stationWords(this.#parts.protocol).boot();
    this.#hasBooted = true;
    this.#line.offerFirst({ make, isKept: false, take: () => this.#report("Available") });
  }

  #hear(text: string): void {
    const frame = JSON.parse(text) as [number, string, ...unknown[]];
    const [type, id] = frame;
    if (type === 2) this.#desk.take(id, String(frame[2]), frame[3]);
    else if (this.#bad.has(id)) {
      if (type === 3) this.#parts.witness.answeredBad(this.identity, id);
    } else if (type === 3) this.#line.settle(id, { response: frame[2] });
    else this.#line.settle(id, { code: String(frame[2]) });
  }
}
