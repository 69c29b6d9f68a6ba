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

/** Version, trace, span and flags of a W3C traceparent, with their dashes. */
const TRACEPARENT_LENGTH = 55;

/**
 * `J` or `N` (journalled or not), then the answer's JSON text. Of a traced message that belongs to
 * a plug-in: `T` and the plug-in's traceparent before that.
 */
export function encodeAnswer(text: string, journalled: boolean, plugIn?: string): string {
  const answer = (journalled ? "J" : "N") + text;
  return plugIn === undefined ? answer : `T${plugIn}${answer}`;
}

export function decodeAnswer(text: string): ActorAnswer {
  if (!text.startsWith("T")) return { journalled: text.startsWith("J"), text: text.slice(1) };
  const end = 1 + TRACEPARENT_LENGTH;
  return { ...decodeAnswer(text.slice(end)), plugIn: text.slice(1, end) };
}
