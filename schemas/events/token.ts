/**
 * Tokens: what the cache holds, and what the token actor (`token/<group or uid, lower case>`) is
 * asked.
 */

export const tokenStatuses = ["Accepted", "Blocked", "Expired", "Invalid"] as const;
export type TokenStatus = typeof tokenStatuses[number];

/** A token as the worker's cache holds it; found by uid without regard to case. */
export interface TokenRecord {
  readonly uid: string;
  readonly type: string;
  readonly status: TokenStatus;
  readonly groupId: string | null;
  readonly expiresAt: string | null;
  /** 0 = no limit. */
  readonly concurrentSessions: number;
}

/**
 * Input providers of the worker (see `InputRequest.source`):
 * - `token`: request `{uid}` → `TokenRecord | null`, from memory;
 * - `grant`: request `GrantWish` → `GrantReply`, from the token actor when there is a limit and the
 *   token may charge at all; else null, and nobody holds anything;
 * - `transactionId`: request null → a positive int32 that was never given before.
 */
export interface GrantWish {
  /** The token as it was presented. */
  readonly uid: string;
  /** OCPP 2.x IdTokenEnum; null for 1.6, which does not tell. */
  readonly type: string | null;
  /** The session's key (`CP1~17`): who holds the grant. Asking again gives the same answer. */
  readonly holder: string;
  /** Sessions that this one replaces on its connector; they give their grant up. */
  readonly replaces: readonly string[];
}
/** What the token actor is asked (`grant.request`); nothing is journalled when it says no. */
export interface GrantRequest {
  /** The token's key: groupId or uid. */
  readonly token: string;
  /** The session's key (`CP1~17`): who holds the grant. Asking again gives the same answer. */
  readonly holder: string;
  /** Sessions that this one replaces on its connector; they give their grant up. */
  readonly replaces: readonly string[];
  readonly limit: number;
}
export interface GrantReply {
  readonly granted: boolean;
}
/** Told to the token actor when a session has ended: type `grant.release`. */
export interface GrantRelease {
  readonly holder: string;
}

/**
 * Bus subject on which the api says "tokens of this tenant changed"; workers answer when they have
 * read it.
 */
export const tokensChangedSubject = "tokens.changed";
