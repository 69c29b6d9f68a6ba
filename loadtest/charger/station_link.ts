import type { Clock, Instant } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import { BackOff, type BackOffLimits } from "./back_off.ts";
import {
  type BootReason,
  type Dialect,
  type Nameplate,
  numberField,
  textField,
  type Wire,
} from "./dialect.ts";
import { OfflineQueue, type OfflineQueueLimits } from "./offline_queue.ts";
import {
  type Answer,
  CallRefused,
  type Password,
  SocketLost,
  StationSocket,
} from "./station_socket.ts";
import type { TransactionMessage } from "./transaction.ts";

/** A CALL that was answered with a CALLRESULT: what the CSMS may never forget. */
export interface AnsweredMessage {
  readonly messageId: string;
  /** Ids of earlier attempts that were not answered: the CSMS may know it by one of them. */
  readonly earlierIds: readonly string[];
  readonly action: string;
  readonly answer: unknown;
  readonly answeredAt: Instant;
  /** Real time from sending, turns before it included, to the answer. */
  readonly waitedMs: number;
}

export interface StationLinkOptions {
  readonly url: string;
  /** Where it turns when it cannot connect (a second network profile). */
  readonly otherUrls?: readonly string[] | undefined;
  readonly identity: string;
  readonly password?: Password | undefined;
  readonly dialect: Dialect;
  readonly nameplate: Nameplate;
  /** The charger's time, which may run fast. */
  readonly clock: Clock;
  /** Time-outs and reconnects: sockets live in real time. */
  readonly socketClock: Clock;
  readonly random: Random;
  readonly queue: OfflineQueueLimits;
  readonly backOff: BackOffLimits;
  /** A retry carries the id of the first attempt; else each attempt has its own. */
  readonly reusesMessageIds: boolean;
  readonly onCall: (action: string, payload: unknown) => Answer | Promise<Answer>;
  /**
   * Accepted by the CSMS; `afterBoot` = it must be told everything, else what changed meanwhile.
   */
  readonly onOnline: (afterBoot: boolean) => void;
  readonly onAnswered: (message: TransactionMessage, answer: unknown) => void;
  /** Every answered CALL. */
  readonly onLedger?: ((entry: AnsweredMessage) => void) | undefined;
}

/** When the CSMS leaves the interval to us (rule B3). */
const INTERVAL_SECONDS_DEFAULT = 60;
/** A boot that the CSMS has not accepted; null = none was answered yet. */
export type Registration = "Accepted" | "Pending" | "Rejected" | null;

/** A clock further off than this follows the CSMS. */
const CLOCK_TOLERANCE_MS = 1_000;

/**
 * A charger's life with its CSMS: connects for ever, boots, beats, and delivers its queue in order.
 */
export class StationLink {
  readonly #options: StationLinkOptions;
  readonly #queue: OfflineQueue<TransactionMessage>;
  readonly #backOff: BackOff;
  #socket: StationSocket | undefined;
  #registration: Registration = null;
  #password: Password | undefined;
  #urls: readonly string[];
  #isStopped = true;
  #isPumping = false;
  #bootReason: BootReason | undefined = "PowerUp";
  /** Which of its addresses is tried next. */
  #place = 0;
  #connections = 0;
  #heartbeatSeconds = INTERVAL_SECONDS_DEFAULT;
  #cancelHeartbeat: () => void = () => {};
  #cancelRetry: () => void = () => {};
  #clockOffsetMs = 0;
  #offlineUntilMs = 0;
  #wake: () => void = () => {};
  #life: Promise<void> = Promise.resolve();
  readonly #attempts = new WeakMap<TransactionMessage, string[]>();

  constructor(options: StationLinkOptions) {
    this.#options = options;
    this.#queue = new OfflineQueue(options.queue);
    this.#backOff = new BackOff(options.backOff, options.random);
    this.#password = options.password;
    this.#urls = [options.url, ...options.otherUrls ?? []];
  }

  /** Connected and accepted. */
  get isOnline(): boolean {
    return this.#registration === "Accepted" && this.#socket?.isOpen === true;
  }

  /** What the CSMS said to the boot, for the connection that there is. */
  get registration(): Registration {
    return this.#registration;
  }

  get heartbeatSeconds(): number {
    return this.#heartbeatSeconds;
  }

