/** Frames that can be read and have no meaning on this socket. */
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { Failure } from "./call_error.ts";
import { type BadFrame, CALLRESULTERROR, type Frame, SEND } from "./frame.ts";

export const binaryFrame: BadFrame = {
  type: "bad",
  kind: "unreadable-frame",
  detail: "Cannot read the frame: it is binary",
  idText: undefined,
  isIdGuessed: false,
  isAnswerable: true,
  action: null,
};

/** SEND and CALLRESULTERROR came with 2.1. */
export function isOfVersion(frame: Exclude<Frame, BadFrame>, protocol: OcppProtocol): boolean {
  return protocol === "ocpp2.1" || (frame.type !== SEND && frame.type !== CALLRESULTERROR);
}

export function unknownType(frame: Exclude<Frame, BadFrame>): BadFrame {
  const failure: Failure = {
    kind: "unknown-message-type",
    detail: "Cannot read the frame: the message type is unknown in this version",
  };
  const idText = "idText" in frame ? frame.idText : JSON.stringify(frame.messageId);
  return { type: "bad", ...failure, idText, isIdGuessed: false, isAnswerable: true, action: null };
}
