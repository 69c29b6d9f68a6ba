import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { SimRandom } from "./sim/sim_random.ts";
import { openText, type SealedFor, sealText } from "./sealed_text.ts";

const random = new SimRandom(7);
const key = new Uint8Array(32).fill(3);
const owner: SealedFor = ["purpose", "default", "CP1"];

test("openText() gives back what sealText() was given, and no two seals are alike", () => {
  for (const text of ["secret", "größer als ASCII 🔋", "x".repeat(10_000)]) {
    assert.equal(openText(sealText(text, owner, key, random), owner, key), text);
  }
  const sealed = sealText("secret", owner, key, random);
  assert.notEqual(sealed, sealText("secret", owner, key, random));
  assert.doesNotMatch(Buffer.from(sealed, "base64").toString("latin1"), /secret/);
});

test("a seal opens for its owner, under its key, and unchanged only", () => {
  const sealed = sealText("secret", owner, key, random);
  const other = new Uint8Array(32).fill(4);
  assert.throws(() => openText(sealed, ["purpose", "default", "CP2"], key));
  assert.throws(() => openText(sealed, ["purpose", "another", "CP1"], key));
  assert.throws(() => openText(sealed, ["another", "default", "CP1"], key));
  assert.throws(() => openText(sealed, owner, other));
  const bytes = Buffer.from(sealed, "base64");
  for (let index = 0; index < bytes.length; index++) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.throws(() => openText(changed.toString("base64"), owner, key), `byte ${index}`);
  }
  for (const broken of ["", "AQ==", "no base64 at all"]) {
    assert.throws(() => openText(broken, owner, key));
  }
});
