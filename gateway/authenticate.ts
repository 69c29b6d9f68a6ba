/** Who may connect: security profiles 0 and 1 over a plain socket (OCPP 2.0.1 Part 2, block A). */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import type { AuthenticateReply, PasswordRecord } from "#schemas/events/gateway.ts";
import { isPassword, schemeOf } from "#engine/password.ts";
import type { Clock } from "#engine/ports/clock.ts";
import { BoundedWork } from "./bounded_work.ts";
import { basicCredentialsOf } from "./identity.ts";
import type { GatewayLimits } from "./limits.ts";
import { TokenBucket, type TokenBucketLimits } from "./token_bucket.ts";

export type KnownStation = Extract<AuthenticateReply, { readonly known: true }>;

export interface Attempt {
  readonly identity: string;
  readonly remoteAddress: string;
  /** 1.6 stations send their AuthorizationKey as text or as the bytes that it spells in hex. */
  readonly isHexKeyPossible: boolean;
  readonly authorization: string | undefined;
}

export type Admission = "admitted" | "refused" | "throttled";

interface Verified {
  readonly digest: Buffer;
  readonly until: number;
}

export class Authenticator {
  readonly #serverKey: Uint8Array;
  readonly #clock: Clock;
  readonly #limits: GatewayLimits;
  readonly #slowHashes: BoundedWork;
  /** Budgets of failures, by identity and by identity and address; oldest first. */
  readonly #failures = new Map<string, TokenBucket>();
  /** Passwords that scrypt has accepted, so that a storm of reconnects is cheap; oldest first. */
  readonly #verified = new Map<string, Verified>();

  constructor(serverKey: Uint8Array, clock: Clock, limits: GatewayLimits) {
    this.#serverKey = serverKey;
    this.#clock = clock;
    this.#limits = limits;
    this.#slowHashes = new BoundedWork("check a password", limits.slowHashes);
  }

  /** @throws {PlatformError} "overloaded" when too many passwords wait for scrypt. */
  async admit(attempt: Attempt, station: KnownStation): Promise<Admission> {
    if (station.securityProfile === 0) return "admitted";
    // Profiles 2 and 3 are refused here: a lower profile than agreed must not be accepted.
    if (station.securityProfile !== 1) return "refused";
    const credentials = basicCredentialsOf(attempt.authorization);
    if (credentials === undefined || credentials.user !== attempt.identity) return "refused";
    const { password } = credentials;
    if (this.#verifiedRecord(attempt.identity, password, station) !== undefined) return "admitted";
    return await this.#admitByPassword(attempt, credentials.password, station);
  }

  /**
   * Which of the station's passwords an admitted attempt was made with. It is asked only while
   * several are good, since it may cost the check of a password again.
   */
  async usedPassword(
    attempt: Attempt,
    station: KnownStation,
  ): Promise<PasswordRecord | undefined> {
    const credentials = basicCredentialsOf(attempt.authorization);
    if (station.securityProfile === 0 || credentials === undefined) return undefined;
    const { password } = credentials;
    return this.#verifiedRecord(attempt.identity, password, station) ??
      await this.#recordOf(attempt, password, station);
  }

  /** The failure is paid in advance, so that attempts at the same time cannot outrun the budget. */
  async #admitByPassword(
    attempt: Attempt,
    password: Uint8Array,
    station: KnownStation,
  ): Promise<Admission> {
    const budgets: readonly (readonly [string, TokenBucketLimits])[] = [
      [`${attempt.identity}\n${attempt.remoteAddress}`, this.#limits.failuresPerAddress],
      [attempt.identity, this.#limits.failuresPerIdentity],
    ];
    const taken = this.#take(budgets);
    if (taken === undefined) return "throttled";
    const record = await this.#recordOf(attempt, password, station).catch((thrown: unknown) => {
      // Nobody has seen whether it was wrong.
      for (const bucket of taken) bucket.giveBack();
      throw thrown;
    });
    if (record === undefined) return "refused";
    for (const [key] of budgets) this.#failures.delete(key);
    return "admitted";
  }

