import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { drawnPassword, isPassword, passwordRecord } from "#engine/password.ts";
import { openText, sealText } from "#engine/sealed_text.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { PlatformError } from "#schemas/errors.ts";
import { replaceSealed, stationSecretPurpose, withoutSecrets } from "#schemas/sealed_secret.ts";
import { holdsSecret, sealedBody, sealedCall } from "./sealed_secrets.ts";

const key = new Uint8Array(32).fill(5);
const random = new SimRandom(3);
const asker = {
  tenant: "default",
  platform: {
    passwordRecord: (password: string) => passwordRecord(password, key, random),
    sealText: (text: string, owner: readonly [string, ...string[]]) =>
      sealText(text, owner, key, random),
  },
};
type Json = Readonly<Record<string, unknown>>;

/** As the gateway opens it. */
function opened(payload: unknown): unknown {
  return replaceSealed(
    payload,
    ({ $sealed }) => JSON.parse(openText($sealed, [stationSecretPurpose, "default", "CP1"], key)),
  );
}

function entry(name: string, more: Json = {}): Json {
  return {
    attributeValue: "a machine secret",
    component: { name: "SecurityCtrlr" },
    variable: { name },
    ...more,
  };
}

/** Payloads, and how many secrets they hold. */
const payloads: readonly (readonly [Json, number])[] = [
  [{ setVariableData: [entry("BasicAuthPassword"), entry("Identity")] }, 1],
  [{ setVariableData: [entry("basicauthpassword", { component: { name: "securityctrlr" } })] }, 1],
  [{ setVariableData: [entry("VpnPassword", { component: { name: "NetworkConfiguration" } })] }, 1],
  [{ key: "AuthorizationKey", value: "a machine secret" }, 1],
  [{ key: "authorizationkey", value: "a machine secret" }, 1],
  [{ key: "HeartbeatInterval", value: "a machine secret" }, 0],
  [{ variables: [{ component: "SecurityCtrlr", variable: "BasicAuthPassword", value: "x" }] }, 1],
  [
    {
      configurationSlot: 1,
      connectionData: {
        vpn: { server: "vpn", user: "u", password: "a machine secret", key: "k", type: "IPSec" },
        apn: { apn: "a", apnPassword: "p", simPin: 1234, apnAuthentication: "AUTO" },
        basicAuthPassword: "a machine secret",
      },
    },
    5,
  ],
  [{ variables: [{ variable: "AuthorizationKey", value: "00FF" }] }, 1],
  [{ idToken: { idToken: "AA" }, key: 7, value: 3 }, 0],
  [{ configurationSlot: 1, connectionData: { vpn: null } }, 0],
];

test("what leaves holds no secret, and opens to exactly what was asked, keys in their order", async () => {
  for (const [payload, secrets] of payloads) {
    // deno-lint-ignore no-await-in-loop -- one after the other
    const sealed = await sealedCall(asker, "CP1", payload);
    const text = JSON.stringify(sealed);
    assert.equal(text.split('"$sealed"').length - 1, secrets, text);
    if (secrets > 0) assert.notEqual(text, JSON.stringify(payload));
    assert.equal(JSON.stringify(opened(sealed)), JSON.stringify(payload));
    assert.equal(JSON.stringify(withoutSecrets(sealed)).split("••••••").length - 1, secrets);
    assert.doesNotMatch(JSON.stringify(withoutSecrets(sealed)), /hash|\$sealed/);
    assert.equal(holdsSecret("set-variables", payload), secrets > 0, text);
  }
});

test("only the station's own password comes with a record, and it checks that password", async () => {
  const sealed = await sealedCall(asker, "CP1", {
    setVariableData: [entry("BasicAuthPassword"), entry("VpnPassword")],
  });
  const [own, other] = sealed["setVariableData"] as readonly {
    attributeValue: { record?: Parameters<typeof isPassword>[1] };
  }[];
  const record = own?.attributeValue.record;
  assert.ok(record !== undefined && other?.attributeValue.record === undefined);
  assert.ok(await isPassword(Buffer.from("a machine secret"), record, key));
  const max = entry("BasicAuthPassword", { attributeType: "MaxSet" });
  const bound = await sealedCall(asker, "CP1", { setVariableData: [max] });
  assert.doesNotMatch(JSON.stringify(bound), /record/);
});

test("typed variables come with a record where they are the station's own password", async () => {
  const recorded = async (variable: Json): Promise<boolean> => {
    const variables = [{ ...variable, value: "a machine secret" }];
    const body = await sealedBody(asker, "CP1", { kind: "set-variables", body: { variables } });
    return JSON.stringify(body).includes('"record"');
  };
  assert.ok(await recorded({ variable: "AuthorizationKey" }));
  assert.ok(await recorded({ component: "SecurityCtrlr", variable: "BasicAuthPassword" }));
  assert.ok(!await recorded({ component: "NetworkConfiguration", variable: "VpnPassword" }));
  const target = { component: "SecurityCtrlr", variable: "BasicAuthPassword", attribute: "Target" };
  assert.ok(!await recorded(target));
});

test("set-password becomes a text for 2.x and a hex key for 1.6, each with its record", async () => {
  const of = async (password: string): Promise<Json> => {
    const body = await sealedBody(asker, "CP1", { kind: "set-password", body: { password } });
    return opened(body) as Json;
  };
  assert.deepEqual(await of("a machine secret"), {
    password: "a machine secret",
    key: Buffer.from("a machine secret").toString("hex"),
  });
  const drawn = drawnPassword("request", key);
  assert.match(drawn, /^[0-9A-F]{40}$/);
  assert.equal(drawn, drawnPassword("request", key));
  assert.notEqual(drawn, drawnPassword("another", key));
  assert.deepEqual(await of(drawn), { password: drawn, key: drawn });
  // No room in 1.6: the wording refuses it there.
  assert.deepEqual(await of("twenty-one characters"), { password: "twenty-one characters" });
  assert.ok(holdsSecret("set-password", {}));
});

test("a hex key of mixed case is recorded in lower case, and leaves as it was given", async () => {
  const value = "aBcDeF0123456789AbCdEf0123456789";
  const sealed = await sealedCall(asker, "CP1", { key: "AuthorizationKey", value });
  const { record } = sealed["value"] as { record: Parameters<typeof isPassword>[1] };
  assert.ok(await isPassword(Buffer.from(value.toLowerCase()), record, key));
  assert.deepEqual(opened(sealed), { key: "AuthorizationKey", value });
});

test("a payload with the platform's own word for sealed secrets is refused", async () => {
  const payload = { vendorId: "v", data: { $sealed: "of a log" } };
  const isRefused = (thrown: unknown): boolean =>
    thrown instanceof PlatformError && thrown.kind === "invalid-value";
  await assert.rejects(sealedCall(asker, "CP1", payload), isRefused);
  const order = { kind: "data-transfer", body: payload };
  await assert.rejects(sealedBody(asker, "CP1", order), isRefused);
});
