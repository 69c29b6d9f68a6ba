/** customData, which may stand in any object (OCPP 2.0.1 Part 2, P; Part 4, 5). */
import { conformanceCase } from "../conformance_case.ts";
import { bootNotification } from "../station_words.ts";

const code = [
  "schemas/ocpp_schemas.ts",
  "schemas/ocpp201/sign_certificate.ts",
  "actors/adapters/reports/security.ts",
  "actors/charger/blocks/firmware.ts",
];
const customData = { vendorId: "net.example", depth: { of: ["any", 1, null, true] } };

conformanceCase({ version: "2.0.1", id: "TC_P_03", in: code }, async (c) => {
  const station = await c.newStation({ boots: false });
  await station.connect();
  const boot = bootNotification("ocpp2.0.1");
  const chargingStation = { ...boot["chargingStation"] as object, customData };
  c.match(
    "a boot with it is accepted",
    await station.call("BootNotification", {
      ...{ ...boot, chargingStation, customData },
    }),
    { status: "Accepted" },
  );
  await c.stationIs(station, { boot: { vendor: "Conformance", serialNumber: "SN-1" } });

  // The renewal of a certificate, as far as nobody signs: asked for, and refused in words.
  const trigger = { requestedMessage: "SignChargingStationCertificate", customData };
  await c.operate(station, "TriggerMessage", trigger, {
    ...{ status: "Accepted", statusInfo: { reasonCode: "NoError", customData }, customData },
  });
  const signed = await station.call("SignCertificate", {
    csr: "-----BEGIN CERTIFICATE REQUEST-----",
    customData,
  });
  c.match("the request is answered in words of the standard", signed, {
    status: /^(Accepted|Rejected)$/,
  });

  const event = { type: "InvalidChargingStationCertificate", timestamp: new Date().toISOString() };
  c.equal(
    "a security event with it is answered",
    await station.call("SecurityEventNotification", {
      ...{ ...event, customData },
    }),
    {},
  );
  await c.eventually("the event is kept", async () => {
    const events = await c.rest.list(`/stations/${station.identity}/security-events`);
    c.match("REST shows it", events, [{ type: "InvalidChargingStationCertificate" }]);
  });

  const command = await c.command(station, "update-firmware", {
    location: "https://files.example.net/firmware.bin",
  });
  const call = await station.expectCall("UpdateFirmware");
  call.answer({ status: "Accepted", customData });
  await c.commandIs(command, { status: "accepted" });
  await station.call("FirmwareStatusNotification", {
    ...{ status: "Downloading", requestId: call.payload["requestId"], customData },
  });
  await c.eventually("the update is followed", async () => {
    const [job] = await c.rest.list(`/stations/${station.identity}/firmware`);
    c.match("REST shows it", job, { state: "running", status: "Downloading" });
  });
});
