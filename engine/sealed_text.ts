/**
 * Texts that only the platform's processes may read, on their way through the journal: sealed
 * (AES-256-GCM) under a key derived from the server key. A seal holds for what it was made for.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { Random } from "./ports/random.ts";

/** What a seal holds for: elsewhere it does not open. */
export type SealedFor = readonly [purpose: string, ...names: readonly string[]];

const VERSION = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

export function sealText(
  text: string,
  owner: SealedFor,
  serverKey: Uint8Array,
  random: Random,
): string {
  const salt = Buffer.from(random.uuid().replaceAll("-", ""), "hex");
  const { key, nonce } = keyOf(serverKey, salt, owner);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(nameOf(owner));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), salt, cipher.getAuthTag(), sealed]).toString("base64");
}

/** @throws when it was sealed for something else, or under another server key. */
export function openText(sealed: string, owner: SealedFor, serverKey: Uint8Array): string {
  const bytes = Buffer.from(sealed, "base64");
  if (bytes[0] !== VERSION || bytes.length <= 1 + SALT_BYTES + TAG_BYTES) {
    throw new TypeError("Cannot open the sealed text: its form is unknown");
  }
  const salt = bytes.subarray(1, 1 + SALT_BYTES);
  const tag = bytes.subarray(1 + SALT_BYTES, 1 + SALT_BYTES + TAG_BYTES);
  const { key, nonce } = keyOf(serverKey, salt, owner);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(nameOf(owner))
    .setAuthTag(tag);
  const text = decipher.update(bytes.subarray(1 + SALT_BYTES + TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString("utf8");
}

/** Each seal has a key of its own by its salt; no nonce is used twice under one key. */
function keyOf(
  serverKey: Uint8Array,
  salt: Uint8Array,
  [purpose]: SealedFor,
): { readonly key: Buffer; readonly nonce: Buffer } {
  const bytes = hkdfSync("sha256", serverKey, salt, purpose, KEY_BYTES + NONCE_BYTES);
  const made = Buffer.from(bytes);
  return { key: made.subarray(0, KEY_BYTES), nonce: made.subarray(KEY_BYTES) };
}

function nameOf(owner: SealedFor): Buffer {
  return Buffer.from(JSON.stringify(owner));
}
