/** Local authorization lists of stations, and what is set for tokens in the whole network. */
import { Type } from "@sinclair/typebox";
import { LIST_ENTRIES_MAX, LIST_VERSION_MAX, listStatuses } from "#schemas/local_list.ts";
import { Instant, nullable, NullableInstant, oneOf, type Static } from "./shape.ts";

const printable = "^[^\\u0000-\\u001f\\u007f]+$";
const Uid = Type.String({ minLength: 1, maxLength: 255, pattern: printable });
const TokenType = Type.String({ minLength: 1, maxLength: 20, pattern: "^[A-Za-z0-9._-]+$" });

const IdToken = Type.Object({ idToken: Uid, type: Type.Optional(TokenType) }, {
  additionalProperties: false,
});

/** What is not said is taken from our token of that uid. */
const EntryFields = Type.Object({
  tokenUid: Type.Optional(Uid),
  uid: Type.Optional(Type.Unsafe<string>({ ...Uid, description: "The same, as tokens say it" })),
  idToken: Type.Optional(Type.Union([Uid, IdToken])),
  type: Type.Optional(TokenType),
  status: Type.Optional(nullable(oneOf(listStatuses, { description: "null removes the token" }))),
  expiresAt: Type.Optional(NullableInstant),
  groupId: Type.Optional(nullable(Uid)),
}, { additionalProperties: false });

export const LocalListEntryWish = Type.Union([Uid, EntryFields], {
  description: "A token by its uid alone, or with what differs from our token of that uid",
});
export type LocalListEntryWish = Static<typeof LocalListEntryWish>;

const Entries = Type.Array(LocalListEntryWish, { maxItems: LIST_ENTRIES_MAX });
const Version = Type.Integer({
  minimum: 1,
  maximum: LIST_VERSION_MAX,
  description: "Of the first message; default: the one after the last that was used",
});
const FollowTokens = Type.Union([
  Type.Boolean(),
  Type.Object({ groupId: Uid }, { additionalProperties: false }),
], { description: "The list is kept equal to our tokens, or to those of one group" });

export const LocalListReplace = Type.Object({
  entries: Type.Optional(Entries),
  followTokens: Type.Optional(FollowTokens),
  version: Type.Optional(Version),
}, { additionalProperties: false, title: "LocalListReplace" });
export type LocalListReplace = Static<typeof LocalListReplace>;

export const LocalListPatch = Type.Object({
  set: Type.Optional(Entries),
  remove: Type.Optional(Type.Array(Uid, { maxItems: LIST_ENTRIES_MAX })),
  entries: Type.Optional(Entries),
  version: Type.Optional(Version),
}, { additionalProperties: false, title: "LocalListPatch" });
export type LocalListPatch = Static<typeof LocalListPatch>;

export const LocalListEntry = Type.Object({
  tokenUid: Uid,
  idToken: Type.Object({ idToken: Uid, type: TokenType }),
  status: Type.String(),
  expiresAt: Type.Optional(Instant),
  groupId: Type.Optional(Uid),
}, { title: "LocalListEntry" });
export type LocalListEntry = Static<typeof LocalListEntry>;

export const LocalList = Type.Object({
  stationId: Type.String(),
  intendedVersion: Type.Integer({ description: "0 = the station was never given a list" }),
  confirmedVersion: Type.Integer({ description: "0 = it has confirmed none" }),
  reportedVersion: nullable(
    Type.Integer({ description: "What the station said when it was asked; -1 = it has no lists" }),
  ),
  reportedAt: NullableInstant,
  state: oneOf(["none", "pending", "confirmed", "failed", "notSupported", "differs"]),
  detail: nullable(Type.String()),
  entries: Type.Array(LocalListEntry),
  followTokens: FollowTokens,
  changedAt: NullableInstant,
  confirmedAt: NullableInstant,
  cacheClearedAt: NullableInstant,
}, { title: "LocalList" });
export type LocalList = Static<typeof LocalList>;

export const AuthorisationSettingsReplace = Type.Object({
  masterPassGroupId: Type.Optional(
    nullable(
      Type.String({
        minLength: 1,
        maxLength: 36,
        pattern: printable,
        description: "Tokens of this group end the transactions of others",
      }),
    ),
  ),
}, { additionalProperties: false, title: "AuthorisationSettingsReplace" });
export type AuthorisationSettingsReplace = Static<typeof AuthorisationSettingsReplace>;

export const AuthorisationSettings = Type.Object({
  masterPassGroupId: nullable(Type.String()),
  masterPassTokens: Type.Integer({ description: "Accepted tokens of that group" }),
}, { title: "AuthorisationSettings" });
export type AuthorisationSettings = Static<typeof AuthorisationSettings>;

export const CustomerReport = Type.Object({
  requestId: Type.Integer(),
  stationId: Type.String(),
  commandId: nullable(Type.String({ description: "null = asked for by a raw call" })),
  report: Type.Boolean(),
  clear: Type.Boolean(),
  tokenUid: Type.Optional(Type.String()),
  customerIdentifier: Type.Optional(Type.String()),
  certificateHash: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  status: Type.String({ description: "Of the command" }),
  answer: nullable(Type.String({ description: "The station's word" })),
  data: nullable(Type.String({ description: "null = the report has not come, or was erased" })),
  receivedAt: NullableInstant,
  createdAt: Instant,
}, { title: "CustomerReport" });
export type CustomerReport = Static<typeof CustomerReport>;

export const CustomerReportParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 255, pattern: printable }),
  requestId: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
});
