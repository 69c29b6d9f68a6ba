/**
 * One socket from handshake to close: the read loop, the bounds that one station can reach, ping.
 */
import type { Buffer } from "node:buffer";
import type { WebSocket } from "ws";
import type { Address } from "#schemas/address.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { binaryFrame, isOfVersion, unknownType } from "./bad_frames.ts";
import { encodeCallError } from "./call_error.ts";
import { type CallOrder, Calls, tellAnswer, tellLateAnswer } from "./calls.ts";
import { closeWords } from "./close_words.ts";
import { type GatewayContext, logFrame } from "./context.ts";
import { traced } from "./call_trace.ts";
import { Dispatch, type DispatchLine, writeCallError } from "./dispatch.ts";
import {
  type BadFrame,
  CALLRESULT,
  decodeFrame,
  type ErrorFrame,
  type ResultFrame,
} from "./frame.ts";
import { adaptedFrame, bootQuirks, type LineQuirks } from "./station_quirks.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Why a socket is not read; it is read again when no reason is left. */
const pausedFor = { epoch: 1, crowd: 2, messages: 4, badFrames: 8, unread: 16 } as const;

const OPEN = 1;

export interface Station {
  readonly identity: string;
  readonly address: Address;
  readonly protocol: OcppProtocol;
  readonly remoteAddress: string;
  /** Salt of the password it came in with, while several are good. */
  readonly password?: string | undefined;
}

/** What a connection tells its keeper. */
export interface ConnectionKeeper {
  /** It wants `tick` at every sweep until that says false. */
  busy(connection: Connection): void;
  /** The socket has closed, and everything it brought has been passed on. */
  closed(connection: Connection, code: number, reason: string): void;
}

export class Connection implements DispatchLine {
  readonly identity: string;
  readonly address: Address;
  readonly protocol: OcppProtocol;
  readonly remoteAddress: string;
  readonly password: string | undefined;
  epoch = "";
  /** As actors know it, see `schemas/socket_names.ts`. */
  name = "";
  /** The newest round in which a worker knew of it. */
  round = "";
  quirks: LineQuirks | undefined;
  readonly #context: GatewayContext;
  readonly #keeper: ConnectionKeeper;
  readonly #socket: WebSocket;
  readonly #dispatch: Dispatch;
  readonly #messages: TokenBucket;
  readonly #isTraced: boolean;
  #calls: Calls | undefined;
  #isBooting = false;
  #badFrames: TokenBucket | undefined;
  /** Frames that came before the epoch was granted. */
  #early: string[] | undefined = [];
  #earlyBytes = 0;
  #paused = 0;
  #isAlive = true;
  #aliveAt: number;
  #pingedAt = 0;
  #unreadSince = 0;
  #closing: { readonly code: number; readonly reason: string } | undefined;
  #leaving: { readonly code: number; readonly reason: string; readonly until: number } | undefined;

  constructor(
    context: GatewayContext,
    keeper: ConnectionKeeper,
    station: Station,
    socket: WebSocket,
  ) {
    this.identity = station.identity;
    this.address = station.address;
    this.protocol = station.protocol;
    this.remoteAddress = station.remoteAddress;
    this.password = station.password;
    this.#context = context;
    this.#keeper = keeper;
    this.#socket = socket;
    this.#dispatch = new Dispatch(context, this);
    this.#messages = new TokenBucket(context.limits.messages, context.clock);
    this.#aliveAt = context.clock.monotonic();
    this.#isTraced = context.tracer?.draws(this.identity) ?? false;
    this.#listen();
    this.#pause(pausedFor.epoch);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === OPEN;
  }

  /** The actor knows this socket: what came meanwhile is passed on. */
  grant(epoch: string): void {
    this.epoch = epoch;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const text of early) this.#read(text);
    this.#resume(pausedFor.epoch);
    if (this.#closing !== undefined) this.#finish(this.#closing.code, this.#closing.reason);
  }

  /** The actor does not know it and never will. What came meanwhile is lost, unanswered. */
  reject(code: number, reason: string): void {
    this.#early = undefined;
    this.close(code, reason);
  }

