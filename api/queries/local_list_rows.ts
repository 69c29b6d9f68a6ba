import type { LocalListDescription } from "#schemas/events/local_list.ts";
import { LOCAL_LIST_KEY, TOKEN_CACHE_KEY } from "#schemas/events/local_list.ts";
import type { Token } from "#schemas/rest/token.ts";
import type { Rows } from "../ports/rows.ts";
import { tokenKey } from "./token_rows.ts";

/** A list as its item holds it: instants are numbers there. */
export type KeptList = Omit<LocalListDescription, "reportedAt" | "changedAt" | "confirmedAt"> & {
  readonly reportedAt: number | null;
  readonly changedAt: number | null;
  readonly confirmedAt: number | null;
};

/** The list of a station and when its cache was cleared; undefined where nothing is known. */
export async function findLocalList(
  rows: Rows,
  stationId: string,
): Promise<{ readonly list: KeptList | undefined; readonly cacheClearedAt: string | null }> {
  const found = await rows.all<{ readonly key: string; readonly body: unknown }>(
    "SELECT key, body FROM station_items WHERE station_id = $1 AND block = 'local-list'",
    [stationId],
  );
  const bodyOf = (key: string): unknown => found.find((row) => row.key === key)?.body;
  const cache = bodyOf(TOKEN_CACHE_KEY) as { readonly clearedAt: string } | undefined;
  return {
    list: bodyOf(LOCAL_LIST_KEY) as KeptList | undefined,
    cacheClearedAt: cache?.clearedAt ?? null,
  };
}

/** What a list takes of a token. */
export type ListedToken = Pick<Token, "uid" | "type" | "status"> & {
  readonly groupId: string | null;
  readonly expiresAt: string | null;
};

const columns = "uid, type, status, group_id, expires_at";

/** Our tokens among these uids, by key. */
export async function tokensByKey(
  rows: Rows,
  uids: readonly string[],
): Promise<ReadonlyMap<string, ListedToken>> {
  if (uids.length === 0) return new Map();
  const found = await rows.all<ListedToken>(
    `SELECT ${columns} FROM tokens WHERE NOT deleted AND key = ANY($1)`,
    [uids.map(tokenKey)],
  );
  return new Map(found.map((token) => [tokenKey(token.uid), token]));
}

/** All our tokens, or those of a group, and the version that they were read at. */
export async function followedTokens(
  rows: Rows,
  groupId: string | null,
  limit: number,
): Promise<{ readonly tokens: readonly ListedToken[]; readonly version: number }> {
  // The version first: what changes meanwhile is newer, and is followed then.
  const [row] = await rows.all<{ version: number }>("SELECT version FROM token_versions");
  const tokens = await rows.all<ListedToken>(
    `SELECT ${columns} FROM tokens
      WHERE NOT deleted AND ($1::text IS NULL OR lower(group_id) = lower($1))
      ORDER BY key LIMIT $2`,
    [groupId, limit],
  );
  return { tokens, version: row?.version ?? 0 };
}
