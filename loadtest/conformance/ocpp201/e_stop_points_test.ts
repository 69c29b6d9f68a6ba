/** Block E: every point where a transaction may end (OCPP 2.0.1 Part 2, E05 to E10). */
import { conformanceCase } from "../conformance_case.ts";
import { Transaction2x } from "../transaction_2x.ts";
import { authorize, charging, endsWith, sessionCode } from "./charging.ts";

conformanceCase({ version: "2.0.1", id: "TC_E_07", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, token, transaction } = ongoing;
  await authorize(c, station, token);

  const answer = await transaction.ended("StopAuthorized", {
    chargingState: "EVConnected",
    stoppedReason: "Local",
    idToken: token.idToken,
    wh: 1_600,
  });

  c.match("the token that ends it is answered Accepted", answer, {
    idTokenInfo: { status: "Accepted" },
  });
  await c.sessionIs(station, {
    status: "closed",
    stopReason: "Local",
    energyWh: 600,
    token: { uid: token.uid },
  });
  await c.status(station, 1, "Available");
  await c.stationIs(station, { openSessions: [] });
});

conformanceCase({ version: "2.0.1", id: "TC_E_08", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, token, transaction } = ongoing;
  await authorize(c, station, token);
  const stopped = await transaction.updated("StopAuthorized", {
    idToken: token.idToken,
    chargingState: "Charging",
  });
  c.match("the token that stops it is answered Accepted", stopped, {
    idTokenInfo: { status: "Accepted" },
  });
  await c.sessionIs(station, { status: "open", state: "Charging" });

  await endsWith(c, ongoing, { trigger: "ChargingStateChanged", stoppedReason: "Local" });
});

conformanceCase({ version: "2.0.1", id: "TC_E_14", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, token, transaction } = ongoing;
  await authorize(c, station, token);
  await transaction.updated("StopAuthorized", { idToken: token.idToken });
  await transaction.updated("ChargingStateChanged", { chargingState: "EVConnected" });
  await c.sessionIs(station, { status: "open", state: "EVConnected" });

  await endsWith(c, ongoing, { trigger: "EVCommunicationLost", stoppedReason: "Local" });
});

conformanceCase({ version: "2.0.1", id: "TC_E_15", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, token, transaction } = ongoing;
  await authorize(c, station, token);

  const answer = await transaction.ended("StopAuthorized", {
    stoppedReason: "Local",
    chargingState: "EVConnected",
    idToken: token.idToken,
    wh: 1_600,
  });

  c.match("the token that ends it is answered Accepted", answer, {
    idTokenInfo: { status: "Accepted" },
  });
  await c.sessionIs(station, { status: "closed", stopReason: "Local", energyWh: 600 });
});

conformanceCase({ version: "2.0.1", id: "TC_E_16", in: sessionCode }, async (c) => {
  const station = await c.newStation();
  const unknown = { idToken: "NOBODYSCARD", type: "ISO14443" };
  const ongoing = await charging(c, { station });
  const { transaction, token } = ongoing;

  // Blocked since it was read: the station hears it with its next event.
  const blocked = await c.rest.patch(`/tokens/${token.uid}`, { status: "Invalid" });
  c.equal("the operator may withdraw the token", blocked.status, 200);
  const answer = await transaction.updated("Authorized", { idToken: token.idToken });
  c.match("the event with the token is answered Invalid", answer, {
    idTokenInfo: { status: /^(Invalid|Unknown)$/ },
  });
  const other = await station.call("Authorize", { idToken: unknown });
  c.match("a token that nobody knows is answered Unknown", other, {
    idTokenInfo: { status: /^(Invalid|Unknown)$/ },
  });

  await endsWith(c, ongoing, { trigger: "Deauthorized", stoppedReason: "DeAuthorized" });
});

conformanceCase({ version: "2.0.1", id: "TC_E_17", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);

  await endsWith(c, ongoing, {
    trigger: "EVCommunicationLost",
    stoppedReason: "EVDisconnected",
  });
});