  write(text: string): boolean {
    const socket = this.#socket;
    if (socket.readyState !== OPEN) return false;
    socket.send(text);
    this.#context.counts.framesOut.add();
    const unread = socket.bufferedAmount;
    if (unread > this.#context.limits.unreadBytesPause) this.#slowReader(unread);
    return true;
  }

  /** One CALL of ours; an order for an older or newer socket never leaves. */
  call(order: CallOrder): void {
    if (order.epoch !== this.epoch || !this.isOpen || this.#leaving !== undefined) {
      tellAnswer(this.#context, this, order, { outcome: "expired" });
      return;
    }
    this.#calls ??= this.#newCalls();
    this.#calls.offer(order);
    this.#keeper.busy(this);
  }

  close(code: number, reason: string): void {
    // Unread frames would hide the answer to our close.
    this.#paused = 0;
    this.#socket.resume();
    this.#socket.close(...closeWords(code, reason));
  }

  /**
   * Closes when all that is under way is answered, the station's CALLs and ours, or when the grace
   * is over. From now on it takes no CALL of either side.
   */
  leave(code: number, reason: string, graceMs: number): void {
    if (this.#leaving !== undefined) return;
    this.#leaving = { code, reason, until: this.#context.clock.monotonic() + graceMs };
    this.#calls?.dropWaiting();
    this.#keeper.busy(this);
    this.rested();
  }

  /** Nothing of theirs is under way; when it is to leave and nothing of ours is, it leaves. */
  rested(): void {
    const leaving = this.#leaving;
    if (leaving === undefined || !this.#dispatch.isIdle || this.#calls?.isBusy === true) return;
    this.close(leaving.code, leaving.reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  eased(): void {
    this.#resume(pausedFor.crowd);
  }

  booting(isBooting: boolean): void {
    this.#isBooting = isBooting;
    this.#calls?.hold(isBooting);
  }

  /**
   * Looks after budgets, unread bytes and our CALLs; false when there is nothing left to look
   * after.
   */
  tick(now: number): boolean {
    const { limits, clock } = this.#context;
    this.#calls?.sweep(now);
    if (this.#leaving !== undefined && now >= this.#leaving.until && this.isOpen) {
      this.close(this.#leaving.code, this.#leaving.reason);
    }
    if (this.#isPausedFor("messages") && this.#messages.hasToken(limits.messages, clock)) {
      this.#resume(pausedFor.messages);
    }
    if (this.#isPausedFor("badFrames") && this.#badFrames?.hasToken(limits.badFrames, clock)) {
      this.#resume(pausedFor.badFrames);
    }
    if (this.#isPausedFor("unread")) this.#watchReader(now);
    const watched = pausedFor.messages | pausedFor.badFrames | pausedFor.unread;
    const isLeaving = this.#leaving !== undefined && this.isOpen;
    return (this.#paused & watched) !== 0 || this.#calls?.isBusy === true || isLeaving;
  }

  /** Pings a silent station, and gives up one that does not stir. */
  watch(now: number): void {
    const { limits, counts } = this.#context;
    // Who is not read cannot give a sign of life.
    if (this.#isAlive || this.#paused !== 0) {
      this.#isAlive = false;
      this.#aliveAt = now;
      this.#pingedAt = 0;
    } else if (this.#pingedAt > 0 && now - this.#pingedAt >= limits.pongMs) {
      counts.hit("silent", this.identity);
      this.#pingedAt = Number.POSITIVE_INFINITY;
      this.terminate();
    } else if (this.#pingedAt === 0 && now - this.#aliveAt >= limits.pingAfterMs) {
      this.#pingedAt = now;
      if (this.isOpen) this.#socket.ping();
    }
  }

  #newCalls(): Calls {
    const calls = new Calls(this.#context, this);
    calls.hold(this.#isBooting);
    return calls;
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("message", (bytes: Buffer, isBinary: boolean) => this.#receive(bytes, isBinary));
    socket.on("ping", () => this.#receiveSign());
    socket.on("pong", () => this.#receiveSign());
    socket.on("close", (code: number, reason: Buffer) => this.#closed(code, reason.toString()));
    socket.on("error", (error: Error & { readonly code?: string }) => {
      const isTooLarge = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
      if (isTooLarge) this.#context.counts.hit("frame-size", this.identity);
    });
  }

  /** Pings cost as much as messages. */
  #receiveSign(): void {
    this.#isAlive = true;
    this.#spendMessage();
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    this.#isAlive = true;
    this.#context.counts.framesIn.add();
    this.#spendMessage();
    if (isBinary) {
      this.#context.counts.hit("binary-frame", this.identity);
      this.#refuseBad(binaryFrame, "");
    } else if (this.#early === undefined) {
      this.#read(bytes.toString());
    } else if (this.#hasRoom(this.#early.length)) {
      this.#early.push(bytes.toString());
      this.#earlyBytes += bytes.length;
    } else {
      this.#context.counts.hit("their-calls-waiting", this.identity);
    }
  }

  #hasRoom(frames: number): boolean {
    const { theirCallsWaitingMax, theirBytesWaitingMax } = this.#context.limits;
    return frames < theirCallsWaitingMax && this.#earlyBytes < theirBytesWaitingMax;
  }

  #spendMessage(): void {
    const { limits, clock, counts } = this.#context;
    if (this.#messages.take(limits.messages, clock) || this.#isPausedFor("messages")) return;
    counts.hit("message-budget", this.identity);
    this.#pause(pausedFor.messages);
    this.#keeper.busy(this);
  }

  #read(text: string): void {
    const readAt = this.#isTraced ? this.#context.clock.monotonic() : undefined;
    const decoded = decodeFrame(text);
    const frame = readAt === undefined ? decoded : traced(this.#context, this, decoded, readAt);
    if (frame.type === "bad") {
      this.#refuseBad(frame, text);
    } else if (!isOfVersion(frame, this.protocol)) {
      this.#refuseBad(unknownType(frame), text);
    } else if ("payloadText" in frame) {
      // Unanswered it will be sent again, on the station's next socket.
      if (this.#leaving !== undefined) return;
      const { quirks } = this;
      const call = quirks === undefined ? frame : adaptedFrame(this.#context, this, quirks, frame);
      const fault = this.#dispatch.faultOf(call);
      if (fault !== undefined) {
        if (this.#spendBad(fault.detail)) this.#dispatch.refuse(call, fault);
        call.trace?.end(fault.detail);
        return;
      }
      this.#dispatch.accept(call);
      if (call.action === "BootNotification") {
        this.quirks = bootQuirks(this.protocol, call.payload, quirks);
      }
      if (this.#dispatch.isCrowded) this.#pause(pausedFor.crowd);
    } else if (this.#calls?.settle(frame) === true) {
      this.rested();
    } else {
      this.#readUnasked(frame, text);
    }
  }

  #readUnasked(frame: ResultFrame | ErrorFrame, text: string): void {
    const epoch = this.#context.lateCalls.take(this.identity, frame.messageId);
    if (epoch !== undefined) return tellLateAnswer(this.#context, this, frame, epoch);
    this.#context.counts.hit("unasked-result", this.identity);
    if (!this.#spendBad("a result that nobody asked for")) return;
    logFrame(this.#context, this, {
      direction: "in",
      messageType: frame.type === CALLRESULT ? "CALLRESULT" : "CALLERROR",
      action: null,
      messageId: frame.messageId,
      payload: text,
    });
    // It may answer a CALL that another gateway sent before the station moved here.
    tellLateAnswer(this.#context, this, frame, this.epoch);
  }

  #refuseBad(frame: BadFrame, text: string): void {
    if (!this.#spendBad(frame.detail)) return;
    logFrame(this.#context, this, {
      direction: "in",
      messageType: "unreadable",
      action: frame.action,
      messageId: frame.idText ?? null,
      payload: text,
    });
    if (!frame.isAnswerable) return;
    const idText = frame.isIdGuessed && this.protocol !== "ocpp1.6" ? undefined : frame.idText;
    const answer = encodeCallError(this.protocol, idText, frame);
    if (answer !== undefined) writeCallError(this.#context, this, frame.action, answer);
  }

  /**
   * False when this station's budget of bad frames is used up: it is neither answered nor read for
   * a while.
   */
  #spendBad(detail: string): boolean {
    const { limits, clock, counts } = this.#context;
    counts.hit("bad-frame", this.identity, detail);
    this.#badFrames ??= new TokenBucket(limits.badFrames, clock);
    if (this.#badFrames.take(limits.badFrames, clock)) return true;
    counts.hit("bad-frame-budget", this.identity);
    this.#pause(pausedFor.badFrames);
    this.#keeper.busy(this);
    return false;
  }

  #slowReader(unread: number): void {
    const { limits, counts } = this.#context;
    if (unread > limits.unreadBytesMax) {
      counts.hit("slow-reader", this.identity);
      this.terminate();
    } else if (!this.#isPausedFor("unread")) {
      this.#unreadSince = this.#context.clock.monotonic();
      this.#pause(pausedFor.unread);
      this.#keeper.busy(this);
    }
  }

  #watchReader(now: number): void {
    const { limits, counts } = this.#context;
    if (this.#socket.bufferedAmount < limits.unreadBytesPause / 2) {
      this.#resume(pausedFor.unread);
    } else if (now - this.#unreadSince >= limits.slowReaderMs) {
      counts.hit("slow-reader", this.identity);
      this.terminate();
    }
  }

  #isPausedFor(reason: keyof typeof pausedFor): boolean {
    return (this.#paused & pausedFor[reason]) !== 0;
  }

  #pause(reason: number): void {
    if (this.#paused === 0) this.#socket.pause();
    this.#paused |= reason;
  }

  #resume(reason: number): void {
    if (this.#paused === 0) return;
    this.#paused &= ~reason;
    if (this.#paused === 0) this.#socket.resume();
  }

  #closed(code: number, reason: string): void {
    this.#closing = { code, reason };
    if (this.#early === undefined) this.#finish(code, reason);
  }

  #finish(code: number, reason: string): void {
    this.#dispatch.release();
    this.#calls?.close();
    this.#keeper.closed(this, code, reason);
  }
}
