/** From the URL and headers of an upgrade to who connects, and in which version. */
import { Buffer } from "node:buffer";
import { type Address, stationKey } from "#schemas/address.ts";
import { type OcppProtocol, ocppProtocols } from "#schemas/events/gateway.ts";

/** The longest identity that OCPP 1.6J and 2.x Part 4 allow. */
export const IDENTITY_MAX = 48;

const path = /^\/ocpp\/([^/?#]+)\/?(?:\?.*)?$/;

/**
 * The identity in `/ocpp/{identity}`, percent-decoded once; undefined when the path is another or
 * the identity breaks the rules: 1 to 48 characters, no colon (it parts user and password in
 * Basic), nothing that cannot be stored or shown.
 */
export function identityOf(url: string): string | undefined {
  const encoded = path.exec(url)?.[1];
  if (encoded === undefined) return undefined;
  const identity = decoded(encoded);
  if (identity === undefined || identity.length > IDENTITY_MAX) return undefined;
  return /[:\p{Cc}]/u.test(identity) || !identity.isWellFormed() ? undefined : identity;
}

function decoded(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** The actor of a station. */
export function addressOf(tenant: string, identity: string): Address {
  return { tenant, kind: "charger", key: stationKey(identity) };
}

/** The first protocol of the station's list that we speak, however it spaces its commas. */
export function protocolOf(header: string | undefined): OcppProtocol | undefined {
  for (const offered of (header ?? "").split(",")) {
    const known = ocppProtocols.find((protocol) => protocol === offered.trim());
    if (known !== undefined) return known;
  }
  return undefined;
}

export interface BasicCredentials {
  readonly user: string;
  /** As sent: passwords of 1.6 may be bytes that are no text. */
  readonly password: Uint8Array;
}

const COLON = 0x3a;

/** Reads an `Authorization: Basic …` header (RFC 7617, 2); undefined when it is none. */
export function basicCredentialsOf(header: string | undefined): BasicCredentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, "base64");
  const colon = bytes.indexOf(COLON);
  if (colon === -1) return undefined;
  return { user: bytes.subarray(0, colon).toString("utf8"), password: bytes.subarray(colon + 1) };
}
