import type { ChargerBlock } from "../block.ts";
import { Part } from "../block.ts";
import type { TokenVerdict } from "../dialect.ts";
import type { Station } from "../station.ts";
import { localList } from "./local_list.ts";
import { isOn } from "./settings.ts";

/** A token as the charger knows it by itself. */
export type KnownToken = TokenVerdict;

/** Whoever came longest ago is forgotten first. */
const CACHE_MAX = 200;

/** OCPP 1.6J, 3.5.1; OCPP 2.0.1 Part 2, C10 to C12. */
class AuthorisationCache {
  readonly #tokens = new Map<string, KnownToken>();

  get size(): number {
    return this.#tokens.size;
  }

  find(uid: string): KnownToken | undefined {
    return this.#tokens.get(uid.toLowerCase());
  }

  keep(uid: string, token: KnownToken): void {
    const key = uid.toLowerCase();
    this.#tokens.delete(key);
    this.#tokens.set(key, token);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > CACHE_MAX && oldest !== undefined) this.#tokens.delete(oldest);
  }

  forget(uid: string): void {
    this.#tokens.delete(uid.toLowerCase());
  }

  clear(): void {
    this.#tokens.clear();
  }
}

export const authorisationCache = new Part(() => new AuthorisationCache());

/** The CSMS has said something of a token. */
export function learnToken(station: Station, uid: string, token: KnownToken | undefined): void {
  if (token !== undefined && isOn(station, "AuthorizationCacheEnabled")) {
    authorisationCache.of(station).keep(uid, token);
  }
}

/** What the charger knows by itself: by its local list, then by its cache. */
export function knownToken(station: Station, uid: string): KnownToken | undefined {
  const known = localList.ifMade(station)?.find(uid);
  if (known !== undefined) return known;
  if (!isOn(station, "AuthorizationCacheEnabled")) return undefined;
  return authorisationCache.ifMade(station)?.find(uid);
}

export function isGood(station: Station, token: KnownToken): boolean {
  return token.status === "Accepted" && (token.expiresAt ?? Infinity) > station.now();
}

/** Offline: whether a token may charge. */
export function mayStartOffline(station: Station, uid: string): boolean {
  const known = isOn(station, "LocalAuthorizeOffline") ? knownToken(station, uid) : undefined;
  return known === undefined ? isOn(station, "AllowOfflineTxForUnknownId") : isGood(station, known);
}

/** Without asking the CSMS (LocalPreAuthorize). */
export function isKnownGood(station: Station, uid: string): boolean {
  if (!isOn(station, "LocalPreAuthorize")) return false;
  const known = knownToken(station, uid);
  return known !== undefined && isGood(station, known);
}

function clearCache(station: Station): { readonly status: string } {
  if (!isOn(station, "AuthorizationCacheEnabled")) return { status: "Rejected" };
  authorisationCache.ifMade(station)?.clear();
  return { status: "Accepted" };
}

export const authorisationBlock: ChargerBlock = {
  answers16: { ClearCache: clearCache },
  answers2x: { ClearCache: clearCache },
};
