/** What is ordered of a station's local list (`block.order`, block `local-list`), and its reply. */
import type { ListChange, ListEntry, UpdateType } from "#schemas/local_list.ts";

export const LOCAL_LIST_BLOCK = "local-list";
/** Key of the item in block `local-list`. */
export const LOCAL_LIST_KEY = "list";
/** Key of the item that says when the station's cache of tokens was cleared. */
export const TOKEN_CACHE_KEY = "cache";

/** All of our tokens, or those of one group; false = operators name the entries. */
export type FollowedTokens = false | true | { readonly groupId: string };

export type LocalListOrder =
  | {
    readonly op: "wish";
    readonly updateType: UpdateType;
    readonly changes: readonly ListChange[];
    /** Of the first message. */
    readonly version?: number;
    /** Absent = as before. */
    readonly followTokens?: FollowedTokens;
    /** Of our tokens, where the list is made of them. */
    readonly tokensVersion?: number;
  }
  /** The whole list once more, whatever the station has confirmed. */
  | { readonly op: "send" }
  /** Tokens have changed: for a list that follows them. */
  | {
    readonly op: "follow";
    readonly tokensVersion: number;
    readonly changes: readonly ListChange[];
  };

/** The list as REST shows it. Instants are RFC 3339. */
export interface LocalListDescription {
  readonly intendedVersion: number;
  readonly confirmedVersion: number;
  readonly reportedVersion: number | null;
  readonly reportedAt: string | null;
  readonly state: string;
  readonly detail: string | null;
  readonly entries: readonly ListEntry[];
  readonly followTokens: FollowedTokens;
  readonly changedAt: string | null;
  readonly confirmedAt: string | null;
}
