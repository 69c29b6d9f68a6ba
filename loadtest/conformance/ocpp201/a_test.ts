/** Block A without TLS: passwords (OCPP 2.0.1 Part 2, A00 and A01). */
import { conformanceCase } from "../conformance_case.ts";
import type { Payload } from "../recording.ts";

const code = ["gateway/authenticate.ts", "gateway/server.ts"];
const changeCode = [...code, "actors/charger/blocks/passwords.ts"];
const password = "a-Password-of-2026";
const nextPassword = "the-Next-One-of-2026";

function passwordRequest(value: string): Payload {
  return {
    setVariableData: [{
      attributeValue: value,
      component: { name: "SecurityCtrlr" },
      variable: { name: "BasicAuthPassword" },
    }],
  };
}

function passwordAnswer(attributeStatus: string): Payload {
  return {
    setVariableResult: [{
      attributeStatus,
      component: { name: "SecurityCtrlr" },
      variable: { name: "BasicAuthPassword" },
    }],
  };
}

conformanceCase({ version: "2.0.1", id: "TC_A_01", in: code }, async (c) => {
  const station = await c.newStation({ password, boots: false });

  await station.connect();

  c.match("the boot is accepted", await c.boot(station), { status: "Accepted" });
  await c.stationIs(station, { securityProfile: 1, presence: { connected: true } });
});

conformanceCase({ version: "2.0.1", id: "TC_A_02", in: code }, async (c) => {
  const station = await c.newStation({ password, boots: false });

  const status = await station.expectRefusedUpgrade({ user: "ANOTHER" });

  c.equal("another user name is refused with 401", status, 401);
  await c.stationIs(station, { presence: { connected: false } });
  await station.connect({ user: station.identity });
  c.match("the right one is let in", await c.boot(station), { status: "Accepted" });
});

conformanceCase({ version: "2.0.1", id: "TC_A_03", in: code }, async (c) => {
  const station = await c.newStation({ password, boots: false });

  const wrong = await station.expectRefusedUpgrade({ password: "not-the-Password" });
  const none = await station.expectRefusedUpgrade({ password: undefined });

  c.equal("a wrong password is refused with 401", wrong, 401);
  c.equal("no password is refused with 401", none, 401);
  await c.stationIs(station, { presence: { connected: false } });
  await station.connect({ password });
  c.match("the right one is let in", await c.boot(station), { status: "Accepted" });
});

conformanceCase({ version: "2.0.1", id: "TC_A_10", in: changeCode }, async (c) => {
  const station = await c.newStation({ password });

  const asked = c.rest.post(`/stations/${station.identity}/calls`, {
    action: "SetVariables",
    payload: passwordRequest(nextPassword),
  });
  (await station.expectCall("SetVariables")).answer(passwordAnswer("Rejected"));
  c.match("REST shows the answer", await asked, { status: 200, body: { status: "answered" } });
  await station.disconnect();

  const refused = await station.expectRefusedUpgrade({ password: nextPassword });
  c.equal("the rejected password is refused", refused, 401);
  await station.connect({ password });
  c.match("the old one is let in", await c.boot(station), { status: "Accepted" });

  // It was the answer that kept the old one: the same change is good when it is accepted.
  const again = c.rest.post(`/stations/${station.identity}/calls`, {
    action: "SetVariables",
    payload: passwordRequest(nextPassword),
  });
  (await station.expectCall("SetVariables")).answer(passwordAnswer("Accepted"));
  c.match("REST shows the second answer", await again, {
    ...{ status: 200, body: { status: "answered" } },
  });
  await station.disconnect();
  await station.connect({ password: nextPassword });
  c.match("the accepted one is let in", await c.boot(station), { status: "Accepted" });
});

conformanceCase({ version: "2.0.1", id: "TC_A_09", in: changeCode }, async (c) => {
  const station = await c.newStation({ password });

  const asked = c.rest.post(`/stations/${station.identity}/calls`, {
    action: "SetVariables",
    payload: passwordRequest(nextPassword),
  });
  const call = await station.expectCall("SetVariables");
  c.equal("the new password goes out", call.payload, passwordRequest(nextPassword));
  call.answer(passwordAnswer("Accepted"));
  c.match("REST shows the answer", await asked, { status: 200, body: { status: "answered" } });
  await station.disconnect();

  await station.connect({ password: nextPassword });
  await station.disconnect();
  await c.eventually("the old password is refused once the new one was used", async () => {
    const status = await station.expectRefusedUpgrade({ password });
    if (status !== 401) throw new Error(`it is ${status}`);
  });
  await station.connect({ password: nextPassword });
  c.equal("the new password stays good", await station.call("Heartbeat", {}).then(() => 1), 1);
});
