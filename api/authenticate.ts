import { createHash, timingSafeEqual } from "node:crypto";
import { PlatformError } from "#schemas/errors.ts";
import { defaultTenant } from "#schemas/address.ts";
import type { Clock } from "#engine/ports/clock.ts";

export interface Principal {
  readonly tenant: string;
  readonly name: string;
}

/** Guesses that one address may make at once, and how fast it earns new ones. */
const GUESSES_MAX = 50;
const GUESSES_PER_SECOND = 1;
/** Addresses remembered; a flood from more of them is the network's to stop. */
const ADDRESSES_MAX = 10_000;

interface Guesses {
  left: number;
  at: number;
}

/**
 * Knows the operator by `Authorization: Bearer <key>`. Wrong keys cost the sender's address a
 * guess.
 */
export class Authenticator {
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #guesses = new Map<string, Guesses>();

  constructor(operatorKey: string, clock: Clock) {
    this.#key = digest(operatorKey);
    this.#clock = clock;
  }

  /** @throws {PlatformError} "unauthenticated", or "overloaded" after too many wrong keys. */
  principal(authorization: string | undefined, remoteAddress: string): Principal {
    const presented = /^Bearer +(.*\S)\s*$/i.exec(authorization ?? "")?.[1];
    // Digests have one length, so that the comparison tells nothing about the key's.
    if (presented !== undefined && timingSafeEqual(digest(presented), this.#key)) {
      return { tenant: defaultTenant, name: "operator" };
    }
    if (presented === undefined) {
      throw new PlatformError(
        "unauthenticated",
        "Cannot let the request in: it has no Authorization: Bearer <operator key>",
      );
    }
    this.#charge(remoteAddress);
    throw new PlatformError("unauthenticated", "Cannot let the request in: the key is wrong");
  }

  #charge(address: string): void {
    const now = this.#clock.monotonic();
    if (this.#guesses.size >= ADDRESSES_MAX) this.#guesses.clear();
    const known = this.#guesses.get(address) ?? { left: GUESSES_MAX, at: now };
    const earned = (now - known.at) / 1_000 * GUESSES_PER_SECOND;
    const left = Math.min(GUESSES_MAX, known.left + earned);
    if (left < 1) {
      throw new PlatformError("overloaded", "Cannot check the key: too many wrong ones", {
        retryAfterSeconds: 1 / GUESSES_PER_SECOND,
      });
    }
    this.#guesses.set(address, { left: left - 1, at: now });
  }
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
