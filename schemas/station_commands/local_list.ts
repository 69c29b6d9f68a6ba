/** Local authorization lists: OCPP 1.6J, 5.10 and 5.15; OCPP 2.0.1 Part 2, D01 and D02. */
import { Type } from "@sinclair/typebox";
import type { CommandOutcome, OutgoingCall } from "#schemas/command.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import {
  LIST_ENTRIES_MAX,
  LIST_VERSION_MAX,
  listCalls,
  type ListChange,
  type ListEntry,
  listLimits,
  listStatuses,
  reportedVersionOf,
  updateTypes,
} from "#schemas/local_list.ts";
import { PlatformError } from "#schemas/errors.ts";
import { Instant, nullable, oneOf, type Static } from "#schemas/rest/shape.ts";
import { defineStationCommand, type StationCommand, type WordingFacts } from "./define.ts";

const printable = "^[^\\u0000-\\u001f\\u007f]+$";
const Uid = Type.String({ minLength: 1, maxLength: 255, pattern: printable });

const SendLocalList = Type.Object({
  updateType: oneOf(updateTypes, { default: "Full" }),
  version: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIST_VERSION_MAX,
      description: "Of the first message; default: the one after the last that was used",
    }),
  ),
  entries: Type.Array(
    Type.Object({
      idToken: Uid,
      type: Type.String({ minLength: 1, maxLength: 20, default: "ISO14443" }),
      status: nullable(oneOf(listStatuses, { description: "null = the token is removed" })),
      expiresAt: Type.Optional(nullable(Instant)),
      groupId: Type.Optional(nullable(Uid)),
    }, { additionalProperties: false }),
    { maxItems: LIST_ENTRIES_MAX, default: [] },
  ),
  entriesPerMessage: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIST_ENTRIES_MAX,
      description: "Default: what the station says it takes",
    }),
  ),
}, { additionalProperties: false, title: "SendLocalList" });
type SendLocalList = Static<typeof SendLocalList>;

export const localListCommands = {
  "send-local-list": defineStationCommand({
    summary: "Sends a local list, or a change of it, exactly as given",
    body: SendLocalList,
    isIdempotent: false,
    reads: ["local-list", "limits"],
    to16: (body, facts) => worded(body, facts, "ocpp1.6"),
    to2: (body, facts) => worded(body, facts, facts.protocol),
  }),
  "get-local-list-version": defineStationCommand({
    summary: "Asks the station which version of its local list it holds",
    body: Type.Object({}, { additionalProperties: false, title: "GetLocalListVersion" }),
    isIdempotent: true,
    to16: () => ({ action: "GetLocalListVersion", payload: {} }),
    to2: () => ({ action: "GetLocalListVersion", payload: {} }),
    toOutcome: outcomeOfVersion,
  }),
} as const satisfies Record<string, StationCommand>;

function outcomeOfVersion(response: unknown): CommandOutcome {
  const version = reportedVersionOf(response);
  const reason = version === undefined ? "no version" : `version ${version}`;
  return {
    status: version === undefined ? "rejected" : "accepted",
    reason,
    transactionId: null,
  };
}

function worded(
  { updateType, version, entries, entriesPerMessage }: SendLocalList,
  { items }: WordingFacts,
  protocol: OcppProtocol,
): readonly OutgoingCall[] {
  const changes = entries.map((entry): ListChange => ({
    idToken: entry.idToken,
    type: entry.type,
    entry: entryOf(entry),
  }));
  if (updateType === "Full" && changes.some(({ entry }) => entry === null)) {
    throw new PlatformError("invalid-value", "Cannot send a full list: it removes nothing singly");
  }
  const limits = listLimits(items, protocol);
  const first = version ?? nextVersion(items);
  return listCalls({ updateType, version: first, changes }, protocol, {
    ...limits,
    items: entriesPerMessage ?? limits.items,
  });
}

function entryOf(entry: SendLocalList["entries"][number]): ListEntry | null {
  const { idToken, type, status, expiresAt = null, groupId = null } = entry;
  return status === null ? null : { idToken, type, status, expiresAt, groupId };
}

/** Above every version that is known to have been used. */
function nextVersion(items: WordingFacts["items"]): number {
  const body = items.find(({ block }) => block === "local-list")?.body ?? {};
  const used = ["intendedVersion", "confirmedVersion", "reportedVersion"]
    .map((name) => Number(body[name] ?? 0));
  const next = Math.max(0, ...used) + 1;
  return next > LIST_VERSION_MAX ? 1 : next;
}