conformanceCase({ version: "2.0.1", id: "TC_E_19", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, token, transaction } = ongoing;
  await authorize(c, station, token);
  await transaction.updated("StopAuthorized", { idToken: token.idToken });
  await transaction.updated("EVCommunicationLost", { chargingState: "Idle" });
  await c.sessionIs(station, { status: "open", state: "Idle" });

  await endsWith(c, ongoing, { trigger: "EVDeparted", stoppedReason: "Local" });
});

conformanceCase({ version: "2.0.1", id: "TC_E_20", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;
  await transaction.updated("ChargingStateChanged", { chargingState: "SuspendedEV" });
  await c.sessionIs(station, { status: "open", state: "SuspendedEV" });

  await endsWith(c, ongoing, {
    trigger: "EVCommunicationLost",
    stoppedReason: "EVDisconnected",
  });
});

const remoteStop = ["schemas/ocpp201/commands.ts", "actors/charger/commands.ts", ...sessionCode];

conformanceCase({ version: "2.0.1", id: "TC_E_21", in: remoteStop }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;
  const { id: sessionId } = await c.sessionIs(station, { status: "open" });

  const command = await c.command(station, "remote-stop", { sessionId });
  const stop = await station.expectCall("RequestStopTransaction");
  stop.answer({ status: "Accepted" });

  c.equal("the stop names the station's transaction and nothing else", stop.payload, {
    transactionId: transaction.id,
  });
  await c.commandIs(command, { status: "accepted", response: { status: "Accepted" } });
  await endsWith(c, ongoing, { trigger: "RemoteStop", stoppedReason: "Remote" });
});

conformanceCase({ version: "2.0.1", id: "TC_E_22", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  const { transaction, station, token } = ongoing;

  await transaction.ended("ChargingStateChanged", {
    chargingState: "SuspendedEV",
    stoppedReason: "StoppedByEV",
    wh: 1_600,
  });

  await c.sessionIs(station, {
    status: "closed",
    stopReason: "StoppedByEV",
    energyWh: 600,
    token: { uid: token.uid },
  });
  await c.stationIs(station, { openSessions: [] });
});

conformanceCase({ version: "2.0.1", id: "TC_E_26", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  const { transaction, station } = ongoing;

  await transaction.updated("EVCommunicationLost", { chargingState: "Idle" });
  await c.status(station, 1, "Available");
  await c.sessionIs(station, { status: "open", state: "Idle" });
  await c.status(station, 1, "Occupied");
  await transaction.updated("CablePluggedIn", { chargingState: "EVConnected" });
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging", wh: 1_300 });

  await c.sessionIs(station, {
    status: "open",
    state: "Charging",
    transactionId: transaction.id,
    energyWh: 300,
  });
  await endsWith(c, ongoing, { trigger: "EVCommunicationLost", stoppedReason: "EVDisconnected" });
  c.equal("it stayed one session", (await c.sessionsOf(station)).length, 1);
});

conformanceCase({ version: "2.0.1", id: "TC_E_39", in: sessionCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  const transaction = new Transaction2x(station);
  await authorize(c, station, token);
  const started = await transaction.started("Authorized", {
    idToken: token.idToken,
    chargingState: "Idle",
    wh: 1_000,
  });
  c.match("the first event is answered Accepted", started, { idTokenInfo: { status: "Accepted" } });

  const ended = await transaction.ended("EVConnectTimeout", {
    chargingState: "Idle",
    stoppedReason: "Timeout",
    wh: 1_000,
  });

  c.equal("the end is answered without a token", ended.idTokenInfo, undefined);
  await c.sessionIs(station, { status: "closed", stopReason: "Timeout", energyWh: 0, flags: [] });
  c.match(
    "the token is free for another start at once",
    await new Transaction2x(station).started("Authorized", { idToken: token.idToken }),
    { idTokenInfo: { status: "Accepted" } },
  );
});
