import { systemClock } from "#engine/adapters/system_clock.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import { actionsOf } from "#schemas/ocpp_actions.ts";
import type { Battery } from "./charger/battery.ts";
import {
  backOffDefault,
  nameplateOf,
  outletsOf,
  queueDefault,
  type VirtualChargerOptions,
} from "./charger/charger_options.ts";
import { authorised } from "./charger/authorised.ts";
import {
  answeringOf,
  tellBegan,
  tellChanged,
  tellEnded,
  tellFelt,
  tellOnline,
} from "./charger/blocks/mod.ts";
import { learnToken } from "./charger/blocks/authorisation.ts";
import { reservations } from "./charger/blocks/reservations.ts";
import { setting } from "./charger/blocks/settings.ts";
import { chargingProfiles } from "./charger/blocks/charging_profiles.ts";
import { answerOf } from "./charger/block.ts";
import type { Dialect } from "./charger/dialect.ts";
import { dialect16 } from "./charger/dialect_16.ts";
import { dialect2x } from "./charger/dialect_2x.ts";
import { isDrawing, type Outlet } from "./charger/outlet.ts";
import { StationLink } from "./charger/station_link.ts";
import type { Answer } from "./charger/station_socket.ts";
import { Station } from "./charger/station.ts";
import {
  type ConnectorState,
  instantOf,
  type StopReason,
  type Transaction,
  type TransactionMessage,
} from "./charger/transaction.ts";

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
  /** It as its functional blocks see it: for what they hold, ask the parts of `charger/blocks`. */
  readonly station: Station;
  /** What its sensors feel, by place; undefined = the usual. */
  temperatures: Map<string, number> | undefined;
  readonly #dialect: Dialect;
  readonly #link: StationLink;
  readonly #clock: Clock;
  readonly #random: Random;
  #meterIntervalMs: number;
  readonly #ticking = new Map<Outlet, () => void>();

  constructor(options: VirtualChargerOptions) {
    const realClock = systemClock();
    this.identity = options.identity;
    this.#dialect = options.protocol === "ocpp1.6" ? dialect16 : dialect2x(options.protocol);
    this.#clock = options.clock ?? realClock;
    this.#random = options.random;
    this.#meterIntervalMs = (options.meterIntervalSeconds ?? 30) * 1_000;
    this.outlets = outletsOf(options);
    const nameplate = nameplateOf(options);
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
      onOnline: (afterBoot) => this.#online(afterBoot),
      onAnswered: (message, answer) => this.#answered(message, answer),
      onLedger: options.onLedger,
    });
    this.station = new Station({
      charger: this,
      link: this.#link,
      dialect: this.#dialect,
      nameplate,
      clock: this.#clock,
      random: options.random,
    });
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

  get meterSeconds(): number {
    return this.#meterIntervalMs / 1_000;
  }

  /** From the next interval on. */
  set meterSeconds(seconds: number) {
    this.#meterIntervalMs = seconds * 1_000;
  }

  start(): void {
    this.#link.start();
  }

  /** Switches the charger off; its transactions stay as they are. */
  async stop(): Promise<void> {
    for (const cancel of this.#ticking.values()) cancel();
    this.#ticking.clear();
    this.station.halt();
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
    if (outlet === undefined || outlet.isPlugged) return false;
    // Whoever has reserved it may plug in as well as anybody else; the token tells.
    if (outlet.state !== "Available" && outlet.state !== "Reserved") return false;
    outlet.advance(this.#link.now(), false);
    outlet.plug(battery);
    this.changeTo(outlet, "Preparing");
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
    const permit = await authorised(this.station, outlet, tokenUid);
    if (permit === undefined || outlet.state !== "Preparing") return false;
    this.begin(outlet, { tokenUid, groupId: permit.groupId, remoteStartId: undefined });
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
    outlet.advance(now, isDrawing(outlet));
    transaction.endedAt = now;
    transaction.stopWh = outlet.reading().registerWh;
    transaction.reason = reason;
    outlet.transaction = undefined;
    this.#queue(outlet, transaction, "stopped");
    tellEnded(this.station, transaction);
    this.changeTo(outlet, outlet.isPlugged ? "Finishing" : this.#idleState(outlet));
    return true;
  }

  /** The car leaves; a running transaction ends with it. */
  unplug(evseId: number, reason: StopReason = "EVDisconnected"): void {
    const outlet = this.outlet(evseId);
    if (outlet === undefined || !outlet.isPlugged) return;
    this.end(evseId, reason);
    outlet.unplug();
    if (outlet.state !== "Faulted") this.changeTo(outlet, this.#idleState(outlet));
  }

  #idleState(outlet: Outlet): ConnectorState {
    if (!outlet.isOperative) return "Unavailable";
    const isReserved = reservations.ifMade(this.station)?.at(outlet.evseId) !== undefined;
    return isReserved ? "Reserved" : "Available";
  }

  /** The EVSE breaks. */
  fault(evseId: number): void {
    const outlet = this.outlet(evseId);
    if (outlet === undefined) return;
    this.end(evseId, "Other");
    this.changeTo(outlet, "Faulted");
  }

  repair(evseId: number): void {
    const outlet = this.outlet(evseId);
    if (outlet?.state === "Faulted") {
      this.changeTo(outlet, outlet.isPlugged ? "Preparing" : this.#idleState(outlet));
    }
  }

  /** A sensor feels another temperature, in degrees Celsius: `cabinet`, or `evse 1`. */
  feel(place: string, celsius: number): void {
    this.temperatures = new Map(this.temperatures).set(place, celsius);
    tellFelt(this.station);
  }

  /** Starts a transaction without asking again; for remote starts and `present`. */
  begin(outlet: Outlet, start: NonNullable<Outlet["awaited"]>): void {
    const reservation = reservations.ifMade(this.station)
      ?.ofToken(outlet.evseId, start.tokenUid, start.groupId);
    const now = this.#link.now();
    outlet.advance(now, false);
    const transaction: Transaction = {
      evseId: outlet.evseId,
      tokenUid: start.tokenUid,
      remoteStartId: start.remoteStartId,
      reservationId: reservation?.id,
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
    tellBegan(this.station, transaction);
    this.changeTo(outlet, "Charging");
    if (chargingProfiles.ifMade(this.station) !== undefined) this.followLimits();
    this.#tick(outlet);
  }

  /** Tells the meter now: 1.6 in its transaction, 2.x by itself. */
  tellMeter(outlet: Outlet): void {
    if (outlet.transaction !== undefined && this.station.is16) return this.tellTransaction(outlet);
    const now = this.#link.now();
    outlet.advance(now, isDrawing(outlet));
    this.#link.mention(this.#dialect.meterValues(outlet.evseId, outlet.reading(), now));
  }

  /** Tells how the transaction is; nothing when there is none. */
  tellTransaction(outlet: Outlet): void {
    if (outlet.transaction === undefined) return;
    outlet.advance(this.#link.now(), isDrawing(outlet));
    this.#queue(outlet, outlet.transaction, "triggered");
  }

  tellStatus(outlet: Outlet): void {
    outlet.reportedStatus = this.#dialect.statusWord(outlet.state);
    this.#link.mention(this.#dialect.status(outlet.evseId, outlet.state, this.#link.now()));
  }

  /** A remote start before the plug: it waits as long as set. */
  await(outlet: Outlet, start: NonNullable<Outlet["awaited"]>): void {
    outlet.awaited = start;
    this.station.after(Number(setting(this.station, "ConnectionTimeOut")) * 1_000, () => {
      if (outlet.awaited === start) outlet.awaited = undefined;
    });
  }

  setOperative(outlet: Outlet, isOperative: boolean): void {
    outlet.isOperative = isOperative;
    const isFree = outlet.state === "Available" || outlet.state === "Unavailable" ||
      outlet.state === "Reserved";
    if (isFree) this.changeTo(outlet, this.#idleState(outlet));
  }

  /** Limits have changed: what was drawn until now counts by the former ones. */
  followLimits(): void {
    const now = this.#link.now();
    for (const outlet of this.outlets) {
      outlet.advance(now, isDrawing(outlet));
      outlet.limits = (from, to) => chargingProfiles.of(this.station).limits(outlet, from, to);
      this.#followLimit(outlet);
    }
  }

  /** No power, no charging: and the CSMS is told so. */
  #followLimit(outlet: Outlet): void {
    if (outlet.transaction === undefined || !isDrawing(outlet)) return;
    const isHeld = outlet.limitW(this.#link.now()) <= 0;
    this.changeTo(outlet, isHeld ? "SuspendedEVSE" : "Charging");
  }

  #tick(outlet: Outlet): void {
    const cancel = this.#clock.schedule(this.#meterIntervalMs, () => {
      const { transaction } = outlet;
      if (transaction === undefined) return;
      outlet.advance(this.#link.now(), isDrawing(outlet));
      this.#queue(outlet, transaction, "interval");
      tellFelt(this.station);
      if (outlet.isFull && outlet.state === "Charging") this.changeTo(outlet, "SuspendedEV");
      if (outlet.limits !== undefined) this.#followLimit(outlet);
      this.#tick(outlet);
    });
    this.#ticking.set(outlet, cancel);
  }

  /** As `changeTo`; resolves when the CSMS has heard of it, or cannot. */
  async changeAndTell(outlet: Outlet, state: ConnectorState): Promise<void> {
    outlet.state = state;
    if (!this.isOnline) return;
    outlet.reportedStatus = this.#dialect.statusWord(state);
    await this.station.report(this.#dialect.status(outlet.evseId, state, this.#link.now()));
  }

  /** Another state, of which the CSMS is told. */
  changeTo(outlet: Outlet, state: ConnectorState): void {
    if (outlet.state === state) return;
    outlet.state = state;
    const { transaction } = outlet;
    if (transaction !== undefined && this.#dialect.tellsStateInTransaction) {
      this.#queue(outlet, transaction, "stateChanged");
    }
    if (this.#dialect.statusWord(state) !== outlet.reportedStatus && this.isOnline) {
      this.tellStatus(outlet);
    }
    tellChanged(this.station, outlet);
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

  #online(afterBoot: boolean): void {
    this.#reportStatuses(afterBoot);
    this.station.flush();
    tellOnline(this.station, afterBoot);
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
    learnToken(this.station, transaction.tokenUid, told.token);
    if (message.kind === "ended") transaction.isReported = true;
    if (told.isDeauthorised && transaction.endedAt === undefined) {
      this.end(transaction.evseId, "DeAuthorized");
    }
  }

  #answer(action: string, payload: unknown): Answer | Promise<Answer> {
    if (!actionsOf(this.#dialect.protocol).has(action)) return { code: "NotImplemented" };
    // Who is rejected does nothing for the CSMS (rule B2).
    if (this.#link.registration === "Rejected") return { code: "SecurityError" };
    const answering = answeringOf(this.station, action);
    if (answering === undefined) return { code: "NotSupported" };
    const fields = typeof payload === "object" && payload !== null ? { ...payload } : {};
    const answer = answering(this.station, fields);
    return answer instanceof Promise ? answer.then(answerOf) : answerOf(answer);
  }
}
