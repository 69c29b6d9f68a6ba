/**
 * `Statewatt-Signature: t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` under the webhook's
 * secret. The time is inside, so that an old request cannot be played again for long.
 */
import type { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

/** How far a receiver should let our clock and its own differ, and a request travel. */
export const SIGNATURE_AGE_SECONDS_MAX = 300;

export function signatureOf(secret: string, body: string, atMs: number): string {
  const seconds = Math.floor(atMs / 1_000);
  return `t=${seconds},v1=${digest(secret, seconds, body).toString("hex")}`;
}

/** What a receiver does with the header, as an example and for tests. */
export function isSigned(
  header: string,
  given: { readonly secret: string; readonly body: string; readonly nowMs: number },
): boolean {
  const fields = new Map(
    header.split(",").map((field) => {
      const [name = "", value = ""] = field.trim().split("=");
      return [name, value];
    }),
  );
  const seconds = Number(fields.get("t"));
  const isFresh = Math.abs(given.nowMs / 1_000 - seconds) <= SIGNATURE_AGE_SECONDS_MAX;
  const signature = Uint8Array.from(
    (fields.get("v1") ?? "").match(/../g) ?? [],
    (pair) => Number.parseInt(pair, 16),
  );
  const expected = digest(given.secret, seconds, given.body);
  return isFresh && signature.length === expected.length && timingSafeEqual(signature, expected);
}

function digest(secret: string, seconds: number, body: string): Buffer {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest();
}
