import { Type } from "@sinclair/typebox";
import {
  Identifier,
  Instant,
  listQuery,
  nullable,
  NullableInstant,
  oneOf,
  ReadOnly,
  type Static,
} from "./shape.ts";

export const messageFormats = ["ASCII", "HTML", "URI", "UTF8", "QRCODE"] as const;
export const messagePriorities = ["AlwaysFront", "InFront", "NormalCycle"] as const;
/** The last two came with 2.1. */
export const messageStates = [
  "Charging",
  "Faulted",
  "Idle",
  "Unavailable",
  "Suspended",
  "Discharging",
] as const;

/** MessageContentType.content of 2.1; 2.0.1 has half of it. */
const CONTENT_MAX = 1_024;

export const MessageId = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });

export const MessageContent = Type.Object({
  content: Type.String({ minLength: 1, maxLength: CONTENT_MAX, pattern: "^[^\\u0000]+$" }),
  format: Type.Optional(oneOf(messageFormats, { description: "Absent = UTF8" })),
  language: Type.Optional(
    nullable(Type.String({ minLength: 2, maxLength: 8, pattern: "^[A-Za-z][A-Za-z0-9-]+$" })),
  ),
}, { additionalProperties: false, title: "MessageContent" });

export const messageFields = {
  message: MessageContent,
  priority: oneOf(messagePriorities),
  state: Type.Optional(
    nullable(oneOf(messageStates, { description: "Shown only then; absent = always" })),
  ),
  startAt: Type.Optional(nullable(Instant)),
  endAt: Type.Optional(nullable(Instant)),
  sessionId: Type.Optional(
    nullable(Type.Unsafe<string>({ ...Identifier, description: "It vanishes with the session" })),
  ),
  evseId: Type.Optional(
    nullable(Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: "Whose display" })),
  ),
};

/** Of the station; the id is drawn by the platform. */
export const DisplayMessageCreate = Type.Object(messageFields, {
  additionalProperties: false,
  title: "DisplayMessageCreate",
});
export type DisplayMessageCreate = Static<typeof DisplayMessageCreate>;

export const DisplayMessageReplace = Type.Object({ id: ReadOnly, ...messageFields }, {
  additionalProperties: false,
  title: "DisplayMessageReplace",
});
export type DisplayMessageReplace = Static<typeof DisplayMessageReplace>;

export const displayMessageStatuses = [
  /** On its way to the station. */
  "pending",
  "accepted",
  "rejected",
  "failed",
  /** The station did not answer: it may show it or not. */
  "unanswered",
  "clearing",
  /** The station has it, and it was not set by this platform. */
  "reported",
] as const;

const said = {
  /** Texts as the station has them: what it reports need not be what we would take. */
  message: Type.Object({
    content: Type.String(),
    format: Type.String(),
    language: Type.Optional(Type.String()),
  }),
  priority: Type.String(),
  state: nullable(Type.String()),
  startAt: NullableInstant,
  endAt: NullableInstant,
  transactionId: nullable(Type.String()),
  sessionId: nullable(Identifier),
  evseId: nullable(Type.Integer()),
};

const outcome = {
  status: oneOf(displayMessageStatuses),
  answer: nullable(Type.String({ description: "The station's word, for example Accepted" })),
  reason: nullable(Type.String()),
  at: Instant,
  commandId: nullable(Identifier),
};

export const DisplayMessage = Type.Object({
  id: MessageId,
  ...said,
  ...outcome,
  shown: Type.Boolean({ description: "The station has it, as far as is known" }),
  confirmed: Type.Boolean({ description: "The station has reported it, just so" }),
  confirmedAt: NullableInstant,
  attempt: nullable(Type.Object({ ...said, ...outcome }, {
    description: "A change of it that is under way, or that the station did not take",
  })),
}, { title: "DisplayMessage" });
export type DisplayMessage = Static<typeof DisplayMessage>;

export const DisplayMessageQuery = Type.Object(listQuery, { additionalProperties: false });
export type DisplayMessageQuery = Static<typeof DisplayMessageQuery>;

export const DisplayMessageParams = Type.Object({ id: Identifier, messageId: MessageId });
