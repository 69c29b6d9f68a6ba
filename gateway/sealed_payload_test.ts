import assert from "node:assert/strict";
import { test } from "node:test";
import { sealText } from "#engine/sealed_text.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { PlatformError } from "#schemas/errors.ts";
import { stationSecretPurpose } from "#schemas/sealed_secret.ts";
import { openedPayload } from "./sealed_payload.ts";
import { testKey } from "./testing.ts";

const cp1 = { tenant: "default", identity: "CP1" };
const random = new SimRandom(1);

function sealed(value: unknown, identity = "CP1"): { readonly $sealed: string } {
  const owner = [stationSecretPurpose, "default", identity] as const;
  return { $sealed: sealText(JSON.stringify(value), owner, testKey, random) };
}

test("openedPayload() puts texts and numbers back in their places, keys in their order", () => {
  const payload = {
    b: [{ value: sealed('the "password"') }, 1],
    a: { pin: sealed(1234) },
    c: null,
  };
  const { text, payload: opened } = openedPayload(payload, cp1, testKey);
  assert.equal(text, '{"b":[{"value":"the \\"password\\""},1],"a":{"pin":1234},"c":null}');
  assert.deepEqual(opened, JSON.parse(text));
});

test("openedPayload() leaves a payload without a secret as it is", () => {
  const payload = { z: 1, a: { text: "$sealed" } };
  assert.deepEqual(openedPayload(payload, cp1, testKey).payload, payload);
  assert.equal(openedPayload(payload, cp1, testKey).text, '{"z":1,"a":{"text":"$sealed"}}');
});

test("openedPayload() refuses what was sealed for another station, under another key, or not at all", () => {
  const refused = [sealed("x", "CP2"), { $sealed: "AAAA" }, { $sealed: "" }];
  for (const secret of refused) {
    assert.throws(
      () => openedPayload({ secret }, cp1, testKey),
      (thrown) => thrown instanceof PlatformError && thrown.kind === "conflict",
    );
  }
  const other = new Uint8Array(32).fill(9);
  assert.throws(() => openedPayload({ secret: sealed("x") }, cp1, other), PlatformError);
});
