import { systemClock } from "#engine/adapters/system_clock.ts";
import type { Clock, Instant } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import { actionsOf } from "#schemas/ocpp_actions.ts";
import type { BackOffLimits } from "./charger/back_off.ts";
import type { Battery } from "./charger/battery.ts";
import type { Dialect, Nameplate, StationControls } from "./charger/dialect.ts";
import { dialect16 } from "./charger/dialect_16.ts";
import { dialect2x } from "./charger/dialect_2x.ts";
import type { OfflineQueueLimits } from "./charger/offline_queue.ts";
import { Outlet } from "./charger/outlet.ts";
import { type AnsweredMessage, StationLink } from "./charger/station_link.ts";
import type { Answer } from "./charger/station_socket.ts";
import type {
  ConnectorState,
  StopReason,
  Transaction,
  TransactionMessage,
} from "./charger/transaction.ts";
import { controlsOf } from "./charger/controls.ts";

export interface VirtualChargerOptions {
  /** `ws://host:port/ocpp`, without the identity. */
  readonly url: string;
  /** Where it turns when it cannot connect. */
  readonly otherUrls?: readonly string[] | undefined;
  readonly identity: string;
  readonly protocol: Dialect["protocol"];
  readonly password?: string;
  readonly random: Random;
  /** The charger's time; one that runs fast makes sessions short. Default: the machine's. */
  readonly clock?: Clock;
  readonly evses?: number;
  /** What each EVSE can give. */
  readonly powerW?: number;
  readonly meterIntervalSeconds?: number;
  readonly nameplate?: Partial<Nameplate>;
  readonly queue?: OfflineQueueLimits;
  readonly backOff?: BackOffLimits;
  readonly reusesMessageIds?: boolean;
  readonly onLedger?: (entry: AnsweredMessage) => void;
}

const queueDefault: OfflineQueueLimits = { length: 5_000, attempts: 5, retrySeconds: 10 };
const backOffDefault: BackOffLimits = { minimumMs: 1_000, doublings: 5, randomMs: 1_000 };

/** Highest lifetime register a new meter may start with. */
const REGISTER_WH_MAX = 5_000_000;
/** How long a remote start waits for the plug (ConnectionTimeOut). */
const PLUG_WAIT_MS = 60_000;

/**
 * An honest charging station of OCPP 1.6, 2.0.1 or 2.1 over a real socket. What it tells is what
 * its meter and its batteries did; what cannot be told now is queued. The same seed and the same
 * calls give the same messages.
 */
export class VirtualCharger {
  readonly identity: string;
  readonly outlets: readonly Outlet[];
  /** All transactions ever, in order of their start: the truth. */
  readonly transactions: Transaction[] = [];
  readonly #dialect: Dialect;
  readonly #link: StationLink;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #controls: StationControls;
  readonly #meterIntervalMs: number;
  readonly #ticking = new Map<Outlet, () => void>();