  set heartbeatSeconds(seconds: number) {
    this.#heartbeatSeconds = seconds;
    if (this.isOnline) this.#armHeartbeat();
  }

  get hasPassword(): boolean {
    return this.#password !== undefined;
  }

  /** For the next connection. */
  set password(password: Password) {
    this.#password = password;
  }

  /** Where it turns from the next connection on, in this order; then to its first addresses. */
  set urls(urls: readonly string[]) {
    const { url, otherUrls = [] } = this.#options;
    this.#urls = [...new Set([...urls, url, ...otherUrls])];
    this.#place = 0;
  }

  /** Transaction messages that were not answered yet. */
  get queued(): number {
    return this.#queue.length;
  }

  get droppedMessages(): number {
    return this.#queue.dropped;
  }

  /** How often it has connected. */
  get connections(): number {
    return this.#connections;
  }

  /** The charger's wall clock, which follows the CSMS. */
  now(): Instant {
    return this.#options.clock.now() + this.#clockOffsetMs;
  }

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#life = this.#live();
  }

  /** Ends for good; what is queued stays undelivered. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#socket?.close();
    this.#wake();
    await this.#life;
  }

  /** Hangs up, and boots when it is back. */
  reboot(reason: BootReason): void {
    this.#bootReason = reason;
    this.#socket?.close();
  }

  /** Loses the network for some real time. */
  cut(ms: number): void {
    this.#offlineUntilMs = this.#options.socketClock.monotonic() + ms;
    this.#socket?.terminate();
  }

  /** Sends a CALL that is only worth sending now. Rejects with `SocketLost` or `CallRefused`. */
  async say(wire: Wire): Promise<unknown> {
    const socket = this.#socket;
    if (socket === undefined || !this.isOnline) throw new SocketLost("the charger is offline");
    return await this.#call(socket, wire, this.#options.random.uuid());
  }

  /** Says it when online and forgets it otherwise. */
  mention(wire: Wire): void {
    this.say(wire).catch(forgive);
  }

  /** Says what the CSMS has asked for, which it may also before it accepts the boot (rule B1). */
  reply(wire: Wire): void {
    const socket = this.#socket;
    if (socket === undefined || this.#registration === null) return;
    this.#call(socket, wire, this.#options.random.uuid()).catch(forgive);
  }

  /** Boots again on this connection; while the CSMS has not accepted yet, before its time. */
  bootAgain(): void {
    const { dialect, nameplate } = this.#options;
    if (!this.isOnline) return this.#wake();
    this.say(dialect.boot(nameplate, "Triggered")).then((answer) => {
      const interval = numberField(answer, "interval") || INTERVAL_SECONDS_DEFAULT;
      if (textField(answer, "status") === "Accepted") this.heartbeatSeconds = interval;
    }, forgive);
  }

  /** Delivers a transaction message, now or when it can. */
  deliver(message: TransactionMessage): void {
    this.#queue.push(message, message.cause === "interval");
    this.#pump();
  }

  async #live(): Promise<void> {
    while (!this.#isStopped) {
      // deno-lint-ignore no-await-in-loop -- a life is one connection after the other
      await this.#connection().catch(forgive);
      this.#registration = null;
      this.#cancelHeartbeat();
      this.#cancelRetry();
      if (this.#isStopped) return;
      const { socketClock } = this.#options;
      const leftMs = this.#offlineUntilMs - socketClock.monotonic();
      // deno-lint-ignore no-await-in-loop
      await this.#sleep(socketClock, Math.max(leftMs, this.#backOff.next()));
    }
  }

  async #connection(): Promise<void> {
    const socket = await this.#open();
    this.#socket = socket;
    this.#connections++;
    if (this.#isStopped) return socket.close();
    const isBooting = this.#bootReason !== undefined;
    try {
      if (isBooting) await this.#boot(socket);
    } catch (thrown) {
      socket.terminate();
      throw thrown;
    }
    this.#bootReason = undefined;
    this.#registration = "Accepted";
    this.#backOff.reset();
    this.#armHeartbeat();
    this.#options.onOnline(isBooting);
    this.#pump();
    await socket.closed;
  }

  async #open(): Promise<StationSocket> {
    const { url, identity, dialect, socketClock, onCall } = this.#options;
    try {
      return await StationSocket.open({
        url: this.#urls[this.#place % this.#urls.length] ?? url,
        identity,
        protocol: dialect.protocol,
        password: this.#password,
        clock: socketClock,
        onCall,
      });
    } catch (thrown) {
      this.#place++;
      throw thrown;
    }
  }

  /** Boots until accepted (rules B1 to B3). */
  async #boot(socket: StationSocket): Promise<void> {
    const { dialect, nameplate, clock, random } = this.#options;
    while (!this.#isStopped) {
      const wire = dialect.boot(nameplate, this.#bootReason ?? "PowerUp");
      // deno-lint-ignore no-await-in-loop -- the next attempt depends on this answer
      const answer = await this.#call(socket, wire, random.uuid());
      const interval = numberField(answer, "interval") || INTERVAL_SECONDS_DEFAULT;
      this.#followClock(answer);
      const status = textField(answer, "status");
      if (status === "Accepted") {
        this.#heartbeatSeconds = interval;
        return;
      }
      this.#registration = status === "Pending" ? "Pending" : "Rejected";
      // deno-lint-ignore no-await-in-loop
      await Promise.race([this.#sleep(clock, interval * 1_000), socket.closed]);
      if (!socket.isOpen) throw new SocketLost("it hung up before the boot was accepted");
    }
  }

  #followClock(answer: unknown): void {
    const csms = Date.parse(textField(answer, "currentTime") ?? "");
    if (Number.isNaN(csms) || this.#options.clock !== this.#options.socketClock) return;
    if (Math.abs(csms - this.now()) > CLOCK_TOLERANCE_MS) {
      this.#clockOffsetMs = csms - this.#options.clock.now();
    }
  }

  #armHeartbeat(): void {
    this.#cancelHeartbeat();
    this.#cancelHeartbeat = this.#options.clock.schedule(this.#heartbeatSeconds * 1_000, () => {
      this.say({ action: "Heartbeat", payload: {} })
        .then((answer) => this.#followClock(answer), forgive);
      this.#armHeartbeat();
    });
  }

  /** Delivers what is queued, one message after the other, until something is in the way. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      let message = this.#queue.next(this.now());
      while (message !== undefined && this.#socket !== undefined && this.isOnline) {
        // deno-lint-ignore no-await-in-loop -- order is the point
        await this.#deliverHead(this.#socket, message);
        message = this.#queue.next(this.now());
      }
    } catch (thrown) {
      forgive(thrown);
    } finally {
      this.#isPumping = false;
    }
    this.#armRetry();
  }

  async #deliverHead(socket: StationSocket, message: TransactionMessage): Promise<void> {
    const { dialect, random, reusesMessageIds } = this.#options;
    const messageId = reusesMessageIds ? message.messageId : random.uuid();
    const earlierIds = this.#attempts.get(message) ?? [];
    this.#attempts.set(message, [...earlierIds, messageId]);
    try {
      const wire = dialect.transaction(message);
      const answer = await this.#call(socket, wire, messageId, earlierIds);
      this.#queue.delivered();
      this.#options.onAnswered(message, answer);
    } catch (thrown) {
      if (!(thrown instanceof CallRefused)) throw thrown;
      this.#queue.refused(this.now());
    }
  }

  #armRetry(): void {
    this.#cancelRetry();
    const { dueAt } = this.#queue;
    if (dueAt === undefined || !this.isOnline) return;
    const waitMs = Math.max(0, dueAt - this.now());
    this.#cancelRetry = this.#options.clock.schedule(waitMs, () => this.#pump());
  }

  async #call(
    socket: StationSocket,
    wire: Wire,
    messageId: string,
    earlierIds: readonly string[] = [],
  ): Promise<unknown> {
    const { socketClock } = this.#options;
    const sentAtMs = socketClock.monotonic();
    const answer = await socket.call(messageId, wire.action, wire.payload);
    this.#options.onLedger?.({
      messageId,
      earlierIds,
      action: wire.action,
      answer,
      answeredAt: this.#options.clock.now(),
      waitedMs: socketClock.monotonic() - sentAtMs,
    });
    return answer;
  }

  /** `stop` cuts it short. */
  #sleep(clock: Clock, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.schedule(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** A lost socket or a refusal is a charger's daily life; anything else is our bug. */
function forgive(thrown: unknown): void {
  if (!(thrown instanceof SocketLost) && !(thrown instanceof CallRefused)) throw thrown;
}
