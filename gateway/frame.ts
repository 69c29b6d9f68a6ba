/**
 * The frames of OCPP-J (1.6J, 4; 2.0.1 and 2.1 Part 4, 4): text to meaning and back. The payload of
 * a CALL is parsed once, to check it, and its text passes on unchanged; so does a message id that
 * is a number.
 */
import type { ErrorKind } from "#schemas/errors.ts";
import type { MessageTrace } from "#engine/tracing.ts";
import { isStorable, refusalOf } from "./payload_guard.ts";

export const CALL = 2;
export const CALLRESULT = 3;
export const CALLERROR = 4;
/** OCPP 2.1 only. */
export const CALLRESULTERROR = 5;
export const SEND = 6;

/** A CALL or SEND of the station. */
export interface CallFrame {
  readonly type: typeof CALL | typeof SEND;
  /** The message id as JSON, to be echoed as it came. */
  readonly idText: string;
  readonly messageId: string;
  readonly action: string;
  readonly payload: unknown;
  readonly payloadText: string;
  /** As it came, where that was adapted: a repetition is known by it. */
  readonly sentText?: string;
  /** Only of a traced station. */
  readonly trace?: MessageTrace;
}

export interface ResultFrame {
  readonly type: typeof CALLRESULT;
  readonly messageId: string;
  readonly payload: unknown;
}

/** CALLERROR, or CALLRESULTERROR about a response of ours. */
export interface ErrorFrame {
  readonly type: typeof CALLERROR | typeof CALLRESULTERROR;
  readonly messageId: string;
  readonly code: string;
  readonly description: string;
  readonly details: unknown;
}

export interface BadFrame {
  readonly type: "bad";
  readonly kind: ErrorKind;
  readonly detail: string;
  /** Undefined when no id could be read. */
  readonly idText: string | undefined;
  /** The id stands in what is not JSON as a whole: 1.6 stations may use it, 2.x are told "-1". */
  readonly isIdGuessed: boolean;
  /** False for what may be an answer to us: answering that would never end. */
  readonly isAnswerable: boolean;
  readonly action: string | null;
}

export type Frame = CallFrame | ResultFrame | ErrorFrame | BadFrame;

/** The standards allow 36; stations with longer ones work as long as they are echoed. */
export const MESSAGE_ID_MAX = 128;

const ACTION_MAX = 64;

const callStart =
  /^\s*\[\s*(2|6)\s*,\s*("[ !#-[\]-~]{0,128}"|-?\d{1,15})\s*,\s*"([A-Za-z0-9]{1,64})"\s*,\s*/;

/** Finds an id in what is not JSON as a whole, or a number as it was written. */
const idStart = /^\s*\[\s*(\d+)\s*,\s*("(?:[^"\\]|\\.){0,128}"|-?\d[\d.eE+-]{0,30})\s*[,\]]/;

/** Reads one text frame of a station. Never throws. */
export function decodeFrame(text: string): Frame {
  const start = callStart.exec(text);
  if (start === null) return decodeSlowly(text);
  const end = text.lastIndexOf("]");
  const payloadText = text.slice(start[0].length, end);
  const payload = parseJson(payloadText);
  if (payload === unparsable || !isBlankFrom(text, end + 1)) return decodeSlowly(text);
  const [, type = "2", idText = "", action = ""] = start;
  const messageId = idText.startsWith('"') ? idText.slice(1, -1) : idText;
  const refusal = refusalOf(payloadText, payload);
  if (refusal !== undefined) return bad("malformed", refusal, { idText, action });
  return { type: type === "2" ? CALL : SEND, idText, messageId, action, payload, payloadText };
}

export function encodeCall(messageId: string, action: string, payloadText: string): string {
  return `[2,${JSON.stringify(messageId)},${JSON.stringify(action)},${payloadText}]`;
}

/** `idText` is the id as JSON. */
export function encodeResult(idText: string, payloadText: string): string {
  return `[3,${idText},${payloadText}]`;
}

export function encodeError(
  idText: string,
  code: string,
  description: string,
  details: unknown,
): string {
  return `[4,${idText},${JSON.stringify(code)},${JSON.stringify(description)},${
    JSON.stringify(details)
  }]`;
}

const unparsable = Symbol("unparsable");

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return unparsable;
  }
}

