/** Block B, the boot: OCPP 2.0.1 Part 2, B01 to B04. */
import { conformanceCase } from "../conformance_case.ts";
import { bootNotification, statusNotification } from "../station_words.ts";

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

conformanceCase({ version: "2.0.1", id: "TC_B_02", in: boots }, async (c) => {
  const station = await c.newStation({ boots: false, settings: { registration: "Pending" } });
  await station.connect();

  c.match("the first boot is Pending, with a wait", await c.boot(station), {
    status: "Pending",
    interval: (seconds: unknown) => typeof seconds === "number" && seconds > 0,
  });
  const accepted = await c.rest.patch(`/stations/${station.identity}`, {
    registration: "Accepted",
  });
  c.equal("the operator accepts the station", accepted.status, 200);

  c.match("a later boot is Accepted", await c.boot(station), { status: "Accepted" });
  await c.status(station, 1, "Available");
  await c.stationIs(station, { registration: "Accepted", evses: [{ evseId: 1 }] });
});

const pendingCode = ["actors/charger/receive.ts", "actors/charger/triggers.ts", ...boots];

for (const id of ["TC_B_30", "TC_B_31"] as const) {
  conformanceCase({ version: "2.0.1", id, in: pendingCode }, async (c) => {
    const station = await c.newStation({ boots: false, settings: { registration: "Pending" } });
    await station.connect();
    c.match("the boot is Pending", await c.boot(station), { status: "Pending" });

    const uninvited = {
      StatusNotification: statusNotification("ocpp2.0.1", 1, "Available"),
      Heartbeat: {},
      Authorize: { idToken: { idToken: "ANYONE", type: "ISO14443" } },
    };
    for (const [action, payload] of Object.entries(uninvited)) {
      // deno-lint-ignore no-await-in-loop -- one CALL in flight
      const code = await station.expectError(action, payload);
      c.equal(`an uninvited ${action} is a SecurityError`, code, "SecurityError");
    }
    await c.stationIs(station, { registration: "Pending", evses: [] });

    const trigger = { requestedMessage: "BootNotification" };
    await c.operate(station, "TriggerMessage", trigger, { status: "Accepted" });
    c.match("the triggered boot is answered", await c.boot(station, "Triggered"), {
      status: "Pending",
    });
    const invited = { requestedMessage: "StatusNotification", evse: { id: 2, connectorId: 1 } };
    await c.operate(station, "TriggerMessage", invited, { status: "Accepted" });
    await c.status(station, 2, "Available");
    await c.stationIs(station, { registration: "Pending", evses: [{ evseId: 2 }] });
    await c.rest.patch(`/stations/${station.identity}`, { registration: "Accepted" });
    await c.operate(station, "TriggerMessage", trigger, { status: "Accepted" });
    c.match("the next one is Accepted", await c.boot(station, "Triggered"), {
      status: "Accepted",
    });
    await c.status(station, 1, "Available");
    await c.stationIs(station, {
      ...{ registration: "Accepted", evses: [{ evseId: 1 }, { evseId: 2 }] },
    });
  });
}

conformanceCase({ version: "2.0.1", id: "TC_B_58", in: ["gateway/server.ts"] }, async (c) => {
  const station = await c.newStation({ boots: false });

  await station.connect({ offer: ["ocpp0.9", "ocpp2.0.1", "ocpp9.9"] });

  // The harness fails the case when anything but ocpp2.0.1 is echoed.
  c.match("the boot is accepted on it", await c.boot(station), { status: "Accepted" });
  await c.stationIs(station, { presence: { protocol: "ocpp2.0.1" } });
});
