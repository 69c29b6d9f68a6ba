import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRequest } from "#schemas/ocpp_schemas.ts";
import { CommandedStation } from "./commanded_testing.ts";

const connectionData = {
  apn: { apnAuthentication: "AUTO", apn: "internet", simPin: { $sealed: "sealed" } },
  ocppInterface: "Wireless0",
  ocppVersion: "OCPP20",
  ocppTransport: "JSON",
  ocppCsmsUrl: "wss://csms.example.net/ocpp",
  messageTimeout: 30,
  securityProfile: 2,
};
const body = { configurationSlot: 2, connectionData };

test("OCPP 2.0.1 Part 2, B09: every field goes out in the order of the tables, clean", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  const vpn = { server: "v", user: "u", password: "p", key: "k", type: "IPSec", group: "g" };
  const apn = { ...connectionData.apn, simPin: 1234 };
  station.command("set-network-profile", {
    configurationSlot: 2,
    connectionData: { ...connectionData, vpn, apn },
  });
  const [order] = station.orders();
  assert.equal(
    JSON.stringify(order?.payload),
    '{"configurationSlot":2,"connectionData":{"ocppVersion":"OCPP20","ocppTransport":"JSON",' +
      '"ocppCsmsUrl":"wss://csms.example.net/ocpp","messageTimeout":30,"securityProfile":2,' +
      '"ocppInterface":"Wireless0","vpn":{"server":"v","user":"u","group":"g","password":"p",' +
      '"key":"k","type":"IPSec"},"apn":{"apn":"internet","simPin":1234,' +
      '"apnAuthentication":"AUTO"}}}',
  );
  for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
    assert.equal(checkRequest(protocol, "SetNetworkProfile", order?.payload, "sent"), undefined);
  }
});

test("a slot is pending until the answer, then believed; what was accepted before stays", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  const statuses = (): unknown => station.items("network-profile").map(({ status }) => status);
  const first = station.command("set-network-profile", body);
  assert.deepEqual(statuses(), ["pending"]);
  station.answered(first, { status: "Accepted" });
  assert.deepEqual(statuses(), ["accepted", undefined]);
  assert.doesNotMatch(JSON.stringify(station.items("network-profile")), /sealed/);

  const raw = station.raw("SetNetworkProfile", {
    configurationSlot: 2,
    connectionData: { ...connectionData, securityProfile: 3 },
  });
  station.answered(raw, { status: "Failed" });
  const [asked, confirmed] = station.items("network-profile") as readonly {
    readonly status?: string;
    readonly answer?: string;
    readonly connectionData: { readonly securityProfile: number };
  }[];
  assert.deepEqual([asked?.status, asked?.answer], ["rejected", "Failed"]);
  assert.equal(asked?.connectionData.securityProfile, 3);
  assert.equal(confirmed?.connectionData.securityProfile, 2);
  assert.equal(station.statusOf(first), "accepted");
});

test("a late answer to an older order does not settle the newer one", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  const first = station.command("set-network-profile", body);
  station.answer(first, { outcome: "timedOut" });
  station.command("set-network-profile", body);
  station.answer(first, { outcome: "answered", response: { status: "Rejected" }, late: true });
  assert.deepEqual(station.items("network-profile").map(({ status }) => status), ["pending"]);
  const error = { code: "NotSupported", description: "", details: {} };
  station.answer("c2", { outcome: "failed", error });
  assert.deepEqual(station.items("network-profile").map(({ answer }) => answer), ["NotSupported"]);
});

test("1.6 has no network profiles, and 2.0.1 no names for the versions after it", () => {
  const newer = { ...body, connectionData: { ...connectionData, ocppVersion: "OCPP21" } };
  const at201 = CommandedStation.on("ocpp2.0.1");
  assert.throws(() => at201.command("set-network-profile", newer), /2\.0\.1/);
  CommandedStation.on("ocpp2.1").command("set-network-profile", newer);
  const station = CommandedStation.on("ocpp1.6");
  assert.throws(() => station.command("set-network-profile", body), /1\.6/);
});
