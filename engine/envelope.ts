/**
 * How a message to an actor and its answer are spelled on the bus: three lines (address, header as
 * JSON, body as JSON text), so that the body passes unparsed and unquoted from the socket to the
 * journal.
 */
import { PlatformError } from "#schemas/errors.ts";
import type { ActorAnswer, MessageHeader } from "./ports/actors.ts";

export interface Envelope {
  readonly to: string;
  readonly header: MessageHeader;
  readonly headerText: string;
  readonly bodyText: string;
}

export function encodeEnvelope(to: string, header: MessageHeader, body: string): string {
  return `${to}\n${JSON.stringify(header)}\n${body}`;
}

/** @throws {PlatformError} "unreadable-frame" when it is not three lines with a JSON header. */
export function decodeEnvelope(text: string): Envelope {
  const first = text.indexOf("\n");
  const second = text.indexOf("\n", first + 1);
  if (first < 1 || second === -1) {
    throw new PlatformError("unreadable-frame", "Cannot read a bus message: not three lines");
  }
  const headerText = text.slice(first + 1, second);
  return {
    to: text.slice(0, first),
    header: JSON.parse(headerText) as MessageHeader,
    headerText,
    bodyText: text.slice(second + 1),
  };
}

/** `J` or `N` (journalled or not), then the answer's JSON text. */
export function encodeAnswer(text: string, journalled: boolean): string {
  return (journalled ? "J" : "N") + text;
}

export function decodeAnswer(text: string): ActorAnswer {
  return { journalled: text.startsWith("J"), text: text.slice(1) };
}
