/**
 * Station passwords at rest. Machine secrets (16 and more characters) cannot be guessed, so one
 * HMAC over salt and password with the sealed server key is enough, and a storm of 10,000 connects
 * costs no minutes of CPU. Shorter ones are hashed by scrypt, which is slow for everybody.
 */
import { Buffer } from "node:buffer";
import { createHmac, scrypt, timingSafeEqual } from "node:crypto";
import type { Random } from "./ports/random.ts";

/** What is stored of a password (`schemas/events/gateway.ts`); binary values in base64. */
export interface PasswordRecord {
  readonly scheme: "hmac-sha256" | "scrypt";
  readonly salt: string;
  readonly hash: string;
}

/** What OCPP 2.x asks of station passwords; enough entropy when a machine made them. */
export const MACHINE_SECRET_LENGTH = 16;

/** RFC 7914, 2: 16 MiB and about 50 ms on one core. */
const scryptCost = { N: 16_384, r: 8, p: 1 } as const;
const HASH_BYTES = 32;
/** 160 bits. */
const DRAWN_DIGITS = 40;

/** Hashes a password for storage, by the scheme of its length. */
export async function passwordRecord(
  password: string,
  serverKey: Uint8Array,
  random: Random,
): Promise<PasswordRecord> {
  const salt = saltOf(random);
  const scheme = schemeOf(password);
  const hash = scheme === "hmac-sha256"
    ? hmac(serverKey, salt, Buffer.from(password))
    : await slowHash(Buffer.from(password), salt);
  return { scheme, salt: salt.toString("base64"), hash: hash.toString("base64") };
}

/**
 * A password that nobody can guess without the server key: 40 hex digits, which 1.6 and 2.x both
 * have room for. The same again for the same request.
 */
export function drawnPassword(requestId: string, serverKey: Uint8Array): string {
  const digest = createHmac("sha256", serverKey).update(`drawn password\n${requestId}`).digest(
    "hex",
  );
  return digest.slice(0, DRAWN_DIGITS).toUpperCase();
}

/** The scheme that a password of this length is kept by. */
export function schemeOf(password: string): PasswordRecord["scheme"] {
  return [...password].length >= MACHINE_SECRET_LENGTH ? "hmac-sha256" : "scrypt";
}

/** Compares in constant time. The scheme decides the cost: microseconds, or 50 ms of a thread. */
export async function isPassword(
  candidate: Uint8Array,
  record: PasswordRecord,
  serverKey: Uint8Array,
): Promise<boolean> {
  const salt = Buffer.from(record.salt, "base64");
  const hash = record.scheme === "hmac-sha256"
    ? hmac(serverKey, salt, candidate)
    : await slowHash(candidate, salt);
  const expected = Buffer.from(record.hash, "base64");
  return expected.length === hash.length && timingSafeEqual(expected, hash);
}

function hmac(key: Uint8Array, salt: Uint8Array, password: Uint8Array): Buffer {
  return createHmac("sha256", key).update(salt).update(password).digest();
}

function slowHash(password: Uint8Array, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, scryptCost, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}

/** 122 random bits in 16 bytes. */
function saltOf(random: Random): Buffer {
  return Buffer.from(random.uuid().replaceAll("-", ""), "hex");
}
