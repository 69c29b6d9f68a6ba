import type { TokenStatus } from "#schemas/events/token.ts";
import type { Token, TokenQuery } from "#schemas/rest/token.ts";
import { Conditions, containing } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";

/** A token as it is written; absent means "none". */
export type TokenFields = Omit<Token, "createdAt">;

interface TokenRow {
  readonly uid: string;
  readonly type: string;
  readonly status: TokenStatus;
  readonly groupId: string | null;
  readonly expiresAt: string | null;
  readonly concurrentSessions: number;
  readonly createdAt: string;
}

const columns = "uid, type, status, group_id, expires_at, concurrent_sessions, created_at";

/**
 * The key of a token: cards are compared without case (OCPP 1.6, 4.1; 2.0.1 Part 2, IdTokenType).
 */
export function tokenKey(uid: string): string {
  return uid.toLowerCase();
}

export async function findToken(rows: Rows, uid: string): Promise<Token | undefined> {
  const [row] = await rows.all<TokenRow>(
    `SELECT ${columns} FROM tokens WHERE key = $1 AND NOT deleted`,
    [tokenKey(uid)],
  );
  return row === undefined ? undefined : toToken(row);
}

export function listTokens(rows: Rows, query: TokenQuery): Promise<Page<Token>> {
  const where = new Conditions().add("NOT deleted")
    .addIf(query.status, "status = ?")
    .addIf(query.groupId?.toLowerCase(), "lower(group_id) = ?");
  if (query.search !== undefined) {
    const pattern = containing(query.search);
    where.add("uid ILIKE ? OR group_id ILIKE ?", pattern, pattern);
  }
  return pageOf(rows, query, {
    select: columns,
    from: "tokens",
    where,
    order: [{ name: "created_at", type: "timestamptz" }, { name: "key", type: "text" }],
  }, toToken);
}

/** One token, and whether it was there before. */
export interface WrittenToken {
  readonly token: Token;
  readonly isNew: boolean;
}

/**
 * Creates or replaces tokens, one version each. The lock on the tenant's version makes versions
 * visible in order: a cache that has seen one has seen all before.
 */
export async function writeTokens(
  rows: Rows,
  tenant: string,
  tokens: readonly TokenFields[],
): Promise<readonly WrittenToken[]> {
  if (tokens.length === 0) return [];
  const last = await drawVersions(rows, tenant, tokens.length);
  const first = last - tokens.length + 1;
  // `created_at` of this transaction is on what is new, or was deleted before, and on nothing else.
  const written = await rows.all<TokenRow & { readonly isNew: boolean }>(
    `INSERT INTO tokens AS t (tenant, key, uid, type, status, group_id, expires_at,
        concurrent_sessions, version, deleted, created_at)
      SELECT $1, key, uid, type, status, group_id, expires_at, concurrent_sessions, version, false,
        now()
      FROM json_to_recordset($2::text::json) AS g(key text, uid text, type text, status text,
        group_id text, expires_at timestamptz, concurrent_sessions integer, version bigint)
      ON CONFLICT (tenant, key) DO UPDATE SET uid = excluded.uid, type = excluded.type,
        status = excluded.status, group_id = excluded.group_id, expires_at = excluded.expires_at,
        concurrent_sessions = excluded.concurrent_sessions, version = excluded.version,
        deleted = false,
        created_at = CASE WHEN t.deleted THEN excluded.created_at ELSE t.created_at END
      RETURNING ${columns}, created_at = now() AS is_new`,
    [tenant, JSON.stringify(tokens.map((token, index) => toRecord(token, first + index)))],
  );
  return written.map((row) => ({ token: toToken(row), isNew: row.isNew }));
}

/** False when there was none. */
export async function deleteToken(rows: Rows, tenant: string, uid: string): Promise<boolean> {
  const version = await drawVersions(rows, tenant, 1);
  const deleted = await rows.all(
    "UPDATE tokens SET deleted = true, version = $2 WHERE key = $1 AND NOT deleted RETURNING 1",
    [tokenKey(uid), version],
  );
  return deleted.length > 0;
}

async function drawVersions(rows: Rows, tenant: string, count: number): Promise<number> {
  const [row] = await rows.all<{ version: number }>(
    `INSERT INTO token_versions (tenant, version) VALUES ($1, $2)
      ON CONFLICT (tenant) DO UPDATE SET version = token_versions.version + excluded.version
      RETURNING version`,
    [tenant, count],
  );
  return row?.version ?? 0;
}

function toRecord(token: TokenFields, version: number): object {
  return {
    key: tokenKey(token.uid),
    uid: token.uid,
    type: token.type,
    status: token.status,
    group_id: token.groupId ?? null,
    expires_at: token.expiresAt ?? null,
    concurrent_sessions: token.concurrentSessions,
    version,
  };
}

function toToken(row: TokenRow): Token {
  return {
    uid: row.uid,
    type: row.type,
    status: row.status,
    ...(row.groupId === null ? {} : { groupId: row.groupId }),
    ...(row.expiresAt === null ? {} : { expiresAt: shownInstant(row.expiresAt) }),
    concurrentSessions: row.concurrentSessions,
    createdAt: shownInstant(row.createdAt),
  };
}
