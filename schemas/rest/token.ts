import { Type } from "@sinclair/typebox";
import { tokenStatuses } from "#schemas/events/token.ts";
import { Instant, listQuery, nullable, oneOf, ReadOnly, type Static } from "./shape.ts";

/** OCPP 2.x IdTokenEnum: an open list since 2.1, so any name of that form is taken. */
const TokenType = Type.String({ minLength: 1, maxLength: 20, pattern: "^[A-Za-z0-9._-]+$" });
/** OCPP 2.1 allows 255 characters; 1.6 stations send at most 20. */
const Uid = Type.String({ minLength: 1, maxLength: 255, pattern: "^[^\\u0000-\\u001f\\u007f]+$" });

const settings = {
  type: Type.String({ ...TokenType, default: "ISO14443" }),
  status: oneOf(tokenStatuses, { default: "Accepted" }),
  groupId: Type.Optional(nullable(Uid)),
  expiresAt: Type.Optional(nullable(Instant)),
  concurrentSessions: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: 1,
    description: "0 = no limit",
  }),
};

export const TokenCreate = Type.Object({ uid: Uid, ...settings, createdAt: ReadOnly }, {
  additionalProperties: false,
  title: "TokenCreate",
});
export type TokenCreate = Static<typeof TokenCreate>;

export const TokenReplace = Type.Object({
  uid: Type.Optional(Uid),
  ...settings,
  createdAt: ReadOnly,
}, { additionalProperties: false, title: "TokenReplace" });
export type TokenReplace = Static<typeof TokenReplace>;

export const TokenPatch = Type.Object({
  uid: ReadOnly,
  createdAt: ReadOnly,
  type: Type.Optional(TokenType),
  status: Type.Optional(oneOf(tokenStatuses)),
  groupId: settings.groupId,
  expiresAt: settings.expiresAt,
  concurrentSessions: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
}, { additionalProperties: false, title: "TokenPatch" });
export type TokenPatch = Static<typeof TokenPatch>;

export const Token = Type.Object({
  uid: Uid,
  type: TokenType,
  status: oneOf(tokenStatuses),
  groupId: Type.Optional(Uid),
  expiresAt: Type.Optional(Instant),
  concurrentSessions: Type.Integer({ minimum: 0 }),
  createdAt: Instant,
}, { title: "Token" });
export type Token = Static<typeof Token>;

export const TokenParams = Type.Object({ uid: Uid });

export const TokenQuery = Type.Object({
  ...listQuery,
  search: Type.Optional(Type.String({ maxLength: 200 })),
  status: Type.Optional(oneOf(tokenStatuses)),
  groupId: Type.Optional(Uid),
}, { additionalProperties: false });
export type TokenQuery = Static<typeof TokenQuery>;