  constructor(options: VirtualChargerOptions) {
    const realClock = systemClock();
    this.identity = options.identity;
    this.#dialect = options.protocol === "ocpp1.6" ? dialect16 : dialect2x(options.protocol);
    this.#clock = options.clock ?? realClock;
    this.#random = options.random;
    this.#meterIntervalMs = (options.meterIntervalSeconds ?? 30) * 1_000;
    this.outlets = Array.from({ length: options.evses ?? 2 }, (_, index) =>
      new Outlet({
        evseId: index + 1,
        limitW: options.powerW ?? 22_000,
        registerWh: Math.floor(options.random.fraction() * REGISTER_WH_MAX),
      }));
    const nameplate = {
      vendor: "Statewatt",
      model: "Virtual",
      serialNumber: options.identity.slice(0, 25),
      firmwareVersion: "1.0.0",
      ...options.nameplate,
    };
    this.#link = new StationLink({
      url: options.url,
      otherUrls: options.otherUrls,
      identity: options.identity,
      password: options.password,
      dialect: this.#dialect,
      nameplate,
      clock: this.#clock,
      socketClock: options.clock === undefined ? this.#clock : realClock,
      random: options.random,
      queue: options.queue ?? queueDefault,
      backOff: options.backOff ?? backOffDefault,
      reusesMessageIds: options.reusesMessageIds ?? false,
      onCall: (action, payload) => this.#answer(action, payload),
      onOnline: (afterBoot) => this.#reportStatuses(afterBoot),
      onAnswered: (message, answer) => this.#answered(message, answer),
      onLedger: options.onLedger,
    });
    this.#controls = controlsOf(this, { link: this.#link, dialect: this.#dialect, nameplate });
  }

  get isOnline(): boolean {
    return this.#link.isOnline;
  }

  /** Transaction messages that wait for an answer. */
  get queued(): number {
    return this.#link.queued;
  }

  /** How often it has connected. */
  get connections(): number {
    return this.#link.connections;
  }

  get droppedMessages(): number {
    return this.#link.droppedMessages;
  }

  start(): void {
    this.#link.start();
  }

  /** Switches the charger off; its transactions stay as they are. */
  async stop(): Promise<void> {
    for (const cancel of this.#ticking.values()) cancel();
    this.#ticking.clear();
    await this.#link.stop();
  }

  /** Loses the network for some real time. */
  cutNetwork(ms: number): void {
    this.#link.cut(ms);
  }

  outlet(evseId: number): Outlet | undefined {
    return this.outlets[evseId - 1];
  }

  /** A car is plugged in. False when the EVSE is not free. */
  plugIn(evseId: number, battery: Battery): boolean {
    const outlet = this.outlet(evseId);
    if (outlet === undefined || outlet.isPlugged || outlet.state !== "Available") return false;
    outlet.advance(this.#link.now(), false);
    outlet.plug(battery);
    this.#change(outlet, "Preparing");
    const { awaited } = outlet;
    outlet.awaited = undefined;
    if (awaited !== undefined) this.begin(outlet, awaited);
    return true;
  }

  /**
   * The driver shows a token at a plugged EVSE. Resolves with whether charging began: the CSMS is
   * asked when it can be reached, and offline the charger trusts (OfflineTxForUnknownIdEnabled).
   */
  async present(evseId: number, tokenUid: string): Promise<boolean> {
    const outlet = this.outlet(evseId);
    if (outlet === undefined) return false;
    const mayStart = await this.#link.say(this.#dialect.authorize(tokenUid)).then(
      (answer) => this.#dialect.isAuthorised(answer),
      () => true,
    );
    if (!mayStart || outlet.state !== "Preparing") return false;
    this.begin(outlet, { tokenUid, remoteStartId: undefined });
    return true;
  }

  /** Ends the transaction of an EVSE; the plug stays. False when there is none. */
  end(evseId: number, reason: StopReason = "Local"): boolean {
    const outlet = this.outlet(evseId);
    const transaction = outlet?.transaction;
    if (outlet === undefined || transaction === undefined) return false;
    this.#ticking.get(outlet)?.();
    this.#ticking.delete(outlet);
    const now = this.#link.now();
    outlet.advance(now, outlet.state === "Charging");
    transaction.endedAt = now;
    transaction.stopWh = outlet.reading().registerWh;
    transaction.reason = reason;
    outlet.transaction = undefined;
    this.#queue(outlet, transaction, "stopped");
    this.#change(outlet, "Finishing");
    return true;
  }

  /** The car leaves; a running transaction ends with it. */
  unplug(evseId: number): void {
    const outlet = this.outlet(evseId);
    if (outlet === undefined || !outlet.isPlugged) return;
    this.end(evseId, "EVDisconnected");
    outlet.unplug();
    if (outlet.state !== "Faulted") {
      this.#change(outlet, outlet.isOperative ? "Available" : "Unavailable");
    }
  }

  /** The EVSE breaks. */
  fault(evseId: number): void {
    const outlet = this.outlet(evseId);
    if (outlet === undefined) return;
    this.end(evseId, "Other");
    this.#change(outlet, "Faulted");
  }

  repair(evseId: number): void {
    const outlet = this.outlet(evseId);
    if (outlet?.state === "Faulted") {
      this.#change(outlet, outlet.isPlugged ? "Preparing" : "Available");
    }
  }

  /** Starts a transaction without asking again; for remote starts and `present`. */
  begin(
    outlet: Outlet,
    start: { readonly tokenUid: string; readonly remoteStartId: number | undefined },
  ): void {
    const now = this.#link.now();
    outlet.advance(now, false);
    const transaction: Transaction = {
      evseId: outlet.evseId,
      tokenUid: start.tokenUid,
      remoteStartId: start.remoteStartId,
      startedAt: now,
      startWh: outlet.reading().registerWh,
      wireId: this.#dialect.makesTransactionIds ? this.#random.uuid() : undefined,
      nextSeqNo: 0,
      endedAt: undefined,
      stopWh: undefined,
      reason: undefined,
      isReported: false,
    };
    outlet.transaction = transaction;
    this.transactions.push(transaction);
    this.#queue(outlet, transaction, "began");
    this.#change(outlet, "Charging");
    this.#tick(outlet);
  }

  /** Tells the meter now, in its transaction or outside. */
  tellMeter(outlet: Outlet): void {
    const now = this.#link.now();
    outlet.advance(now, outlet.state === "Charging");
    if (outlet.transaction !== undefined) {
      return this.#queue(outlet, outlet.transaction, "triggered");
    }
    this.#link.mention(this.#dialect.meterValues(outlet.evseId, outlet.reading(), now));
  }

  tellStatus(outlet: Outlet): void {
    outlet.reportedStatus = this.#dialect.statusWord(outlet.state);
    this.#link.mention(this.#dialect.status(outlet.evseId, outlet.state, this.#link.now()));
  }

  /** A remote start before the plug: it waits a minute. */
  await(outlet: Outlet, start: NonNullable<Outlet["awaited"]>): void {
    outlet.awaited = start;
    this.#clock.schedule(PLUG_WAIT_MS, () => {
      if (outlet.awaited === start) outlet.awaited = undefined;
    });
  }

  setOperative(outlet: Outlet, isOperative: boolean): void {
    outlet.isOperative = isOperative;
    const isFree = outlet.state === "Available" || outlet.state === "Unavailable";
    if (isFree) this.#change(outlet, isOperative ? "Available" : "Unavailable");
  }

  #tick(outlet: Outlet): void {
    const cancel = this.#clock.schedule(this.#meterIntervalMs, () => {
      const { transaction } = outlet;
      if (transaction === undefined) return;
      outlet.advance(this.#link.now(), outlet.state === "Charging");
      this.#queue(outlet, transaction, "interval");
      if (outlet.isFull && outlet.state === "Charging") this.#change(outlet, "SuspendedEV");
      this.#tick(outlet);
    });
    this.#ticking.set(outlet, cancel);
  }

  #change(outlet: Outlet, state: ConnectorState): void {
    if (outlet.state === state) return;
    outlet.state = state;
    const { transaction } = outlet;
    if (transaction !== undefined && this.#dialect.tellsStateInTransaction) {
      this.#queue(outlet, transaction, "stateChanged");
    }
    if (this.#dialect.statusWord(state) !== outlet.reportedStatus && this.isOnline) {
      this.tellStatus(outlet);
    }
  }

  #queue(outlet: Outlet, transaction: Transaction, cause: TransactionMessage["cause"]): void {
    this.#link.deliver({
      kind: cause === "began" ? "started" : cause === "stopped" ? "ended" : "updated",
      transaction,
      at: instantOf(cause, transaction) ?? this.#link.now(),
      seqNo: transaction.nextSeqNo++,
      reading: outlet.reading(),
      cause,
      state: cause === "began" ? "Preparing" : outlet.state,
      isOffline: !this.isOnline,
      messageId: this.#random.uuid(),
    });
  }

  #reportStatuses(afterBoot: boolean): void {
    if (afterBoot && this.#dialect.protocol === "ocpp1.6") {
      this.#link.mention(this.#dialect.status(0, "Available", this.#link.now()));
    }
    for (const outlet of this.outlets) {
      const hasChanged = this.#dialect.statusWord(outlet.state) !== outlet.reportedStatus;
      if (afterBoot || hasChanged) this.tellStatus(outlet);
    }
  }

  #answered(message: TransactionMessage, answer: unknown): void {
    const { transaction } = message;
    const told = this.#dialect.transactionAnswer(message, answer);
    if (told.wireId !== undefined) transaction.wireId = told.wireId;
    if (message.kind === "ended") transaction.isReported = true;
    if (told.isDeauthorised && transaction.endedAt === undefined) {
      this.end(transaction.evseId, "DeAuthorized");
    }
  }

  #answer(action: string, payload: unknown): Answer {
    const known = actionsOf(this.#dialect.protocol).has(action);
    if (!known) return { code: "NotImplemented" };
    const fields = typeof payload === "object" && payload !== null ? { ...payload } : {};
    const answer = this.#dialect.answer(action, fields, this.#controls);
    return answer === undefined ? { code: "NotSupported" } : { payload: answer };
  }
}

/** When what a message tells happened, where the transaction knows it. */
function instantOf(
  cause: TransactionMessage["cause"],
  transaction: Transaction,
): Instant | undefined {
  if (cause === "began") return transaction.startedAt;
  return cause === "stopped" ? transaction.endedAt : undefined;
}
