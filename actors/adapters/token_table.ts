import type { TokenRecord, TokenStatus } from "#schemas/events/token.ts";
import type { TokenRow } from "./token_cache.ts";

/** What many tokens have in common. */
type Profile = Omit<TokenRecord, "uid">;

/** A profile per token (each its own expiry) is not worth remembering. */
const PROFILES_MAX = 10_000;

type TokenFields = Omit<TokenRow, "tenant" | "version" | "deleted">;

/**
 * The tokens of one tenant. A million of them fit in some 100 MB: a token is its key and a profile
 * that it shares with its like; the uid is kept apart where it is not the key itself.
 */
export class TokenTable {
  readonly #profiles = new Map<string, Profile>();
  readonly #tokens = new Map<string, Profile>();
  readonly #uids = new Map<string, string>();

  get size(): number {
    return this.#tokens.size;
  }

  /** By key: the uid in lower case. */
  find(key: string): TokenRecord | undefined {
    const profile = this.#tokens.get(key);
    return profile === undefined ? undefined : { uid: this.#uidOf(key), ...profile };
  }

  set(key: string, row: TokenFields): void {
    this.#tokens.set(key, this.#profileOf(row));
    // Most cards are known by upper case hexadecimal digits, which their key gives again.
    if (row.uid === key.toUpperCase()) this.#uids.delete(key);
    else this.#uids.set(key, row.uid);
  }

  remove(key: string): void {
    this.#tokens.delete(key);
    this.#uids.delete(key);
  }

  #uidOf(key: string): string {
    return this.#uids.get(key) ?? key.toUpperCase();
  }

  #profileOf(row: TokenFields): Profile {
    const { type, groupId, concurrentSessions } = row;
    const expiresAt = row.expiresAt?.toISOString() ?? null;
    const text = JSON.stringify([type, row.status, groupId, expiresAt, concurrentSessions]);
    const known = this.#profiles.get(text);
    if (known !== undefined) return known;
    const status = row.status as TokenStatus;
    const profile: Profile = { type, status, groupId, expiresAt, concurrentSessions };
    if (this.#profiles.size < PROFILES_MAX) this.#profiles.set(text, profile);
    return profile;
  }
}
