/** Messages on the station's display (OCPP 2.0.1 Part 2, O); 1.6 has no word for any of them. */
import { Type } from "@sinclair/typebox";
import { type CommandOutcome, outcomeOfStatus } from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { formatInstant, parseInstant } from "#schemas/instant.ts";
import {
  messageFields,
  MessageId,
  messagePriorities,
  messageStates,
} from "#schemas/rest/display_message.ts";
import { nullable, oneOf, type Static } from "#schemas/rest/shape.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { defineStationCommand, type StationCommand, unsupported } from "./define.ts";

const FORMAT_DEFAULT = "UTF8";

/** What 2.1 has more than 2.0.1. */
const only21: ReadonlySet<string> = new Set(["QRCODE", "Suspended", "Discharging"]);

/** MessageContentType.content of 2.0.1; 2.1 has 1,024. */
const CONTENT_MAX_201 = 512;
const IDS_MAX = 100;
/** More than any display cycles through; also what a station may hold of one platform. */
export const MESSAGES_MAX = 200;

const SetBody = Type.Object({ id: MessageId, ...messageFields }, {
  additionalProperties: false,
  title: "SetDisplayMessage",
});
type SetBody = Static<typeof SetBody>;

/** Keys of items that are not messages themselves. */
const ofMessage = /^\d+$/;

export const displayMessagesCommands = {
  /** OCPP 2.0.1 Part 2, O01, O02, O06. */
  "set-display-message": defineStationCommand({
    summary: "Puts a message on the display; one of the same id is replaced",
    body: SetBody,
    isIdempotent: true,
    reads: ["display-message"],
    to16: () => none16("set a display message"),
    to2: (body, facts) => {
      requireRoom(body.id, facts.items);
      requireKnown(body, facts.protocol);
      const transactionId = body.sessionId ?? undefined;
      const message = messageInfo(
        body,
        transactionId === undefined ? undefined : facts.transactionOf(transactionId),
      );
      return { action: "SetDisplayMessage", payload: { message } };
    },
  }),
  /** OCPP 2.0.1 Part 2, O05. */
  "clear-display-message": defineStationCommand({
    summary: "Takes a message off the display",
    body: Type.Object({ id: MessageId }, {
      additionalProperties: false,
      title: "ClearDisplayMessage",
    }),
    isIdempotent: true,
    to16: () => none16("clear a display message"),
    to2: ({ id }) => ({ action: "ClearDisplayMessage", payload: { id } }),
  }),
  /** OCPP 2.0.1 Part 2, O03, O04. */
  "get-display-messages": defineStationCommand({
    summary: "Asks which messages the station has; it reports them afterwards",
    body: Type.Object({
      ids: Type.Optional(nullable(Type.Array(MessageId, { minItems: 1, maxItems: IDS_MAX }))),
      priority: Type.Optional(nullable(oneOf(messagePriorities))),
      state: Type.Optional(nullable(oneOf(messageStates))),
    }, { additionalProperties: false, title: "GetDisplayMessages" }),
    isIdempotent: true,
    to16: () => none16("ask for display messages"),
    to2: ({ ids, priority, state }, { protocol, requestId }) => {
      requireSince21(state ?? null, "/state", protocol);
      return {
        action: "GetDisplayMessages",
        payload: {
          ...present("id", ids),
          requestId,
          ...present("priority", priority),
          ...present("state", state),
        },
      };
    },
    toOutcome: reportOutcome,
  }),
} as const satisfies Record<string, StationCommand>;

/** That it has no such message is an answer as good as any. */
function reportOutcome(response: unknown): CommandOutcome {
  const outcome = outcomeOfStatus(response);
  return outcome.reason.startsWith("Unknown") ? { ...outcome, status: "accepted" } : outcome;
}

/** MessageInfoType in the order of its table. */
function messageInfo(
  body: SetBody,
  transactionId: string | undefined,
): Readonly<Record<string, unknown>> {
  const { id, priority, state, startAt, endAt, message: { language, content } } = body;
  return {
    id,
    priority,
    ...present("state", state),
    ...present("startDateTime", instantOf(startAt)),
    ...present("endDateTime", instantOf(endAt)),
    ...present("transactionId", transactionId),
    message: {
      format: body.message.format ?? FORMAT_DEFAULT,
      ...present("language", language),
      content,
    },
    ...(typeof body.evseId === "number"
      ? { display: { name: "Display", evse: { id: body.evseId } } }
      : {}),
  };
}

function present(name: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined || value === null ? {} : { [name]: value };
}

function instantOf(text: string | null | undefined): string | null {
  const at = parseInstant(text);
  return at === null ? null : formatInstant(at);
}

function none16(deed: string): never {
  throw unsupported(deed, "OCPP 1.6");
}

/** @throws {PlatformError} "conflict" when the station would hold too many messages of ours. */
function requireRoom(id: number, items: readonly StationItem[]): void {
  const others = items.filter(({ key }) => ofMessage.test(key) && key !== String(id));
  if (others.length < MESSAGES_MAX) return;
  throw new PlatformError(
    "conflict",
    `Cannot set a display message: the station has ${MESSAGES_MAX} already, clear some first`,
  );
}

/** @throws {PlatformError} "invalid-value" for what this version cannot carry. */
function requireKnown(body: SetBody, protocol: OcppProtocol): void {
  const { message: { content, format = FORMAT_DEFAULT }, startAt, endAt } = body;
  requireSince21(format, "/message/format", protocol);
  requireSince21(body.state ?? null, "/state", protocol);
  if (protocol !== "ocpp2.1" && content.length > CONTENT_MAX_201) {
    const detail = `must have at most ${CONTENT_MAX_201} characters for ${protocol}`;
    throw invalid("/message/content", detail);
  }
  const from = parseInstant(startAt);
  const to = parseInstant(endAt);
  if (from !== null && to !== null && to <= from) throw invalid("/endAt", "must be after startAt");
}

function requireSince21(word: string | null, pointer: string, protocol: OcppProtocol): void {
  if (word === null || protocol === "ocpp2.1" || !only21.has(word)) return;
  throw invalid(pointer, `${word} came with OCPP 2.1; the station speaks ${protocol}`);
}

function invalid(pointer: string, detail: string): PlatformError {
  return new PlatformError("invalid-value", `Cannot set the display message: ${detail}`, {
    fields: [{ pointer, detail }],
  });
}
