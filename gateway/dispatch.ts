/**
 * Their CALLs of one socket, on their way to the station's actor and back: checked against the
 * official schema before, and the answer again before it leaves. They never wait for a CALL of
 * ours.
 */
import { stableHash } from "#schemas/address.ts";
import type { ErrorKind } from "#schemas/errors.ts";
import type { OcppCallHeader } from "#schemas/events/gateway.ts";
import { judgeRequest, judgeResponse } from "#schemas/ocpp_schemas.ts";
import type { ActorAnswer } from "#engine/ports/actors.ts";
import { encodeCallError, type Failure, failureOf } from "./call_error.ts";
import { type GatewayContext, type Line, logFrame } from "./context.ts";
import { type CallFrame, encodeResult, SEND } from "./frame.ts";

/** A refusal would make the station drop what it must not lose; silence makes it try again. */
const neverRefusedForOurTrouble: ReadonlySet<string> = new Set([
  "Authorize",
  "MeterValues",
  "StartTransaction",
  "StopTransaction",
  "TransactionEvent",
]);

const ourTrouble: ReadonlySet<ErrorKind> = new Set([
  "timed-out",
  "unavailable",
  "overloaded",
  "bug",
]);

/**
 * Frames that are still given to the actor when the socket has closed: a station sends one or two.
 */
const RELEASED_MAX = 64;

/** One answer in so many is timed. */
const TIMED_EVERY = 16;

export interface DispatchLine extends Line {
  /** Their lane has room again. */
  eased(): void;
  /** A CALL was dealt with, and no other is under way. */
  rested(): void;
  /** A BootNotification waits for its answer, or no longer does. */
  booting(isBooting: boolean): void;
}

export class Dispatch {
  readonly #context: GatewayContext;
  readonly #line: DispatchLine;
  #waiting: CallFrame[] = [];
  #waitingBytes = 0;
  #inFlight = 0;
  #accepted = 0;

  constructor(context: GatewayContext, line: DispatchLine) {
    this.#context = context;
    this.#line = line;
  }

