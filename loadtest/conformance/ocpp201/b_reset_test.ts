/** Block B, resets and network profiles: OCPP 2.0.1 Part 2, B09, B11 and B12. */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { charging, closedSession, endsWith, sessionCode } from "./charging.ts";

const code = [
  "schemas/ocpp201/commands.ts",
  "actors/charger/commands.ts",
  "actors/charger/registration.ts",
  ...sessionCode,
];

/** A typed reset; gives its command's id once the station has answered. */
async function reset(
  c: ConformanceRun,
  station: ScriptedStation,
  body: Payload,
  status: "Accepted" | "Scheduled",
): Promise<void> {
  const command = await c.command(station, "reset", body);
  const call = await station.expectCall("Reset");
  c.equal("the reset goes out as asked", call.payload, body);
  call.answer({ status });
  await c.commandIs(command, { status: "accepted", response: { status } });
}

async function reboot(c: ConformanceRun, station: ScriptedStation): Promise<void> {
  await station.disconnect();
  await station.connect();
  c.match("the boot that follows is Accepted", await c.boot(station, "RemoteReset"), {
    status: "Accepted",
  });
  await c.status(station, 1, "Available");
  await c.stationIs(station, { presence: { connected: true }, openSessions: [] });
}

conformanceCase({ version: "2.0.1", id: "TC_B_20", in: code }, async (c) => {
  const station = await c.newStation();

  await reset(c, station, { type: "OnIdle" }, "Accepted");

  await reboot(c, station);
});

conformanceCase({ version: "2.0.1", id: "TC_B_21", in: code }, async (c) => {
  const ongoing = await charging(c);

  await reset(c, ongoing.station, { type: "OnIdle" }, "Scheduled");

  await c.sessionIs(ongoing.station, { status: "open", state: "Charging" });
  await endsWith(c, ongoing, { trigger: "EVCommunicationLost", stoppedReason: "EVDisconnected" });
  await reboot(c, ongoing.station);
});

conformanceCase({ version: "2.0.1", id: "TC_B_22", in: code }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;

  await reset(c, station, { type: "Immediate" }, "Accepted");
  await transaction.ended("ResetCommand", { stoppedReason: "ImmediateReset", wh: 1_600 });

  await c.sessionIs(station, closedSession(ongoing, "ImmediateReset", 1_600));
  await reboot(c, station);
});

conformanceCase({ version: "2.0.1", id: "TC_B_25", in: code }, async (c) => {
  const station = await c.newStation({ evses: 2 });

  await reset(c, station, { type: "OnIdle", evseId: 1 }, "Accepted");
  await c.status(station, 1, "Unavailable");
  await c.stationIs(station, {
    evses: [
      { evseId: 1, connectors: [{ status: "Unavailable" }] },
      { evseId: 2, connectors: [{ status: "Available" }] },
    ],
  });
  await c.status(station, 1, "Available");

  await c.stationIs(station, { evses: [{ connectors: [{ status: "Available" }] }, {}] });
});

conformanceCase({ version: "2.0.1", id: "TC_B_26", in: code }, async (c) => {
  const ongoing = await charging(c, { evses: 2 });

  await reset(c, ongoing.station, { type: "OnIdle", evseId: 1 }, "Scheduled");

  await c.sessionIs(ongoing.station, { status: "open", state: "Charging" });
  await endsWith(c, ongoing, { trigger: "EVCommunicationLost", stoppedReason: "EVDisconnected" });
});

conformanceCase({ version: "2.0.1", id: "TC_B_27", in: code }, async (c) => {
  const ongoing = await charging(c, { evses: 2 });
  const other = await charging(c, { station: ongoing.station, place: { evseId: 2 } });

  await reset(c, ongoing.station, { type: "Immediate", evseId: 1 }, "Accepted");
  await ongoing.transaction.ended("ResetCommand", { stoppedReason: "ImmediateReset", wh: 1_600 });

  await c.eventually("only the transaction of that EVSE ended", async () => {
    const sessions = await c.sessionsOf(ongoing.station);
    c.match("the sessions of both EVSEs", sessions, [
      { transactionId: other.transaction.id, status: "open", state: "Charging" },
      closedSession(ongoing, "ImmediateReset", 1_600),
    ]);
  });
});

const profileCode = [
  "schemas/station_commands/network_profile.ts",
  "actors/charger/blocks/network_profile.ts",
];

/** A typed command for a slot, and what REST shows of the slot then. */
async function setProfile(
  c: ConformanceRun,
  station: ScriptedStation,
  body: Payload,
  status: "Accepted" | "Failed",
): Promise<void> {
  const command = await c.command(station, "set-network-profile", body);
  const call = await station.expectCall("SetNetworkProfile");
  c.equal("the profile goes out with every field", call.payload, body);
  call.answer({ status });
  const outcome = status === "Accepted" ? "accepted" : "rejected";
  await c.commandIs(command, { status: outcome, response: { status } });
  await c.eventually(`the slot is ${outcome}`, async () => {
    const { body: { items } } = await c.rest.get(`/stations/${station.identity}/network-profiles`);
    c.match("REST shows the slot", items, [{ ...body, status: outcome, answer: status }]);
  });
}

function networkProfile(configurationSlot: number): Payload {
  return {
    configurationSlot,
    connectionData: {
      ocppVersion: "OCPP20",
      ocppTransport: "JSON",
      ocppCsmsUrl: "ws://csms.example.net/ocpp",
      messageTimeout: 30,
      securityProfile: 1,
      ocppInterface: "Wired0",
    },
  };
}

conformanceCase({ version: "2.0.1", id: "TC_B_42", in: profileCode }, async (c) => {
  const station = await c.newStation();

  await setProfile(c, station, networkProfile(2), "Accepted");

  await c.stationIs(station, { presence: { connected: true } });
});

conformanceCase({ version: "2.0.1", id: "TC_B_44", in: profileCode }, async (c) => {
  const station = await c.newStation();

  await setProfile(c, station, networkProfile(1), "Failed");

  await c.stationIs(station, { presence: { connected: true } });
  c.match("the station goes on", await station.call("Heartbeat", {}), { currentTime: /Z$/ });
});
