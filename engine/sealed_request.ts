/**
 * Requests of operations and their answers, sealed with a key that only the platform's processes
 * and its operators have: anybody who reaches NATS could publish one otherwise (ADR 12).
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { PlatformError } from "#schemas/errors.ts";
import type { Clock } from "./ports/clock.ts";
import type { OperationRequest } from "./ports/operations.ts";

/** Clocks of operators' machines may be off. */
const GOOD_MS = 60_000;
/** Requests that are remembered so that they are taken once: 160 a second. */
const REMEMBERED_MAX = 20_000;

export interface Sealed {
  readonly text: string;
  readonly seal: string;
}

export function sealRequest(request: OperationRequest, key: string): Sealed {
  const text = JSON.stringify(request);
  return { text, seal: sealOf(`request\n${text}`, key) };
}

/** The answer's seal covers the question: no other answer of the same key fits it. */
export function sealAnswer(text: string, nonce: string, key: string): Sealed {
  return { text, seal: sealOf(`answer\n${nonce}\n${text}`, key) };
}

/** @throws {PlatformError} "unauthenticated" when the answer is not of who has the key. */
export function openAnswer({ text, seal }: Sealed, nonce: string, key: string): string {
  if (isSeal(seal, sealOf(`answer\n${nonce}\n${text}`, key))) return text;
  throw new PlatformError("unauthenticated", "Cannot trust the answer: its seal is not of our key");
}

/** Opens the requests to one process: each once, and only while it is fresh. */
export class RequestGate {
  readonly #parts: { readonly id: string; readonly key: string | undefined; readonly clock: Clock };
  /** Nonce → wall-clock time at which it is forgotten; the oldest first. */
  readonly #seen = new Map<string, number>();

  constructor(parts: {
    readonly id: string;
    /** Undefined: nothing is let in. */
    readonly key: string | undefined;
    readonly clock: Clock;
  }) {
    this.#parts = parts;
  }

  /** @throws {PlatformError} "unauthenticated", "forbidden" or "overloaded". */
  open({ text, seal }: Sealed, verb: string): OperationRequest {
    const { id, key, clock } = this.#parts;
    if (key === undefined) {
      throw new PlatformError("forbidden", "Cannot operate this process: it has no OPS_KEY");
    }
    if (!isSeal(seal, sealOf(`request\n${text}`, key))) {
      throw new PlatformError("unauthenticated", "Cannot take the request: its seal is wrong");
    }
    const request: OperationRequest = JSON.parse(text);
    if (request.to !== id || request.verb !== verb) {
      throw new PlatformError("forbidden", "Cannot take the request: it is for another");
    }
    const offMs = clock.now() - request.at;
    if (Math.abs(offMs) > GOOD_MS) {
      const detail = `Cannot take the request: its clock is ${Math.round(offMs / 1_000)} s off`;
      throw new PlatformError("forbidden", detail);
    }
    this.#remember(request.nonce);
    return request;
  }

  #remember(nonce: string): void {
    const now = this.#parts.clock.now();
    for (const [old, until] of this.#seen) {
      if (until > now) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(nonce)) {
      throw new PlatformError("forbidden", "Cannot take the request: it was taken before");
    }
    if (this.#seen.size >= REMEMBERED_MAX) {
      throw new PlatformError("overloaded", "Cannot take the request: there were too many");
    }
    this.#seen.set(nonce, now + 2 * GOOD_MS);
  }
}

function sealOf(text: string, key: string): string {
  return createHmac("sha256", key).update(text).digest("base64url");
}

function isSeal(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
