/** Block B, the boot: OCPP 2.0.1 Part 2, B01 to B04. */
import { conformanceCase } from "../conformance_case.ts";
import { bootNotification } from "../station_words.ts";

const boots = ["actors/charger/registration.ts", "schemas/ocpp201/boot_notification.ts"];

conformanceCase({ version: "2.0.1", id: "TC_B_01", in: boots }, async (c) => {
  const station = await c.newStation({ boots: false });

  await station.connect();
  const answer = await station.call("BootNotification", bootNotification("ocpp2.0.1"));
  await c.status(station, 1, "Available");
  await c.status(station, 2, "Available");

  c.match("the boot is accepted with an interval and our time", answer, {
    status: "Accepted",
    interval: (seconds: unknown) => typeof seconds === "number" && seconds > 0,
    currentTime: (at: unknown) => Math.abs(Date.parse(String(at)) - Date.now()) < 60_000,
  });
  await c.stationIs(station, {
    presence: { connected: true, protocol: "ocpp2.0.1" },
    boot: { vendor: "Conformance", model: "Scripted", serialNumber: "SN-1" },
    evses: [1, 2].map((evseId) => ({
      evseId,
      connectors: [{ connectorId: 1, status: "Available" }],
    })),
  });
});

conformanceCase({ version: "2.0.1", id: "TC_B_58", in: ["gateway/server.ts"] }, async (c) => {
  const station = await c.newStation({ boots: false });

  await station.connect({ offer: ["ocpp0.9", "ocpp2.0.1", "ocpp9.9"] });

  // The harness fails the case when anything but ocpp2.0.1 is echoed.
  c.match("the boot is accepted on it", await c.boot(station), { status: "Accepted" });
  await c.stationIs(station, { presence: { protocol: "ocpp2.0.1" } });
});
