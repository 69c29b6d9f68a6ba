/**
 * Secrets of webhooks. Unlike passwords they are needed in clear for every signature, so that they
 * are sealed (AES-256-GCM) under a key derived from the server key, not hashed. The seal holds
 * for one webhook: its row's secret is of no use in another row.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { Random } from "#engine/ports/random.ts";

/** Which webhook a secret belongs to. */
export interface SecretOwner {
  readonly tenant: string;
  readonly webhookId: string;
}

const VERSION = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const purpose = "statewatt webhook secret";

/** 244 random bits, as text that is seen to be a secret. */
export function makeSecret(random: Random): string {
  const digits = `${random.uuid()}${random.uuid()}`.replaceAll("-", "");
  return `whsec_${Buffer.from(digits, "hex").toString("base64url")}`;
}

export function sealSecret(
  secret: string,
  owner: SecretOwner,
  serverKey: Uint8Array,
  random: Random,
): string {
  const salt = Buffer.from(random.uuid().replaceAll("-", ""), "hex");
  const { key, nonce } = keyOf(serverKey, salt);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(nameOf(owner));
  const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), salt, cipher.getAuthTag(), sealed]).toString("base64");
}

/** @throws when it was sealed for another webhook or under another server key. */
export function openSecret(sealed: string, owner: SecretOwner, serverKey: Uint8Array): string {
  const bytes = Buffer.from(sealed, "base64");
  if (bytes[0] !== VERSION || bytes.length <= 1 + SALT_BYTES + TAG_BYTES) {
    throw new TypeError("Cannot open the secret of a webhook: its form is unknown");
  }
  const salt = bytes.subarray(1, 1 + SALT_BYTES);
  const tag = bytes.subarray(1 + SALT_BYTES, 1 + SALT_BYTES + TAG_BYTES);
  const { key, nonce } = keyOf(serverKey, salt);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(nameOf(owner))
    .setAuthTag(tag);
  const text = decipher.update(bytes.subarray(1 + SALT_BYTES + TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString("utf8");
}

/** Each seal has a key of its own by its salt; no nonce is used twice under one key. */
function keyOf(serverKey: Uint8Array, salt: Uint8Array): { key: Buffer; nonce: Buffer } {
  const made = Buffer.from(hkdfSync("sha256", serverKey, salt, purpose, KEY_BYTES + NONCE_BYTES));
  return { key: made.subarray(0, KEY_BYTES), nonce: made.subarray(KEY_BYTES) };
}

function nameOf({ tenant, webhookId }: SecretOwner): Buffer {
  return Buffer.from(JSON.stringify([tenant, webhookId]));
}
