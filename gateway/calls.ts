/**
 * Our CALLs to one station, one at a time: sending a second before the first is answered or timed
 * out is forbidden on a connection (OCPP 1.6J, 4.1.1; 2.0.1 Part 4, 4.1.1). Their CALLs cross ours.
 */
import type { GatewayOrder, OcppAnswer, OcppAnswerHeader } from "#schemas/events/gateway.ts";
import { toPlatformError } from "#schemas/errors.ts";
import { judgeRequest, judgeResponse, type SchemaFault } from "#schemas/ocpp_schemas.ts";
import { errorCodes } from "./call_error.ts";
import type { GatewayContext, Line } from "./context.ts";
import { encodeCall, type ErrorFrame, type ResultFrame } from "./frame.ts";
import { openedPayload } from "./sealed_payload.ts";

export type CallOrder = Extract<GatewayOrder, { readonly order: "call" }>;

interface WaitingCall {
  readonly order: CallOrder;
  readonly payloadText: string;
  readonly expiresAt: number;
}

export class Calls {
  readonly #context: GatewayContext;
  readonly #line: Line;
  /** By priority, then by arrival. */
  readonly #waiting: WaitingCall[] = [];
  #current: CallOrder | undefined;
  #deadline = 0;
  #isHeld = false;

  constructor(context: GatewayContext, line: Line) {
    this.#context = context;
    this.#line = line;
  }

  /** Whether `sweep` has something to look after. */
  get isBusy(): boolean {
    return this.#current !== undefined || this.#waiting.length > 0;
  }

  /** Sends it now or when its turn comes. What became of it is told to the station's actor. */
  offer(order: CallOrder): void {
    const payloadText = this.#textOf(order);
    if (payloadText === undefined) return;
    const expiresAt = this.#context.clock.monotonic() + order.queueMs;
    const call = { order, payloadText, expiresAt };
    if (this.#current === undefined && !this.#isHeld) this.#send(call, false);
    else this.#enqueue(call);
  }

  /** Undefined when it may not leave, which its actor has been told then. */
  #textOf(order: CallOrder): string | undefined {
    const { counts, serverKey } = this.#context;
    const fail = ({ kind, detail }: Pick<SchemaFault, "kind" | "detail">): undefined => {
      counts.faultyResponses.add();
      const code = errorCodes[this.#line.protocol][kind] ?? "GenericError";
      this.#tell(order, {
        outcome: "failed",
        error: { code, description: detail, details: {} },
      });
    };
    try {
      const { payload, text } = openedPayload(order.payload ?? {}, order, serverKey);
      const verdict = judgeRequest(this.#line.protocol, order.action, payload, "sent");
      return typeof verdict === "string" ? text : fail(verdict);
    } catch (thrown) {
      const { kind, message } = toPlatformError(thrown);
      return fail({ kind, detail: message });
    }
  }

  /**
   * Keeps CALLs back while a BootNotification has no answer yet: what reaches a station before it
   * knows that it is accepted is refused by it (OCPP 1.6J 4.2; 2.0.1 Part 2, B01-B03).
   */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (this.#current === undefined) this.#sendNext();
  }

  /** Takes a CALLRESULT or CALLERROR; false when it answers nothing that is open. */
  settle(frame: ResultFrame | ErrorFrame): boolean {
    const order = this.#current;
    if (order === undefined || order.messageId !== frame.messageId) return false;
    this.#current = undefined;
    this.#tell(order, this.#outcomeOf(order.action, frame));
    this.#sendNext();
    return true;
  }

