import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { networkProfiles } from "../charger/blocks/network_profiles.ts";
import { securityEvent } from "../charger/blocks/security.ts";
import { vendorMessages } from "../charger/blocks/data_transfer.ts";
import { setting } from "../charger/blocks/settings.ts";
import { OperatedChargers, until, versions } from "./operated_chargers.ts";

let stage: OperatedChargers;

before(async () => {
  stage = await OperatedChargers.start();
});
after(() => stage.close());

for (const version of versions) {
  const id = `SAFE-${version}`;

  test(`${version}: a new password is taken over, and the old one is good no more`, async () => {
    const password = "0123456789abcdef01";
    const charger = await stage.connect(id, version, { password });
    const changed = await stage.rest.post(`/stations/${id}/password`);
    assert.equal(changed.status, 202, JSON.stringify(changed.body));
    const command = await stage.settled(String(changed.body["commandId"]));
    assert.equal(command.status, "accepted", JSON.stringify(command));
    charger.cutNetwork(50);
    await until(() => charger.isOnline, (isOnline) => !isOnline, "it is offline");
    await until(() => charger.isOnline, Boolean, "it is in with the new password");
    charger.station.link.password = password;
    charger.cutNetwork(50);
    await until(() => charger.isOnline, (isOnline) => !isOnline, "it is offline");
    const { connections } = charger;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(charger.connections, connections);
  });

  test(`${version}: security events are kept, critical ones alert`, async () => {
    const place = `${id}-E`;
    const charger = await stage.connect(place, version);
    securityEvent(charger.station, "TamperDetectionActivated", "door open");
    const event = await stage.item(
      `/stations/${place}/security-events`,
      ({ type }) => type === "TamperDetectionActivated",
    );
    assert.equal(event["isCritical"], true);
    assert.equal(event["techInfo"], "door open");
    await stage.item("/alerts?limit=1000", ({ stationId }) => stationId === place);
  });

  test(`${version}: what happened offline is told when it is back`, async () => {
    const place = `${id}-B`;
    const charger = await stage.connect(place, version);
    charger.cutNetwork(200);
    await until(() => charger.isOnline, (isOnline) => !isOnline, "it is offline");
    securityEvent(charger.station, "SettingSystemTime");
    await stage.item(
      `/stations/${place}/security-events`,
      ({ type }) => type === "SettingSystemTime",
    );
  });

  test(`${version}: vendors' data goes there and an echo comes back`, async () => {
    const place = `${id}-V`;
    const charger = await stage.connect(place, version);
    const echo = { vendorId: "org.statewatt", messageId: "echo", data: "hello" };
    const { response } = await stage.commanded(place, "data-transfer", { body: echo });
    assert.deepEqual(response, { status: "Accepted", data: "hello" });
    assert.deepEqual(vendorMessages.of(charger.station), [echo]);
    const nobody = { vendorId: "com.nobody" };
    const unknown = await stage.command(place, "data-transfer", nobody);
    assert.equal(unknown.status, "rejected");
    assert.equal(Object(unknown.response).status, "UnknownVendorId");
  });
}

test("ocpp2.0.1: a charger follows its network profiles after a reset", async () => {
  const id = "SAFE-NET";
  const charger = await stage.connect(id, "ocpp2.0.1");
  const connectionData = {
    ocppVersion: "OCPP20",
    ocppCsmsUrl: stage.ocppUrl.replace("127.0.0.1", "localhost"),
    securityProfile: 0,
    ocppInterface: "Wired0",
  };
  const body = { configurationSlot: 1, connectionData };
  await stage.commanded(id, "set-network-profile", { body });
  const { items } = (await stage.rest.get(`/stations/${id}/network-profiles`)).body;
  assert.match(JSON.stringify(items), /localhost/);
  assert.equal(networkProfiles.of(charger.station).size, 1);
  const priority = { component: "OCPPCommCtrlr", variable: "NetworkConfigurationPriority" };
  const variables = [{ ...priority, value: "1,0" }];
  await stage.command(id, "set-variables", { variables });
  assert.equal(setting(charger.station, "ActiveNetworkProfile"), "1");
  const { connections } = charger;
  await stage.commanded(id, "reset", { body: { type: "Immediate" } });
  await until(
    () => charger.isOnline && charger.connections > connections,
    Boolean,
    "it is back by the other address",
  );
  const slot3 = { configurationSlot: 9, connectionData };
  await stage.commanded(id, "set-network-profile", { body: slot3, status: "rejected" });
});
