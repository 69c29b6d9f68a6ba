/** What operators say of a local list, with what our tokens know of it. */
import { PlatformError } from "#schemas/errors.ts";
import { parseInstant } from "#schemas/instant.ts";
import {
  entryKey,
  LIST_ENTRIES_MAX,
  type ListChange,
  type ListEntry,
} from "#schemas/local_list.ts";
import type { LocalListEntryWish } from "#schemas/rest/local_list.ts";
import type { Rows } from "./ports/rows.ts";
import { followedTokens, type ListedToken, tokensByKey } from "./queries/local_list_rows.ts";
import { tokenKey } from "./queries/token_rows.ts";

type Wish = Exclude<LocalListEntryWish, string>;

interface NamedWish {
  readonly uid: string;
  readonly type: string | undefined;
  readonly wish: Wish;
}

/**
 * The changes that entries mean; a token that we do not know needs a status.
 *
 * @throws {PlatformError} "malformed", naming the entries.
 */
export async function changesOf(
  rows: Rows,
  wishes: readonly LocalListEntryWish[],
  { now, where }: { readonly now: number; readonly where: string },
): Promise<readonly ListChange[]> {
  const named = wishes.map((wish, index) => nameOf(wish, `/${where}/${index}`));
  const known = await tokensByKey(rows, named.map(({ uid }) => uid));
  return named.map((entry, index) =>
    changeOf(entry, known.get(tokenKey(entry.uid)), { now, pointer: `/${where}/${index}` })
  );
}

function nameOf(said: LocalListEntryWish, pointer: string): NamedWish {
  const wish: Wish = typeof said === "string" ? { tokenUid: said } : said;
  const { tokenUid = wish.uid, idToken } = wish;
  if ((tokenUid === undefined) === (idToken === undefined)) {
    throw refused("Cannot list a token: give tokenUid or idToken", pointer, "needs one of them");
  }
  if (typeof idToken === "object") {
    return { uid: idToken.idToken, type: idToken.type ?? wish.type, wish };
  }
  return { uid: tokenUid ?? idToken ?? "", type: wish.type, wish };
}

function changeOf(
  { uid, type, wish }: NamedWish,
  token: ListedToken | undefined,
  { now, pointer }: { readonly now: number; readonly pointer: string },
): ListChange {
  const idToken = token?.uid ?? uid;
  const named = { idToken, type: type ?? token?.type ?? "ISO14443" };
  if (wish.status === null) return { ...named, entry: null };
  const status = wish.status ?? (token === undefined ? undefined : statusOf(token, now));
  if (status === undefined) {
    const detail = "is no token of ours: give it a status, or create the token first";
    throw refused(`Cannot list the token ${uid}: it ${detail}`, pointer, detail);
  }
  const expiresAt = wish.expiresAt === undefined ? token?.expiresAt ?? null : wish.expiresAt;
  const groupId = wish.groupId === undefined ? token?.groupId ?? null : wish.groupId;
  return { ...named, entry: { ...named, status, expiresAt, groupId } };
}

function refused(detail: string, pointer: string, what: string): PlatformError {
  return new PlatformError("malformed", detail, { fields: [{ pointer, detail: what }] });
}

/** A token whose time has run out stands in the list as what it is. */
function statusOf({ status, expiresAt }: ListedToken, now: number): string {
  const until = expiresAt === null ? null : parseInstant(expiresAt);
  return status === "Accepted" && until !== null && until <= now ? "Expired" : status;
}

/** The entry of one of our tokens. */
export function entryOf(token: ListedToken, now: number): ListEntry {
  const { uid, type, expiresAt, groupId } = token;
  return { idToken: uid, type, status: statusOf(token, now), expiresAt, groupId };
}

/**
 * A list of our tokens, or those of a group.
 *
 * @throws {PlatformError} "conflict" when no list is that long.
 */
export async function tokensAsList(
  rows: Rows,
  groupId: string | null,
  now: number,
): Promise<{ readonly changes: readonly ListChange[]; readonly version: number }> {
  const { tokens, version } = await followedTokens(rows, groupId, LIST_ENTRIES_MAX + 1);
  if (tokens.length > LIST_ENTRIES_MAX) {
    throw new PlatformError(
      "conflict",
      `Cannot follow the tokens: there are more than ${LIST_ENTRIES_MAX}; follow a group of them`,
      { fields: [{ pointer: "/followTokens", detail: "names too many tokens" }] },
    );
  }
  const changes = tokens.map((token): ListChange => {
    const entry = entryOf(token, now);
    return { idToken: entry.idToken, type: entry.type, entry };
  });
  return { changes, version };
}

/** Of what is said twice the last counts; uids that are to go have no entry. */
export function removals(uids: readonly string[]): readonly ListChange[] {
  const once = new Map(uids.map((uid) => [entryKey(uid), uid]));
  return [...once.values()].map((uid) => ({ idToken: uid, type: "ISO14443", entry: null }));
}