  /** Gives up what was not answered or had to wait for too long. */
  sweep(now: number): void {
    if (this.#current !== undefined && now >= this.#deadline) {
      const late = this.#current;
      this.#current = undefined;
      this.#context.lateCalls.add(this.#line.identity, late.messageId, late.epoch);
      this.#tell(late, { outcome: "timedOut" });
    }
    for (let index = this.#waiting.length - 1; index >= 0; index--) {
      const call = this.#waiting[index];
      if (call === undefined || now < call.expiresAt) continue;
      this.#waiting.splice(index, 1);
      this.#tell(call.order, { outcome: "expired" });
    }
    if (this.#current === undefined) this.#sendNext();
  }

  /** Nothing more leaves: what waits is told never to have left. */
  dropWaiting(): void {
    for (const { order } of this.#waiting.splice(0)) this.#tell(order, { outcome: "expired" });
  }

  /** The socket is gone: what was written may have arrived, what waited never left. */
  close(): void {
    const open = this.#current;
    this.#current = undefined;
    if (open !== undefined) {
      this.#context.lateCalls.add(this.#line.identity, open.messageId, open.epoch);
      this.#tell(open, { outcome: "unknown" });
    }
    this.dropWaiting();
  }

  #enqueue(call: WaitingCall): void {
    const { limits, counts } = this.#context;
    const after = this.#waiting.findIndex(({ order }) => order.priority > call.order.priority);
    this.#waiting.splice(after === -1 ? this.#waiting.length : after, 0, call);
    if (this.#waiting.length <= limits.ourCallsWaitingMax) return;
    counts.hit("our-calls-waiting", this.#line.identity);
    const last = this.#waiting.pop();
    if (last !== undefined) this.#tell(last.order, { outcome: "expired" });
  }

  #sendNext(): void {
    if (this.#isHeld) return;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#send(next, true);
  }

  #send({ order, payloadText }: WaitingCall, hasWaited: boolean): void {
    if (!this.#line.write(encodeCall(order.messageId, order.action, payloadText))) {
      this.#tell(order, { outcome: "expired" });
      return;
    }
    this.#current = order;
    this.#deadline = this.#context.clock.monotonic() + order.timeoutMs;
    if (hasWaited) this.#tell(order, { outcome: "sent" });
  }

  #outcomeOf(action: string, frame: ResultFrame | ErrorFrame): OcppAnswer {
    if (!("payload" in frame)) return failed(frame);
    const { protocol, identity } = this.#line;
    const verdict = judgeResponse(protocol, action, frame.payload, "received");
    if (verdict !== "clean") this.#context.counts.hit("borne", identity, action);
    if (typeof verdict === "string" || isObject(frame.payload)) {
      return { outcome: "answered", response: frame.payload };
    }
    const code = errorCodes[protocol].malformed ?? "GenericError";
    return { outcome: "failed", error: { code, description: verdict.detail, details: {} } };
  }

  #tell(order: CallOrder, answer: OcppAnswer): void {
    tellAnswer(
      this.#context,
      this.#line,
      { messageId: order.messageId, epoch: order.epoch },
      answer,
    );
  }
}

/** A result whose CALL is no longer open, or was never known here: the actor may know it. */
export function tellLateAnswer(
  context: GatewayContext,
  line: Line,
  frame: ResultFrame | ErrorFrame,
  epoch: string,
): void {
  const answer: OcppAnswer = "payload" in frame
    ? { outcome: "answered", response: frame.payload, late: true }
    : { ...failed(frame), late: true };
  tellAnswer(context, line, { messageId: frame.messageId, epoch }, answer);
}

/** Tells the station's actor what became of a CALL of ours. */
export function tellAnswer(
  context: GatewayContext,
  station: Pick<Line, "address">,
  call: { readonly messageId: string; readonly epoch: string },
  answer: OcppAnswer,
): void {
  const isLate = "late" in answer;
  context.counts.ourCalls.with(isLate ? "late" : answer.outcome).add();
  const header: OcppAnswerHeader & { readonly [extra: string]: string } = {
    type: "ocpp.answer",
    cause: `answer/${call.messageId}/${isLate ? "late" : answer.outcome}`,
    messageId: call.messageId,
    epoch: call.epoch,
  };
  void context.reports.tell({ to: station.address, header, body: JSON.stringify(answer) });
}

function failed(frame: ErrorFrame): Extract<OcppAnswer, { readonly outcome: "failed" }> {
  const { code, description, details } = frame;
  return { outcome: "failed", error: { code, description, details } };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
