import {
  type FollowedTokens,
  LOCAL_LIST_BLOCK,
  type LocalListDescription,
  type LocalListOrder,
} from "#schemas/events/local_list.ts";
import { formatInstant } from "#schemas/instant.ts";
import type { ListEntry } from "#schemas/local_list.ts";
import { PlatformError } from "#schemas/errors.ts";
import {
  LocalList,
  type LocalListEntry,
  LocalListPatch,
  LocalListReplace,
} from "#schemas/rest/local_list.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { askActor, chargerAddress } from "../ask.ts";
import { changesOf, removals, tokensAsList } from "../local_list_wishes.ts";
import { findLocalList, type KeptList } from "../queries/local_list_rows.ts";
import { ok, type Reply } from "../reply.ts";
import { type Asked, type Route, route } from "../route.ts";
import { requireStation } from "./sessions.ts";

const one = {
  path: "/stations/{id}/local-list",
  tag: "Tokens",
  params: IdParams,
  answers: { 200: LocalList },
} as const;

export const localListRoutes: readonly Route[] = [
  route({
    ...one,
    method: "get",
    summary: "The tokens that the station shall know by itself, and what it has confirmed",
    handler: async ({ platform, tenant, params: { id } }) => {
      const kept = await platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await findLocalList(rows, id);
      });
      return ok(shownList(id, describedOf(kept.list), kept.cacheClearedAt));
    },
  }),
  route({
    ...one,
    method: "put",
    summary: "Replaces the whole list; it is pending until the station has it",
    body: LocalListReplace,
    handler: async (incoming) => await ordered(incoming, await replacement(incoming)),
  }),
  route({
    ...one,
    method: "patch",
    summary: "Sets and removes tokens of the list; it is pending until the station has the change",
    body: LocalListPatch,
    handler: async (incoming) => {
      const { platform, tenant, body } = incoming;
      const { set = [], entries = [], remove = [], version } = body;
      const now = platform.clock.now();
      const changes = await platform.tenants.run(tenant, async (rows) => [
        ...await changesOf(rows, set, { now, where: "set" }),
        ...await changesOf(rows, entries, { now, where: "entries" }),
        ...removals(remove),
      ]);
      const wish = { op: "wish", updateType: "Differential", changes } as const;
      return await ordered(incoming, { ...wish, ...(version === undefined ? {} : { version }) });
    },
  }),
  route({
    ...one,
    path: "/stations/{id}/local-list/send",
    method: "post",
    summary: "Sends the whole list once more, whatever the station has confirmed",
    handler: (incoming) => ordered(incoming, { op: "send" }),
  }),
];

type Here = Asked & { readonly params: { readonly id: string } };

async function replacement(
  { platform, tenant, body }: Here & { readonly body: LocalListReplace },
): Promise<LocalListOrder> {
  const { entries, followTokens = false, version } = body;
  const now = platform.clock.now();
  const wish = { op: "wish", updateType: "Full", followTokens } as const;
  const versioned = version === undefined ? {} : { version };
  if (followTokens === false) {
    const changes = await platform.tenants.run(
      tenant,
      (rows) => changesOf(rows, entries ?? [], { now, where: "entries" }),
    );
    requireWhole(changes.every(({ entry }) => entry !== null));
    return { ...wish, ...versioned, changes };
  }
  if (entries !== undefined) {
    throw new PlatformError("malformed", "Cannot keep the list: give entries or followTokens", {
      fields: [{ pointer: "/entries", detail: "cannot stand beside followTokens" }],
    });
  }
  const groupId = groupOf(followTokens);
  const list = await platform.tenants.run(tenant, (rows) => tokensAsList(rows, groupId, now));
  return { ...wish, ...versioned, changes: list.changes, tokensVersion: list.version };
}

function groupOf(followed: FollowedTokens): string | null {
  return typeof followed === "object" ? followed.groupId : null;
}

function requireWhole(isWhole: boolean): void {
  if (isWhole) return;
  throw new PlatformError("malformed", "Cannot replace the list: an entry has no status", {
    fields: [{ pointer: "/entries", detail: "removes a token: that is a PATCH" }],
  });
}

async function ordered(incoming: Here, order: LocalListOrder): Promise<Reply> {
  const { tenant, params: { id }, platform } = incoming;
  const list = await askActor<LocalListDescription>(incoming, chargerAddress(tenant, id), {
    type: "block.order",
    purpose: "local-list",
    body: { block: LOCAL_LIST_BLOCK, order },
  });
  const kept = await platform.tenants.run(tenant, (rows) => findLocalList(rows, id));
  return ok(shownList(id, list, kept.cacheClearedAt));
}

const nothing: LocalListDescription = {
  intendedVersion: 0,
  confirmedVersion: 0,
  reportedVersion: null,
  reportedAt: null,
  state: "none",
  detail: null,
  entries: [],
  followTokens: false,
  changedAt: null,
  confirmedAt: null,
};

function describedOf(list: KeptList | undefined): LocalListDescription {
  if (list === undefined) return nothing;
  const { reportedAt, changedAt, confirmedAt } = list;
  const instant = (at: number | null): string | null => at === null ? null : formatInstant(at);
  return {
    ...list,
    reportedAt: instant(reportedAt),
    changedAt: instant(changedAt),
    confirmedAt: instant(confirmedAt),
  };
}

function shownList(
  stationId: string,
  list: LocalListDescription,
  cacheClearedAt: string | null,
): object {
  const { entries, followTokens } = list;
  return {
    stationId,
    intendedVersion: list.intendedVersion,
    confirmedVersion: list.confirmedVersion,
    reportedVersion: list.reportedVersion,
    reportedAt: list.reportedAt,
    state: list.state,
    detail: list.detail,
    entries: entries.map(shownEntry),
    followTokens,
    changedAt: list.changedAt,
    confirmedAt: list.confirmedAt,
    cacheClearedAt,
  };
}

function shownEntry({ idToken, type, status, expiresAt, groupId }: ListEntry): LocalListEntry {
  return {
    tokenUid: idToken,
    idToken: { idToken, type },
    status,
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(groupId === null ? {} : { groupId }),
  };
}
