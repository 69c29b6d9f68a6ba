/** Addresses of actors, their shards, and their spelling in bus subjects and keys. */

/**
 * Where an actor lives: `default:session/CP1~17` is tenant `default`, kind `session`, key `CP1~17`.
 */
export interface Address {
  readonly tenant: string;
  readonly kind: string;
  readonly key: string;
}

/** The one tenant of an installation that has not been split. */
export const defaultTenant = "default";

const addressForm = /^([^:/]+):([a-z][a-z-]*)\/(.+)$/s;

export function formatAddress(address: Address): string {
  return `${address.tenant}:${address.kind}/${address.key}`;
}

/** @throws {TypeError} when the text is not `<tenant>:<kind>/<key>`. */
export function parseAddress(text: string): Address {
  const match = addressForm.exec(text);
  if (match === null) throw new TypeError(`Cannot parse the address: "${text}"`);
  const [, tenant = "", kind = "", key = ""] = match;
  return { tenant, kind, key };
}

/** A station's identity as a key: `~` separates a station from its parts, so it is escaped. */
export function stationKey(identity: string): string {
  return identity.replaceAll("%", "%25").replaceAll("~", "%7E");
}

/** Inverse of `stationKey`; also takes the key of a part (`CP1~17`) and gives its station. */
export function stationOfKey(key: string): string {
  return partitionOf(key).replaceAll("%7E", "~").replaceAll("%25", "%");
}

/** The part of a key that decides its shard: a station and its sessions share one. */
export function partitionOf(key: string): string {
  const end = key.indexOf("~");
  return end === -1 ? key : key.slice(0, end);
}

/** Stable 32-bit FNV-1a with a final mix; the same on every runtime and for ever. */
export function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The shard of an address among `shardCount`, which is fixed at installation (default 256). */
export function shardOf(address: Address, shardCount: number): number {
  return stableHash(`${address.tenant}/${partitionOf(address.key)}`) % shardCount;
}

/**
 * One token of a bus subject: identities such as `DE*ABC*E1.2` hold characters that NATS reserves.
 */
export function subjectToken(id: string): string {
  return id.replace(
    /[^A-Za-z0-9_\-~]/gu,
    (character) =>
      Array.from(
        new TextEncoder().encode(character),
        (byte) => `=${byte.toString(16).padStart(2, "0").toUpperCase()}`,
      ).join(""),
  );
}