  /** Whether nothing of theirs is under way. */
  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#waiting.length === 0;
  }

  /** Whether the socket should be read no further for now. */
  get isCrowded(): boolean {
    return this.#waiting.length >= this.#context.limits.theirCallsWaiting;
  }

  /** What makes a frame unfit for the actor, if anything does. */
  faultOf(frame: CallFrame): Failure | undefined {
    const { protocol, identity } = this.#line;
    const verdict = judgeRequest(protocol, frame.action, frame.payload, "received");
    if (verdict === "clean") return undefined;
    if (verdict !== "borne") return verdict;
    this.#context.counts.hit("borne", identity, frame.action);
    return undefined;
  }

  /** Passes a checked frame on, now or when those before it are answered. */
  accept(frame: CallFrame): void {
    const { limits, counts } = this.#context;
    if (this.#inFlight < limits.theirCallsAtOnce) {
      void this.#serve(frame);
    } else if (
      this.#waiting.length < limits.theirCallsWaitingMax &&
      this.#waitingBytes < limits.theirBytesWaitingMax
    ) {
      frame.trace?.stage("queue");
      this.#waiting.push(frame);
      this.#waitingBytes += frame.payloadText.length;
    } else {
      counts.hit("their-calls-waiting", this.#line.identity);
      frame.trace?.end("too many CALLs wait");
    }
  }

  /**
   * The socket has closed: what it sent before counts although the answers cannot be given (a
   * station may send StopTransaction and restart at once).
   */
  release(): void {
    const left = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const frame of left.slice(0, RELEASED_MAX)) void this.#serve(frame);
    for (const { trace } of left.slice(RELEASED_MAX)) {
      this.#context.counts.hit("their-calls-waiting", this.#line.identity);
      trace?.end("the socket has closed");
    }
  }

  async #serve(frame: CallFrame): Promise<void> {
    this.#inFlight++;
    const isBoot = frame.action === "BootNotification";
    if (isBoot) this.#line.booting(true);
    try {
      await this.#ask(frame);
    } catch (thrown) {
      const failure = failureOf(thrown);
      this.#fail(frame, failure, thrown);
      frame.trace?.end(failure.detail);
    } finally {
      frame.trace?.end();
      this.#inFlight--;
      if (isBoot) this.#line.booting(false);
      this.#takeNext();
      if (this.#inFlight === 0) this.#line.rested();
    }
  }

  async #ask(frame: CallFrame): Promise<void> {
    const { actors, clock, counts, limits, store } = this.#context;
    // An answered heartbeat would tell the station that it is online, and it would not queue.
    if (frame.action === "Heartbeat" && store.isAway) return this.#withhold(frame);
    const startedAt = this.#accepted++ % TIMED_EVERY === 0 ? clock.monotonic() : undefined;
    frame.trace?.stage("bus", "client");
    const header = this.#headerOf(frame);
    const answer = await actors.ask(
      this.#line.address,
      header,
      frame.payloadText,
      limits.askMs,
    );
    frame.trace?.adopt(answer.plugIn);
    frame.trace?.stage("answer");
    if (frame.type !== SEND) this.#answer(frame, answer);
    if (startedAt !== undefined) {
      counts.answerSeconds.observe((clock.monotonic() - startedAt) / 1_000);
    }
  }

  /**
   * The cause names the payload too: stations are in use that number every message alike, and a
   * second message must not get the first one's answer.
   */
  #headerOf(frame: CallFrame): OcppCallHeader & { readonly [extra: string]: string } {
    const { identity, epoch, protocol } = this.#line;
    const { action, messageId, payloadText, sentText = payloadText } = frame;
    const mark = stableHash(action + sentText).toString(36);
    const cause = `${identity}/${epoch}/${messageId}/${mark}`;
    const header = { type: "ocpp.call", cause, protocol, action, messageId, epoch } as const;
    return frame.trace === undefined ? header : { ...header, traceparent: frame.trace.traceparent };
  }

  #answer(frame: CallFrame, answer: ActorAnswer): void {
    const verdict = judgeResponse(
      this.#line.protocol,
      frame.action,
      JSON.parse(answer.text),
      "sent",
    );
    if (typeof verdict !== "string") {
      this.#context.counts.faultyResponses.add();
      this.#fail(frame, { kind: "bug", detail: verdict.detail }, verdict.detail);
      return;
    }
    this.#context.counts.answered.add();
    this.#line.write(encodeResult(frame.idText, answer.text));
    if (answer.journalled) return;
    this.#logCall(frame);
    logFrame(this.#context, this.#line, {
      direction: "out",
      messageType: "CALLRESULT",
      action: frame.action,
      messageId: frame.messageId,
      payload: answer.text,
    });
  }

  #fail(frame: CallFrame, failure: Failure, thrown: unknown): void {
    const { counts } = this.#context;
    if (failure.kind === "bug") {
      const { identity } = this.#line;
      const cause = thrown instanceof Error ? thrown.stack : String(thrown);
      counts.log("error", "a CALL failed", { station: identity, action: frame.action, cause });
    }
    const isOurTrouble = ourTrouble.has(failure.kind);
    if (isOurTrouble && neverRefusedForOurTrouble.has(frame.action)) return this.#withhold(frame);
    this.refuse(frame, failure);
  }

  #withhold(frame: CallFrame): void {
    this.#context.counts.withheld.add();
    this.#context.counts.hit("withheld", this.#line.identity, frame.action);
  }

  /** Answers a CALL by a CALLERROR; a SEND is never answered. */
  refuse(frame: CallFrame, failure: Failure): void {
    this.#logCall(frame);
    if (frame.type === SEND) return;
    const text = encodeCallError(this.#line.protocol, frame.idText, failure);
    if (text !== undefined) writeCallError(this.#context, this.#line, frame.action, text);
  }

  #logCall(frame: CallFrame): void {
    logFrame(this.#context, this.#line, {
      direction: "in",
      messageType: frame.type === SEND ? "SEND" : "CALL",
      action: frame.action,
      messageId: frame.messageId,
      payload: frame.payloadText,
    });
  }

  #takeNext(): void {
    if (this.#waiting.length === 0 || this.#inFlight >= this.#context.limits.theirCallsAtOnce) {
      return;
    }
    const next = this.#waiting.shift();
    if (!this.isCrowded) this.#line.eased();
    if (next === undefined) return;
    this.#waitingBytes -= next.payloadText.length;
    void this.#serve(next);
  }
}

/** Writes a CALLERROR of ours and logs it. */
export function writeCallError(
  context: GatewayContext,
  line: Line,
  action: string | null,
  text: string,
): void {
  const [, id, code] = JSON.parse(text) as [number, string | number, string];
  context.counts.callErrors.with(code).add();
  line.write(text);
  logFrame(context, line, {
    direction: "out",
    messageType: "CALLERROR",
    action,
    messageId: String(id),
    payload: text,
  });
}
