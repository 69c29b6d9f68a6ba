/** Block F: remote start and unlock (OCPP 2.0.1 Part 2, F01, F02 and F05). */
import { conformanceCase } from "../conformance_case.ts";
import type { CaseToken, ConformanceRun } from "../conformance_run.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { Transaction2x } from "../transaction_2x.ts";
import { authorize, closedSession, endsWith, sessionCode } from "./charging.ts";

const code = [
  "schemas/ocpp201/commands.ts",
  "actors/charger/commands.ts",
  "actors/charger/remote_starts.ts",
  ...sessionCode,
];

interface Asked {
  readonly command: string;
  readonly remoteStartId: number;
}

/** Asks for a start on EVSE 1, and lets the station accept it. */
async function remoteStart(
  c: ConformanceRun,
  station: ScriptedStation,
  token: CaseToken,
): Promise<Asked> {
  const command = await c.command(station, "remote-start", { tokenUid: token.uid, evseId: 1 });
  const call = await station.expectCall("RequestStartTransaction");
  c.match("the start names EVSE, token with its type, and a number", call.payload, {
    evseId: 1,
    idToken: token.idToken,
    remoteStartId: (id: unknown) => typeof id === "number" && id > 0,
    chargingProfile: undefined,
  });
  call.answer({ status: "Accepted" });
  await c.commandIs(command, { status: "accepted", response: { status: "Accepted" } });
  return { command, remoteStartId: Number(call.payload["remoteStartId"]) };
}

conformanceCase({ version: "2.0.1", id: "TC_F_01", in: code }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken({ type: "ISO15693" });
  const transaction = new Transaction2x(station);
  await c.status(station, 1, "Occupied");
  await transaction.started("CablePluggedIn", { chargingState: "EVConnected", wh: 1_000 });

  const { command, remoteStartId } = await remoteStart(c, station, token);
  const told = await transaction.updated("RemoteStart", {
    idToken: token.idToken,
    remoteStartId,
    chargingState: "Charging",
  });

  c.match("the token is answered Accepted", told, { idTokenInfo: { status: "Accepted" } });
  const { id } = await c.sessionIs(station, { status: "open", token: { uid: token.uid } });
  await c.commandIs(command, { status: "accepted", sessionId: id });
  await endsWith(c, { station, token, transaction }, {
    trigger: "EVCommunicationLost",
    stoppedReason: "EVDisconnected",
  });
});

for (const id of ["TC_F_02", "TC_F_03"] as const) {
  conformanceCase({ version: "2.0.1", id, in: code }, async (c) => {
    const station = await c.newStation();
    const token = await c.newToken();
    const transaction = new Transaction2x(station);

    const { command, remoteStartId } = await remoteStart(c, station, token);
    if (id === "TC_F_02") await authorize(c, station, token);
    const started = await transaction.started("RemoteStart", {
      idToken: token.idToken,
      remoteStartId,
      chargingState: "Idle",
      wh: 1_000,
    });

    c.match("the token is answered Accepted", started, { idTokenInfo: { status: "Accepted" } });
    const session = await c.sessionIs(station, { status: "open", state: "Idle" });
    await c.commandIs(command, { status: "accepted", sessionId: session.id });
    await c.status(station, 1, "Occupied");
    await transaction.updated("CablePluggedIn", { chargingState: "EVConnected" });
    await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });
    await endsWith(c, { station, token, transaction }, {
      trigger: "EVCommunicationLost",
      stoppedReason: "EVDisconnected",
    });
  });
}

conformanceCase({ version: "2.0.1", id: "TC_F_04", in: code }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  const transaction = new Transaction2x(station);
  const { command, remoteStartId } = await remoteStart(c, station, token);
  await transaction.started("RemoteStart", {
    idToken: token.idToken,
    remoteStartId,
    chargingState: "Idle",
    wh: 1_000,
  });

  await transaction.ended("EVConnectTimeout", { stoppedReason: "Timeout", wh: 1_000 });

  const { id } = await c.sessionIs(
    station,
    closedSession({ transaction, token }, "Timeout", 1_000),
  );
  await c.commandIs(command, { status: "accepted", sessionId: id });
  await c.stationIs(station, { openSessions: [] });
});

const unlockCode = ["schemas/ocpp201/commands.ts", "actors/charger/command_answers.ts"];

conformanceCase({ version: "2.0.1", id: "TC_F_06", in: unlockCode }, async (c) => {
  const station = await c.newStation();

  const command = await c.command(station, "unlock", { evseId: 1, connectorId: 1 });
  const call = await station.expectCall("UnlockConnector");
  call.answer({ status: "Unlocked" });

  c.equal("the unlock names EVSE and connector", call.payload, { evseId: 1, connectorId: 1 });
  await c.commandIs(command, { status: "accepted", response: { status: "Unlocked" } });
});