function isBlankFrom(text: string, index: number): boolean {
  return index === text.length || text.slice(index).trim() === "";
}

function decodeSlowly(text: string): Frame {
  const value = parseJson(text);
  if (value === unparsable) return decodeBroken(text);
  if (!Array.isArray(value) || typeof value[0] !== "number") {
    return bad("unreadable-frame", "the frame is no array that starts with a message type");
  }
  const elements: readonly unknown[] = value;
  const idText = idTextOf(text, elements[1]);
  const refusal = refusalOf(text, value);
  if (refusal !== undefined) {
    const isAnswerable = elements[0] === CALL;
    return bad("malformed", refusal, { idText, isAnswerable });
  }
  switch (elements[0]) {
    case CALL:
    case SEND:
      return decodeCall(elements, idText, elements[0]);
    case CALLRESULT:
      return decodeResult(elements, idText);
    case CALLERROR:
    case CALLRESULTERROR:
      return decodeError(elements, idText, elements[0]);
    default:
      return bad("unknown-message-type", "the message type is unknown", { idText });
  }
}

/** Not JSON: a CALL whose start can be read gets its id back (OCPP 1.6J), the rest none. */
function decodeBroken(text: string): BadFrame {
  const match = idStart.exec(text);
  const detail = "the frame is not JSON";
  if (match === null) return bad("unreadable-frame", detail);
  const isId = match[2] !== undefined && parseJson(match[2]) !== unparsable;
  return {
    ...bad("unreadable-frame", detail, { isAnswerable: match[1] === "2" }),
    idText: isId ? match[2] : undefined,
    isIdGuessed: true,
  };
}

function decodeCall(
  elements: readonly unknown[],
  idText: string | undefined,
  type: typeof CALL | typeof SEND,
): Frame {
  const isAnswerable = type === CALL;
  const [, , action, payload] = elements;
  if (idText === undefined) {
    return bad("unreadable-frame", "the message id cannot be read", { isAnswerable });
  }
  if (typeof action !== "string" || elements.length !== 4) {
    const detail = "the frame is not [type, id, action, payload]";
    return bad("unreadable-frame", detail, { idText, isAnswerable });
  }
  const messageId = idOf(idText);
  return {
    type,
    idText,
    messageId,
    action: action.slice(0, ACTION_MAX),
    payload,
    payloadText: JSON.stringify(payload),
  };
}

function decodeResult(elements: readonly unknown[], idText: string | undefined): Frame {
  if (idText === undefined || elements.length < 3) {
    const detail = "the CALLRESULT is not [3, id, payload]";
    return bad("unreadable-frame", detail, { idText, isAnswerable: false });
  }
  return { type: CALLRESULT, messageId: idOf(idText), payload: elements[2] };
}

function decodeError(
  elements: readonly unknown[],
  idText: string | undefined,
  type: typeof CALLERROR | typeof CALLRESULTERROR,
): Frame {
  if (idText === undefined) {
    const detail = "the CALLERROR is not [4, id, code, description, details]";
    return bad("unreadable-frame", detail, { isAnswerable: false });
  }
  const [, , code, description, details] = elements;
  return {
    type,
    messageId: idOf(idText),
    code: typeof code === "string" ? code : "GenericError",
    description: typeof description === "string" ? description : "",
    details: typeof details === "object" && details !== null ? details : {},
  };
}

/** The id as JSON; a number keeps the digits it was sent with. */
function idTextOf(text: string, id: unknown): string | undefined {
  if (typeof id === "number") return idStart.exec(text)?.[2] ?? String(id);
  if (typeof id !== "string" || id.length > MESSAGE_ID_MAX || !isStorable(id)) return undefined;
  return JSON.stringify(id);
}

function idOf(idText: string): string {
  return idText.startsWith('"') ? String(JSON.parse(idText)) : idText;
}

interface BadOptions {
  readonly idText?: string | undefined;
  readonly isAnswerable?: boolean;
  readonly action?: string;
}

function bad(kind: ErrorKind, detail: string, options: BadOptions = {}): BadFrame {
  return {
    type: "bad",
    kind,
    detail: `Cannot read the frame: ${detail}`,
    idText: options.idText,
    isIdGuessed: false,
    isAnswerable: options.isAnswerable ?? true,
    action: options.action ?? null,
  };
}
