import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { judgeRequest, judgeResponse } from "#schemas/ocpp_schemas.ts";

export type Payload = Readonly<Record<string, unknown>>;
export type Side = "station" | "platform";

/** One frame, or one end of a handshake or connection, as it was on the wire. */
export interface RecordedFrame {
  readonly at: string;
  readonly station: string;
  readonly protocol: OcppProtocol | null;
  readonly from: Side;
  /** A parsed OCPP-J frame. */
  readonly frame?: readonly unknown[];
  /** An upgrade, its answer or a close, in words. */
  readonly event?: string;
}

/** The shapes of a frame and what breaks them. CALLERROR codes: 1.6J, 4.2.3; 2.x Part 4, 4.3. */
const codesOf16: ReadonlySet<string> = new Set([
  "NotImplemented",
  "NotSupported",
  "InternalError",
  "ProtocolError",
  "SecurityError",
  "FormationViolation",
  "PropertyConstraintViolation",
  "OccurenceConstraintViolation",
  "TypeConstraintViolation",
  "GenericError",
]);
const codesOf2x: ReadonlySet<string> = new Set([
  "FormatViolation",
  "GenericError",
  "InternalError",
  "MessageTypeNotSupported",
  "NotImplemented",
  "NotSupported",
  "OccurrenceConstraintViolation",
  "PropertyConstraintViolation",
  "ProtocolError",
  "RpcFrameworkError",
  "SecurityError",
  "TypeConstraintViolation",
]);
const MESSAGE_ID_MAX = 36;
const DESCRIPTION_MAX = 255;

/** All that went over the wire in one case, and what was wrong with the platform's part of it. */
export class Recording {
  readonly frames: RecordedFrame[] = [];
  readonly breaches: string[] = [];

  note(frame: Omit<RecordedFrame, "at">): void {
    this.frames.push({ at: new Date().toISOString(), ...frame });
  }

  breach(text: string): void {
    this.breaches.push(text);
  }
}

/** What is wrong with a CALL of the platform, by the framework and the official schema. */
export function faultsOfCall(protocol: OcppProtocol, frame: readonly unknown[]): string[] {
  const [, messageId, action, payload] = frame;
  const faults: string[] = [];
  if (frame.length !== 4) faults.push(`a CALL has ${frame.length} elements`);
  if (typeof messageId !== "string" || messageId === "" || messageId.length > MESSAGE_ID_MAX) {
    faults.push(`the message id ${JSON.stringify(messageId)} is none`);
  }
  const verdict = judgeRequest(protocol, String(action), payload, "sent");
  if (typeof verdict !== "string") faults.push(verdict.detail);
  return faults;
}

/** What is wrong with the platform's answer to `action`. */
export function faultsOfAnswer(
  protocol: OcppProtocol,
  action: string,
  frame: readonly unknown[],
): string[] {
  if (frame[0] === 4) return faultsOfError(protocol, frame);
  if (frame.length !== 3) return [`a CALLRESULT has ${frame.length} elements`];
  const verdict = judgeResponse(protocol, action, frame[2], "sent");
  return typeof verdict === "string" ? [] : [verdict.detail];
}

function faultsOfError(protocol: OcppProtocol, frame: readonly unknown[]): string[] {
  const [, , code, description, details] = frame;
  const codes = protocol === "ocpp1.6" ? codesOf16 : codesOf2x;
  const faults: string[] = [];
  if (frame.length !== 5) faults.push(`a CALLERROR has ${frame.length} elements`);
  if (!codes.has(String(code))) faults.push(`${protocol} has no error code ${String(code)}`);
  if (typeof description !== "string" || description.length > DESCRIPTION_MAX) {
    faults.push("the description of a CALLERROR is no text of at most 255 characters");
  }
  if (typeof details !== "object" || details === null || Array.isArray(details)) {
    faults.push("the details of a CALLERROR are no object");
  }
  return faults;
}

/**
 * A station's own words must be clean too, or the case would prove something else.
 * @throws {Error} naming the first breach.
 */
export function requireClean(
  protocol: OcppProtocol,
  action: string,
  payload: unknown,
  part: "request" | "response",
): void {
  const judge = part === "request" ? judgeRequest : judgeResponse;
  const verdict = judge(protocol, action, payload, "received");
  if (verdict === "clean") return;
  const why = verdict === "borne" ? "it breaks the official schema" : verdict.detail;
  throw new Error(`Cannot script the ${part} ${action}: ${why}`);
}
