/**
 * How messages are spelled inside one bus message: a head with ids and lengths, then the texts one
 * after the other, so that nothing is quoted or parsed on the way. Lengths are in UTF-16 units of
 * the decoded text.
 */

/** First character of each bus message; raised when its form changes. */
const VERSION = "1";

export interface SentMessage {
  /** How long the asker still waits, in whole ms; undefined for a tell. */
  readonly remainingMs: number | undefined;
  readonly text: string;
}

/**
 * Messages of one sender to one subject, in order; the id of an ask is `firstId` plus its place.
 */
export interface MessageFrame {
  readonly firstId: number;
  readonly messages: readonly SentMessage[];
}

export function encodeMessages(firstId: number, messages: readonly SentMessage[]): string {
  const heads = messages.map(({ remainingMs, text }) =>
    `${remainingMs === undefined ? "" : Math.ceil(remainingMs)}:${text.length}`
  );
  const texts = messages.length === 1 ? messages[0]?.text : messages.map(textOf).join("");
  return `${VERSION}${firstId}\n${heads.join(" ")}\n${texts}`;
}

/** @throws {TypeError} when it is of another version or broken. */
export function decodeMessages(frame: string): MessageFrame {
  const { first, heads, bodyAt } = splitFrame(frame);
  const messages: SentMessage[] = [];
  let at = bodyAt;
  for (const head of heads) {
    const colon = head.indexOf(":");
    const end = at + Number(head.slice(colon + 1));
    const remainingMs = colon === 0 ? undefined : Number(head.slice(0, colon));
    messages.push({ remainingMs, text: frame.slice(at, end) });
    at = end;
  }
  assertWhole(frame, at);
  return { firstId: Number(first), messages };
}

/** An answer to an ask: its text, or an error document as JSON text. */
export interface SentAnswer {
  readonly id: number;
  readonly isError: boolean;
  readonly text: string;
}

export function encodeAnswers(answers: readonly SentAnswer[]): string {
  const heads = answers.map(({ id, isError, text }) => `${id}${isError ? "!" : ":"}${text.length}`);
  const texts = answers.length === 1 ? answers[0]?.text : answers.map(textOf).join("");
  return `${VERSION}\n${heads.join(" ")}\n${texts}`;
}

/** @throws {TypeError} when it is of another version or broken. */
export function decodeAnswers(frame: string): readonly SentAnswer[] {
  const { heads, bodyAt } = splitFrame(frame);
  const answers: SentAnswer[] = [];
  let at = bodyAt;
  for (const head of heads) {
    const mark = Math.max(head.indexOf(":"), head.indexOf("!"));
    const end = at + Number(head.slice(mark + 1));
    const isError = head.charAt(mark) === "!";
    answers.push({ id: Number(head.slice(0, mark)), isError, text: frame.slice(at, end) });
    at = end;
  }
  assertWhole(frame, at);
  return answers;
}

function textOf(message: { readonly text: string }): string {
  return message.text;
}

interface SplitFrame {
  readonly first: string;
  readonly heads: readonly string[];
  readonly bodyAt: number;
}

function splitFrame(frame: string): SplitFrame {
  const firstEnd = frame.indexOf("\n");
  const headsEnd = frame.indexOf("\n", firstEnd + 1);
  if (!frame.startsWith(VERSION) || firstEnd === -1 || headsEnd === -1) {
    throw new TypeError(`Cannot read a bus message: it starts with "${frame.slice(0, 20)}"`);
  }
  return {
    first: frame.slice(1, firstEnd),
    heads: frame.slice(firstEnd + 1, headsEnd).split(" "),
    bodyAt: headsEnd + 1,
  };
}

function assertWhole(frame: string, end: number): void {
  if (end === frame.length) return;
  throw new TypeError(`Cannot read a bus message: ${frame.length} characters instead of ${end}`);
}
