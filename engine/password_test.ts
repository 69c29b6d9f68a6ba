import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { isPassword, passwordRecord, schemeOf } from "./password.ts";
import { SimRandom } from "./sim/sim_random.ts";

const key = Buffer.from("sealed");
const machineSecret = "0123456789abcdef";

test("passwordRecord() keeps machine secrets by HMAC and shorter ones by scrypt", async () => {
  const long = await passwordRecord(machineSecret, key, new SimRandom(1));
  const short = await passwordRecord("0123456789abcde", key, new SimRandom(1));

  assert.equal(long.scheme, "hmac-sha256");
  assert.equal(short.scheme, "scrypt");
});

test("isPassword() tells the password from others, by both schemes", async () => {
  for (const password of [machineSecret, "short ü"]) {
    // deno-lint-ignore no-await-in-loop -- one after another
    const record = await passwordRecord(password, key, new SimRandom(1));

    // deno-lint-ignore no-await-in-loop -- one after another
    const answers = await Promise.all([
      isPassword(Buffer.from(password), record, key),
      isPassword(Buffer.from(`${password} `), record, key),
      isPassword(Buffer.from(""), record, key),
    ]);

    assert.deepEqual(answers, [true, false, false]);
  }
});

test("isPassword() needs the server key for machine secrets", async () => {
  const record = await passwordRecord(machineSecret, key, new SimRandom(1));

  assert.equal(await isPassword(Buffer.from(machineSecret), record, Buffer.from("other")), false);
});

test("passwordRecord() salts every record", async () => {
  const random = new SimRandom(1);
  const [one, other] = await Promise.all([
    passwordRecord(machineSecret, key, random),
    passwordRecord(machineSecret, key, random),
  ]);

  assert.notEqual(one.salt, other.salt);
  assert.notEqual(one.hash, other.hash);
  assert.equal(Buffer.from(one.salt, "base64").length, 16);
});

test("isPassword() is false for a damaged record", async () => {
  const record = { scheme: "hmac-sha256", salt: "", hash: "AAAA" } as const;

  assert.equal(await isPassword(Buffer.from(machineSecret), record, key), false);
});

test("schemeOf() counts characters, not code units", () => {
  assert.equal(schemeOf("😀".repeat(15)), "scrypt");
  assert.equal(schemeOf("😀".repeat(16)), "hmac-sha256");
});
