import assert from "node:assert/strict";
import { test } from "node:test";
import type { OcppProtocol, PasswordRecord } from "#schemas/events/gateway.ts";
import { CommandedStation } from "./commanded_testing.ts";

const old: PasswordRecord = { scheme: "hmac-sha256", salt: "old", hash: "aGFzaA==" };

function secret(name: string): Readonly<Record<string, unknown>> {
  return { $sealed: `sealed ${name}`, record: { ...old, salt: name } };
}

function secured(protocol: OcppProtocol): CommandedStation {
  const station = CommandedStation.on(protocol, { securityProfile: 1 });
  station.tell("station.change", { settings: {}, password: old });
  return station;
}

/** Sets a password by the message of the version; gives the command's id. */
function change(station: CommandedStation, name: string): string {
  const value = secret(name);
  return station.protocol === "ocpp1.6"
    ? station.raw("ChangeConfiguration", { key: "AuthorizationKey", value })
    : station.raw("SetVariables", { setVariableData: [{ ...variable, attributeValue: value }] });
}
const variable = {
  component: { name: "SecurityCtrlr" },
  variable: { name: "BasicAuthPassword" },
};

function response(protocol: OcppProtocol, status: string): Readonly<Record<string, unknown>> {
  return protocol === "ocpp1.6"
    ? { status }
    : { setVariableResult: [{ attributeStatus: status, ...variable }] };
}

/** The salts of the passwords that let the station in. */
function good(station: CommandedStation): readonly string[] {
  const { passwords } = station.tell("socket.authenticate", { identity: "CP1" }) as {
    passwords: readonly PasswordRecord[];
  };
  return passwords.map(({ salt }) => salt);
}

for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const) {
  test(`${protocol}: both passwords are good until the answer: Accepted new only, else old only`, () => {
    const station = secured(protocol);
    const accepted = change(station, "new");
    assert.deepEqual(good(station), ["new", "old"]);
    station.answered(accepted, response(protocol, "Accepted"));
    assert.deepEqual(good(station), ["new"]);

    for (const status of ["Rejected", "NotSupported", "UnknownVariable"]) {
      const refused = change(station, "another");
      assert.deepEqual(good(station), ["another", "new"]);
      station.answered(refused, response(protocol, status));
      assert.deepEqual(good(station), ["new"]);
    }
    const failed = change(station, "third");
    const error = { code: "InternalError", description: "", details: {} };
    station.answer(failed, { outcome: "failed", error });
    assert.deepEqual(good(station), ["new"]);
  });

  test(`${protocol}: after silence either is good until one is used, then that one`, () => {
    const station = secured(protocol);
    station.answer(change(station, "new"), { outcome: "timedOut" });
    assert.deepEqual(good(station), ["new", "old"]);
    station.open({ socket: "g1.2", password: "new" });
    assert.deepEqual(good(station), ["new"]);

    const lost = change(station, "third");
    station.disconnect();
    assert.deepEqual(good(station), ["third", "new"]);
    station.open({ socket: "g1.3", password: "new" });
    assert.deepEqual(good(station), ["new"]);
    // It had taken it over, and only the answer was late.
    station.answer(lost, { outcome: "answered", response: response(protocol, "Accepted") });
    assert.deepEqual(good(station), ["third", "new"]);
    station.disconnect();
    station.open({ socket: "g1.4", password: "third" });
    assert.deepEqual(good(station), ["third"]);
  });

  test(`${protocol}: what is good after a reboot only stays good beside the one before`, () => {
    const station = secured(protocol);
    station.answered(change(station, "new"), response(protocol, "RebootRequired"));
    station.open({ socket: "g1.2", password: "old" });
    assert.deepEqual(good(station), ["new", "old"]);
    station.open({ socket: "g1.3", password: "new" });
    assert.deepEqual(good(station), ["new"]);
  });
}

test("an answer that does not say what it means leaves both good, and so does an announcement", () => {
  const station = secured("ocpp2.0.1");
  station.answered(change(station, "new"), { setVariableResult: [] });
  assert.deepEqual(good(station), ["new", "old"]);
  station.connect("g1", true);
  assert.deepEqual(good(station), ["new", "old"]);
});

test("of many changes that nobody answered the newest and the confirmed one stay good", () => {
  const station = secured("ocpp2.0.1");
  for (let n = 1; n <= 6; n++) change(station, `n${n}`);
  assert.deepEqual(good(station), ["n6", "n5", "n4", "old"]);
});

test("other variables and keys change no password", () => {
  const station = secured("ocpp2.0.1");
  const value = secret("new");
  const entries = [
    { ...variable, component: { name: "OCPPCommCtrlr" }, attributeValue: value },
    { ...variable, attributeType: "MaxSet", attributeValue: value },
    { ...variable, attributeValue: "not sealed" },
  ];
  for (const entry of entries) {
    station.answered(station.raw("SetVariables", { setVariableData: [entry] }), {
      setVariableResult: [{ attributeStatus: "Accepted", ...variable }],
    });
  }
  assert.deepEqual(good(station), ["old"]);
});

test("a typed set-variables with the sealed password is a change like any other", () => {
  const at2 = secured("ocpp2.0.1");
  const entry = { component: "SecurityCtrlr", variable: "BasicAuthPassword" };
  const typed = at2.command("set-variables", { variables: [{ ...entry, value: secret("new") }] });
  assert.deepEqual(good(at2), ["new", "old"]);
  at2.answered(typed, response("ocpp2.0.1", "Accepted"));
  assert.deepEqual(good(at2), ["new"]);
  assert.doesNotMatch(JSON.stringify(at2.items("variable-value")), /sealed/);

  const at16 = secured("ocpp1.6");
  const value = secret("key");
  const key = at16.command("set-variables", {
    variables: [{ variable: "AuthorizationKey", value }],
  });
  assert.deepEqual(at16.orders().at(-1)?.payload, { key: "AuthorizationKey", value });
  at16.answered(key, { status: "Rejected" });
  assert.deepEqual(good(at16), ["old"]);
  const open = { variables: [{ ...entry, value: "readable" }] };
  assert.throws(() => at2.command("set-variables", open), /secrets/);
});

test("set-password goes out by the message of the version, sealed", () => {
  const body = { password: secret("text"), key: secret("hex") };
  const at16 = secured("ocpp1.6");
  at16.answered(at16.command("set-password", body), { status: "Accepted" });
  assert.deepEqual(at16.orders()[0]?.payload, { key: "AuthorizationKey", value: secret("hex") });
  assert.deepEqual([good(at16), at16.statusOf("c1")], [["hex"], "accepted"]);

  const at2 = secured("ocpp2.0.1");
  const refused = at2.command("set-password", body);
  assert.deepEqual(at2.orders()[0]?.payload, {
    setVariableData: [{ attributeValue: secret("text"), ...variable }],
  });
  at2.answered(refused, response("ocpp2.0.1", "Rejected"));
  assert.deepEqual([good(at2), at2.statusOf(refused)], [["old"], "rejected"]);
});