  async #recordOf(
    attempt: Attempt,
    password: Uint8Array,
    station: KnownStation,
  ): Promise<PasswordRecord | undefined> {
    for (const record of station.passwords) {
      for (const candidate of candidatesOf(password, attempt.isHexKeyPossible, record.scheme)) {
        // deno-lint-ignore no-await-in-loop -- scrypt must not run ahead
        if (!await this.#matches(candidate, record)) continue;
        if (record.scheme === "scrypt") this.#remember(attempt.identity, password, record);
        return record;
      }
    }
    return undefined;
  }

  #matches(candidate: Uint8Array, record: PasswordRecord): Promise<boolean> {
    const check = (): Promise<boolean> => isPassword(candidate, record, this.#serverKey);
    return record.scheme === "hmac-sha256" ? check() : this.#slowHashes.run(check);
  }

  #take(
    budgets: readonly (readonly [string, TokenBucketLimits])[],
  ): readonly TokenBucket[] | undefined {
    const taken: TokenBucket[] = [];
    for (const [key, limits] of budgets) {
      const bucket = this.#bucketOf(key, limits);
      if (!bucket.hasToken(limits, this.#clock)) {
        for (const one of taken) one.giveBack();
        return undefined;
      }
      bucket.take(limits, this.#clock);
      taken.push(bucket);
    }
    return taken;
  }

  #bucketOf(key: string, limits: TokenBucketLimits): TokenBucket {
    const known = this.#failures.get(key);
    if (known !== undefined) return known;
    const made = new TokenBucket(limits, this.#clock);
    this.#failures.set(key, made);
    dropOldest(this.#failures, this.#limits.rememberedMax);
    return made;
  }

  #verifiedRecord(
    identity: string,
    password: Uint8Array,
    station: KnownStation,
  ): PasswordRecord | undefined {
    const verified = this.#verified.get(identity);
    if (verified === undefined || verified.until < this.#clock.monotonic()) return undefined;
    return station.passwords.find((record) =>
      timingSafeEqual(this.#digestOf(identity, password, record), verified.digest)
    );
  }

  #remember(identity: string, password: Uint8Array, record: PasswordRecord): void {
    this.#verified.delete(identity);
    this.#verified.set(identity, {
      digest: this.#digestOf(identity, password, record),
      until: this.#clock.monotonic() + this.#limits.verifiedMs,
    });
    dropOldest(this.#verified, this.#limits.rememberedMax);
  }

  /** Bound to the record: a changed password makes it worthless. */
  #digestOf(identity: string, password: Uint8Array, record: PasswordRecord): Buffer {
    return createHmac("sha256", this.#serverKey)
      .update(`verified\n${identity}\n${record.salt}\n${record.hash}\n`)
      .update(password)
      .digest();
  }
}

/** The number of seconds after which a throttled station may try again. */
export function throttleSeconds(limits: GatewayLimits): number {
  return Math.ceil(1 / limits.failuresPerAddress.perSecond);
}

/** What may have been meant by these bytes, of the lengths that this scheme keeps. */
export function candidatesOf(
  password: Uint8Array,
  isHexKeyPossible: boolean,
  scheme: PasswordRecord["scheme"],
): readonly Uint8Array[] {
  const bytes = Buffer.from(password);
  const candidates = [bytes];
  if (isHexKeyPossible) {
    const hex = bytes.toString("hex");
    candidates.push(Buffer.from(hex), Buffer.from(hex.toUpperCase()));
    const text = bytes.toString("latin1");
    if (text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text)) {
      // A key of mixed case is kept in lower case (`api/sealed_secrets.ts`).
      candidates.push(Buffer.from(text, "hex"), Buffer.from(text.toLowerCase()));
    }
  }
  return candidates.filter((candidate) => schemeOf(candidate.toString("utf8")) === scheme);
}

function dropOldest(map: Map<string, unknown>, sizeMax: number): void {
  for (const key of map.keys()) {
    if (map.size <= sizeMax) return;
    map.delete(key);
  }
}
