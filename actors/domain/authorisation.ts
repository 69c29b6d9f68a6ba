/** Whether a token may charge. Whatever is not plainly allowed is refused. */
import { stationKey } from "#schemas/address.ts";
import type { IdToken, IdTokenInfo } from "#schemas/events/station.ts";
import { type TokenRecord, tokenStatuses } from "#schemas/events/token.ts";
import { parseInstant } from "#schemas/instant.ts";

export interface AuthorisationQuestion {
  readonly idToken: IdToken;
  /** What the cache holds under that uid; null = nothing. */
  readonly token: TokenRecord | null;
  /**
   * The moment that counts: now, or the station's time of an event that it decided offline (rule
   * U5).
   */
  readonly at: number;
  /** False = free vend: any start is accepted. */
  readonly authorisationRequired: boolean;
  /**
   * The token actor's answer on concurrent sessions; null = not asked, as for Authorize and offline
   * starts.
   */
  readonly granted: boolean | null;
}

/** The status, group and expiry to answer an idToken with (rule U6), in the words of 2.x. */
export function authorise(question: AuthorisationQuestion): IdTokenInfo {
  const { token } = question;
  return {
    status: statusOf(question),
    groupId: token?.groupId ?? null,
    expiresAt: token?.expiresAt ?? null,
  };
}

function statusOf(question: AuthorisationQuestion): string {
  const { idToken, authorisationRequired, granted } = question;
  if (!authorisationRequired) return "Accepted";
  // A start button: the station has decided, and may not be contradicted (C02.FR.02).
  if (idToken.type === "NoAuthorization") return "Accepted";
  return refusalOf(question) ?? (granted === false ? "ConcurrentTx" : "Accepted");
}

/** Why the token itself may not charge; null = it may, wherever it is used now. */
function refusalOf(
  { idToken, token, at }: Pick<AuthorisationQuestion, "idToken" | "token" | "at">,
): string | null {
  if (token === null || !isOfType(token, idToken.type)) return "Unknown";
  if (!tokenStatuses.includes(token.status)) return "Invalid";
  if (token.status !== "Accepted") return token.status;
  const expiry = expiryOf(token);
  if (expiry === "unreadable") return "Invalid";
  return expiry !== null && expiry <= at ? "Expired" : null;
}

/** 1.6 does not tell types, so they are not compared there. */
function isOfType(token: TokenRecord, type: string | null): boolean {
  return type === null || type.toLowerCase() === token.type.toLowerCase();
}

function expiryOf(token: TokenRecord): number | null | "unreadable" {
  if (token.expiresAt === null) return null;
  return parseInstant(token.expiresAt) ?? "unreadable";
}

/**
 * The actor that counts sessions: `token/<this>`, one for a whole group. No station has such a key:
 * one that is called like a token would wait in its own mailbox for the grant.
 */
export function grantKey(token: Pick<TokenRecord, "uid" | "groupId">): string {
  return `%t${stationKey((token.groupId ?? token.uid).toLowerCase())}`;
}

/**
 * Whether a start that is presented `at` this moment has to ask the token actor: only for a limit,
 * and not for a token that is refused anyway (its grant would be held by no session).
 */
export function needsGrant(
  { idToken, token, at }: Pick<AuthorisationQuestion, "idToken" | "token" | "at">,
): boolean {
  if (token === null || token.concurrentSessions === 0) return false;
  return idToken.type !== "NoAuthorization" && refusalOf({ idToken, token, at }) === null;
}

/** Who presented a card: uid, and the group that the cache knew for it. */
export interface Holder {
  readonly uid: string;
  readonly groupId: string | null;
}

/**
 * Rule T9: a transaction may be stopped by the card that started it and by any of the same group.
 */
export function mayStop(starter: Holder | null, stopper: Holder): boolean {
  if (starter === null) return true;
  if (starter.uid.toLowerCase() === stopper.uid.toLowerCase()) return true;
  return starter.groupId !== null &&
    starter.groupId.toLowerCase() === stopper.groupId?.toLowerCase();
}
