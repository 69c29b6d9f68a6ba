/**
 * Local lists that follow our tokens: what changed of them goes to the actors of their stations, at
 * most once a minute. One worker at a time does it; ended at any moment, the next pass goes on
 * where the lists stand.
 */
import type { Sql } from "postgres";
import { inTime } from "#engine/in_time.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { stationKey } from "#schemas/address.ts";
import {
  type FollowedTokens,
  LOCAL_LIST_BLOCK,
  type LocalListOrder,
} from "#schemas/events/local_list.ts";
import { LIST_ENTRIES_MAX, type ListChange } from "#schemas/local_list.ts";

export const FOLLOW_EVERY_MS = 60_000;
const QUERY_MS = 10_000;
const ASK_MS = 5_000;
/** Lists of one pass; the others are behind them in the next. */
const LISTS_MAX = 1_000;
const LANES = 20;
/** Beyond so many changes of other tokens a list is told how far it has followed. */
const LAG_MAX = 1_000;

export interface FollowingParts {
  readonly sql: Sql;
  readonly actors: Actors;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Whether this worker is the one. */
  readonly isOurs: () => boolean;
}

interface BehindList {
  readonly tenant: string;
  readonly stationId: string;
  readonly followTokens: FollowedTokens;
  readonly tokensVersion: number;
  /** Of the tenant's tokens now. */
  readonly version: number;
}

interface ChangedToken {
  readonly uid: string;
  readonly type: string;
  readonly status: string;
  readonly groupId: string | null;
  readonly expiresAt: Date | null;
  readonly version: number;
  /** Not deleted, and one of those that the list follows. */
  readonly isListed: boolean;
}

/** Follows until the returned function is called. */
export function followTokens(parts: FollowingParts): () => void {
  const { clock, telemetry, isOurs } = parts;
  let isStopped = false;
  const pass = async (): Promise<void> => {
    try {
      if (isOurs()) await followOnce(parts);
    } catch (error) {
      if (isStopped) return;
      telemetry.log("warn", "lists that follow tokens have to wait", { error: String(error) });
    }
    if (!isStopped) cancel = clock.schedule(FOLLOW_EVERY_MS, () => void pass());
  };
  let cancel = clock.schedule(FOLLOW_EVERY_MS, () => void pass());
  return () => {
    isStopped = true;
    cancel();
  };
}

/** One pass; gives how many lists were told of something. */
export async function followOnce(parts: FollowingParts): Promise<number> {
  const { sql, clock } = parts;
  const behind = await inTime(
    clock,
    QUERY_MS,
    sql<BehindList[]>`
      SELECT i.tenant, i.station_id AS "stationId", i.body->'followTokens' AS "followTokens",
          coalesce((i.body->>'tokensVersion')::float8, 0) AS "tokensVersion",
          v.version::float8 AS version
        FROM station_items i JOIN token_versions v ON v.tenant = i.tenant
        WHERE i.block = 'local-list' AND i.key = 'list'
          AND i.body->'followTokens' <> 'false'::jsonb
          AND v.version > coalesce((i.body->>'tokensVersion')::bigint, 0)
        ORDER BY i.updated_at LIMIT ${LISTS_MAX}`,
  );
  let told = 0;
  const waiting = [...behind];
  const lane = async (): Promise<void> => {
    for (let list = waiting.shift(); list !== undefined; list = waiting.shift()) {
      // deno-lint-ignore no-await-in-loop -- a lane goes from list to list
      if (await followList(parts, list)) told++;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return told;
}

/** A list that cannot be told now is behind still, and meets the next pass. */
async function followList(parts: FollowingParts, list: BehindList): Promise<boolean> {
  const { actors, telemetry } = parts;
  const { tenant, stationId, tokensVersion, version } = list;
  try {
    const changed = await changedTokens(parts, list);
    if (changed.length === 0 && version - tokensVersion < LAG_MAX) return false;
    const isAll = changed.length < LIST_ENTRIES_MAX;
    const upTo = isAll ? version : changed.at(-1)?.version ?? version;
    const order: LocalListOrder = {
      op: "follow",
      tokensVersion: upTo,
      changes: changed.map(changeOf),
    };
    const header = { type: "block.order", cause: `follow ${stationId} ${upTo}` };
    const to = { tenant, kind: "charger", key: stationKey(stationId) };
    const body = JSON.stringify({ block: LOCAL_LIST_BLOCK, order });
    await actors.ask(to, header, body, ASK_MS);
    return true;
  } catch (error) {
    telemetry.log("warn", "a list does not follow its tokens", {
      ...{ station: stationId, error: String(error) },
    });
    return false;
  }
}

/** Tokens that changed since, as far as they are, or were, the list's. */
async function changedTokens(
  { sql, clock }: FollowingParts,
  { tenant, stationId, followTokens: followed, tokensVersion, version }: BehindList,
): Promise<readonly ChangedToken[]> {
  const groupId = typeof followed === "object" ? followed.groupId : null;
  const isMember = sql`(${groupId}::text IS NULL OR lower(t.group_id) = lower(${groupId}::text))`;
  return await inTime(
    clock,
    QUERY_MS,
    sql<ChangedToken[]>`
      SELECT t.uid, t.type, t.status, t.group_id AS "groupId", t.expires_at AS "expiresAt",
          t.version::float8 AS version, (NOT t.deleted AND ${isMember}) IS TRUE AS "isListed"
        FROM tokens t
        WHERE t.tenant = ${tenant} AND t.version > ${tokensVersion} AND t.version <= ${version}
          AND (${isMember} OR t.key IN (
            SELECT lower(e->>'idToken')
              FROM station_items i, jsonb_array_elements(i.body->'entries') e
              WHERE i.tenant = ${tenant} AND i.station_id = ${stationId}
                AND i.block = 'local-list' AND i.key = 'list'))
        ORDER BY t.version LIMIT ${LIST_ENTRIES_MAX}`,
  );
}

/** A blocked token stays in the list, marked: a station that only forgot it might know it else. */
function changeOf(token: ChangedToken): ListChange {
  const { uid: idToken, type, status, groupId, expiresAt, isListed } = token;
  if (!isListed) return { idToken, type, entry: null };
  const until = expiresAt?.toISOString() ?? null;
  return { idToken, type, entry: { idToken, type, status, expiresAt: until, groupId } };
}
