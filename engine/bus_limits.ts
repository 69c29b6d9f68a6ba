import { PlatformError } from "#schemas/errors.ts";

/** A NATS server takes 1 MiB by default; the rest is for our head and the subject. */
export const TEXT_BYTES_MAX = 1_000_000;

/** UTF-8 needs at most three bytes for a UTF-16 unit, so that a short text needs no counting. */
const UNITS_SURE = Math.floor(TEXT_BYTES_MAX / 3);

/** @throws {PlatformError} "invalid-value" when no bus can carry the text. */
export function assertFits(subject: string, text: string): void {
  if (text.length <= UNITS_SURE) return;
  const bytes = byteLength(text);
  if (bytes <= TEXT_BYTES_MAX) return;
  const detail =
    `Cannot send to ${subject}: the message has ${bytes} bytes, over ${TEXT_BYTES_MAX}`;
  throw new PlatformError("invalid-value", detail);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
