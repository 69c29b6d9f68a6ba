import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { passwordRecord } from "#engine/password.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { type Admission, type Attempt, Authenticator, type KnownStation } from "./authenticate.ts";
import { gatewayLimits } from "./limits.ts";
import { testKey } from "./testing.ts";

const secret = "a machine secret of 34 characters!";
const random = new SimRandom(1);

function basic(user: string, password: string | Uint8Array): string {
  const bytes = Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password)]);
  return `Basic ${bytes.toString("base64")}`;
}

function attempt(password: string | Uint8Array, change: Partial<Attempt> = {}): Attempt {
  return {
    identity: "CP1",
    remoteAddress: "192.0.2.1",
    isHexKeyPossible: true,
    authorization: basic("CP1", password),
    ...change,
  };
}

async function station(...passwords: readonly string[]): Promise<KnownStation> {
  const records = await Promise.all(
    passwords.map((password) => passwordRecord(password, testKey, random)),
  );
  return { known: true, securityProfile: 1, passwords: records };
}

function authenticator(clock = new SimClock(), change = {}): Authenticator {
  return new Authenticator(testKey, clock, { ...gatewayLimits, ...change });
}

test("admit() asks nothing of profile 0 and refuses 2 and 3 on a plain socket", async () => {
  const records = (await station(secret)).passwords;
  const admissions = await Promise.all(
    ([0, 1, 2, 3] as const).map((securityProfile) =>
      authenticator().admit(
        attempt(secret, securityProfile === 0 ? { authorization: undefined } : {}),
        { known: true, securityProfile, passwords: records },
      )
    ),
  );

  assert.deepEqual(admissions, ["admitted", "admitted", "refused", "refused"]);
});

test("admit() compares user and password, and takes either of two passwords", async () => {
  const known = await station(secret, "the new secret of this station");
  const attempts: readonly Attempt[] = [
    attempt(secret),
    attempt("the new secret of this station"),
    attempt(`${secret}x`),
    attempt("", {}),
    attempt(secret, { authorization: basic("CP2", secret) }),
    attempt(secret, { authorization: undefined }),
    attempt(secret, { authorization: `Bearer ${secret}` }),
  ];

  const admissions = await Promise.all(attempts.map((one) => authenticator().admit(one, known)));

  assert.deepEqual(admissions, [
    "admitted",
    "admitted",
    ...Array.from({ length: 5 }, () => "refused"),
  ]);
});

test("admit() takes a 1.6 AuthorizationKey as text and as the bytes it spells", async () => {
  const hex = "4A6f6e6173e9ff00112233445566778899aabbcc";
  const bytes = Buffer.from(hex, "hex");
  const keptAsText = await station(hex.toLowerCase());
  const keptDecoded = await station("plain text secret");
  const spelt = Buffer.from("plain text secret").toString("hex");

  const admissions = await Promise.all([
    authenticator().admit(attempt(hex.toLowerCase()), keptAsText),
    authenticator().admit(attempt(bytes), keptAsText),
    authenticator().admit(attempt(spelt), keptDecoded),
    authenticator().admit(attempt(bytes, { isHexKeyPossible: false }), keptAsText),
  ]);

  assert.deepEqual(admissions, ["admitted", "admitted", "admitted", "refused"]);
});

test("admit() throttles failures per address, and lets time heal", async () => {
  const clock = new SimClock();
  const gate = authenticator(clock);
  const known = await station(secret);
  const tryWrong = (): Promise<Admission> => gate.admit(attempt("wrong password, surely"), known);

  const wrong = await Promise.all(Array.from({ length: 7 }, tryWrong));
  const rightFromThere = await gate.admit(attempt(secret), known);
  const rightFromElsewhere = await gate.admit(attempt(secret, { remoteAddress: "::1" }), known);
  clock.advance(10_000);
  const rightLater = await gate.admit(attempt(secret), known);

  assert.deepEqual(wrong.filter((admission) => admission === "throttled").length, 2);
  assert.deepEqual(
    [rightFromThere, rightFromElsewhere, rightLater],
    ["throttled", "admitted", "admitted"],
  );
});

test("admit() throttles failures per identity over all addresses", async () => {
  const gate = authenticator(new SimClock(), { failuresPerIdentity: { burst: 3, perSecond: 1 } });
  const known = await station(secret);

  const admissions = await Promise.all(Array.from(
    { length: 5 },
    (_, index) =>
      gate.admit(attempt("wrong password, surely", { remoteAddress: `192.0.2.${index}` }), known),
  ));

  assert.deepEqual(admissions.filter((admission) => admission === "throttled").length, 2);
});

test("admit() bounds the queue for scrypt", async () => {
  const gate = authenticator(new SimClock(), { slowHashes: { atOnceMax: 1, waitingMax: 1 } });
  const known = await station("short");

  const outcomes = await Promise.allSettled(
    ["a", "b", "c"].map((identity) =>
      gate.admit(attempt("short", { identity, authorization: basic(identity, "short") }), known)
    ),
  );

  assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected"]);
  const [, , refused] = outcomes;
  const reason = refused?.status === "rejected" ? refused.reason : undefined;
  assert.ok(reason instanceof PlatformError && reason.kind === "overloaded");
});

test("admit() remembers a password that scrypt has accepted, until it changes or expires", async () => {
  const clock = new SimClock();
  const gate = authenticator(clock, { slowHashes: { atOnceMax: 1, waitingMax: 0 } });
  const known = await station("short");
  assert.equal(await gate.admit(attempt("short"), known), "admitted");

  const storm = await Promise.all(
    Array.from({ length: 20 }, () => gate.admit(attempt("short"), known)),
  );
  const changed = await gate.admit(attempt("short"), await station("other"));
  const wrong = await gate.admit(attempt("shorts"), known);

  assert.ok(storm.every((admission) => admission === "admitted"));
  assert.deepEqual([changed, wrong], ["refused", "refused"]);
});

test("usedPassword() tells which of several it was, in either reading of a hex key", async () => {
  const known = await station(secret, "short", "00ABCDEF00ABCDEF00ABCDEF00ABCDEF");
  const [first, second, third] = known.passwords;
  const one = authenticator();
  assert.equal(await one.usedPassword(attempt(secret), known), first);
  assert.equal(await one.usedPassword(attempt("short"), known), second);
  // Remembered: no scrypt the second time.
  assert.equal(await one.usedPassword(attempt("short"), known), second);
  const bytes = Buffer.from("00ABCDEF00ABCDEF00ABCDEF00ABCDEF", "hex");
  assert.equal(await one.usedPassword(attempt(bytes), known), third);
  assert.equal(await one.usedPassword(attempt("00ABCDEF00ABCDEF00ABCDEF00ABCDEF"), known), third);
  assert.equal(await one.usedPassword(attempt("another password"), known), undefined);
  assert.equal(
    await one.usedPassword(attempt(secret, { authorization: undefined }), known),
    undefined,
  );
});

test("a hex key of mixed case, kept in lower case, is known as text and as its bytes", async () => {
  const key = "aBcDeF0123456789AbCdEf0123456789";
  const known = await station(key.toLowerCase());
  const attempts = [attempt(key), attempt(Buffer.from(key, "hex")), attempt(key.toUpperCase())];
  for (const each of attempts) {
    // deno-lint-ignore no-await-in-loop -- one after the other
    assert.equal(await authenticator().admit(each, known), "admitted");
  }
});
