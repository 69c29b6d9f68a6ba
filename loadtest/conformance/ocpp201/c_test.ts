/** Block C: tokens, groups and the cache (OCPP 2.0.1 Part 2, C01 to C12), without certificates. */
import { randomUUID } from "node:crypto";
import { conformanceCase } from "../conformance_case.ts";
import type { CaseToken, ConformanceRun } from "../conformance_run.ts";
import { Transaction2x } from "../transaction_2x.ts";
import { type AuthorizeAnswer, charging, endsWith, sessionCode } from "./charging.ts";

const code = ["actors/domain/authorisation.ts", "schemas/ocpp201/authorize.ts"];

/** What Authorize says of a token; a token that nobody knows unless one is given. */
async function statusOf(c: ConformanceRun, token?: CaseToken): Promise<string> {
  const station = await c.newStation();
  const idToken = token?.idToken ?? { idToken: "NOBODYSCARD", type: "ISO14443" };
  const answer = await station.call<AuthorizeAnswer>("Authorize", { idToken });
  return answer.idTokenInfo.status;
}

conformanceCase({ version: "2.0.1", id: "TC_C_02", in: code }, async (c) => {
  const status = await statusOf(c);

  c.ok(`an unknown token is Invalid or Unknown: ${status}`, /^(Invalid|Unknown)$/.test(status));
});

conformanceCase({ version: "2.0.1", id: "TC_C_06", in: code }, async (c) => {
  const token = await c.newToken({ status: "Blocked" });

  c.equal("a blocked token is Blocked", await statusOf(c, token), "Blocked");
});

conformanceCase({ version: "2.0.1", id: "TC_C_07", in: code }, async (c) => {
  const expired = await c.newToken({ status: "Expired" });
  const ranOut = await c.newToken({ expiresAt: "2020-01-01T00:00:00Z" });

  c.equal("an expired token is Expired", await statusOf(c, expired), "Expired");
  c.equal("one whose time ran out is Expired", await statusOf(c, ranOut), "Expired");
});

conformanceCase({ version: "2.0.1", id: "TC_C_08", in: [...code, ...sessionCode] }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  const transaction = new Transaction2x(station);

  const started = await transaction.started("Authorized", {
    idToken: token.idToken,
    chargingState: "Charging",
    wh: 1_000,
  });

  c.match("a start without Authorize is answered Accepted", started, {
    idTokenInfo: { status: "Accepted" },
  });
  await endsWith(c, { station, token, transaction }, {
    trigger: "EVCommunicationLost",
    stoppedReason: "EVDisconnected",
  });
});

conformanceCase({ version: "2.0.1", id: "TC_C_20", in: [...code, ...sessionCode] }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  const first = new Transaction2x(station);
  await first.started("Authorized", { idToken: token.idToken, wh: 1_000 });
  await endsWith(c, { station, token, transaction: first }, {
    trigger: "EVCommunicationLost",
    stoppedReason: "EVDisconnected",
  });
  await c.rest.patch(`/tokens/${token.uid}`, { status: "Invalid" });

  const stale = new Transaction2x(station);
  const started = await stale.started("Authorized", { idToken: token.idToken, wh: 1_600 });
  const ended = await stale.ended("Deauthorized", { stoppedReason: "DeAuthorized", wh: 1_600 });

  c.match("the station hears that its cache is wrong", started, {
    idTokenInfo: { status: /^(Invalid|Unknown)$/ },
  });
  c.equal("its end is answered", ended, {});
  c.equal("a refused start makes no session", (await c.sessionsOf(station)).length, 1);
});

const cacheCode = ["schemas/station_commands/general.ts", "actors/charger/commands.ts"];

conformanceCase({ version: "2.0.1", id: "TC_C_37", in: cacheCode }, async (c) => {
  const station = await c.newStation();

  const command = await c.command(station, "clear-cache", {});
  const call = await station.expectCall("ClearCache");
  call.answer({ status: "Accepted" });

  c.equal("ClearCache says nothing more", call.payload, {});
  await c.commandIs(command, { status: "accepted", response: { status: "Accepted" } });
});

conformanceCase({ version: "2.0.1", id: "TC_C_38", in: cacheCode }, async (c) => {
  const station = await c.newStation();

  const command = await c.command(station, "clear-cache", {});
  (await station.expectCall("ClearCache")).answer({ status: "Rejected" });

  await c.commandIs(command, { status: "rejected", response: { status: "Rejected" } });
});

/** Two cards of one household. */
async function group(
  c: ConformanceRun,
): Promise<{ groupId: string; first: CaseToken; second: CaseToken }> {
  const groupId = `G-${randomUUID().slice(0, 13)}`;
  return {
    groupId,
    first: await c.newToken({ groupId }),
    second: await c.newToken({ groupId }),
  };
}

function acceptedIn(groupId: string): unknown {
  return { idTokenInfo: { status: "Accepted", groupIdToken: { idToken: groupId } } };
}

for (const id of ["TC_C_39", "TC_C_40"] as const) {
  // C_40: both tokens stand in the local list, so that nothing is asked before the events.
  const isAsked = id === "TC_C_39";
  conformanceCase({ version: "2.0.1", id, in: [...code, ...sessionCode] }, async (c) => {
    const station = await c.newStation();
    const { groupId, first, second } = await group(c);
    const transaction = new Transaction2x(station);
    const ask = async (token: CaseToken): Promise<void> => {
      const answer = await station.call("Authorize", { idToken: token.idToken });
      c.match("Authorize names the group", answer, acceptedIn(groupId));
    };

    if (isAsked) await ask(first);
    const started = await transaction.started("Authorized", {
      idToken: first.idToken,
      chargingState: "Charging",
      wh: 1_000,
    });
    c.match("the start is answered Accepted with the group", started, acceptedIn(groupId));
    if (isAsked) await ask(second);
    const ended = await transaction.ended("StopAuthorized", {
      idToken: second.idToken,
      stoppedReason: "Local",
      wh: 1_600,
    });
    c.match("the stop is answered Accepted with the group", ended, acceptedIn(groupId));

    await c.sessionIs(station, {
      status: "closed",
      stopReason: "Local",
      energyWh: 600,
      token: { uid: first.uid },
      flags: [],
    });
  });
}

conformanceCase({ version: "2.0.1", id: "TC_C_43", in: [...code, ...sessionCode] }, async (c) => {
  const station = await c.newStation();
  const { groupId, first, second } = await group(c);
  const transaction = new Transaction2x(station);
  const started = await transaction.started("Authorized", {
    idToken: first.idToken,
    chargingState: "Charging",
    wh: 1_000,
  });
  c.match("the start is answered Accepted with the group", started, acceptedIn(groupId));

  // The local list of the station says Invalid of the second card, so that it asks.
  const asked = await station.call("Authorize", { idToken: second.idToken });
  c.match("Authorize names the group, so that it may stop", asked, acceptedIn(groupId));
  await transaction.ended("StopAuthorized", {
    idToken: second.idToken,
    stoppedReason: "Local",
    wh: 1_600,
  });

  await c.sessionIs(station, { status: "closed", stopReason: "Local", token: { uid: first.uid } });
  const { station: unrelated } = await charging(c);
  c.equal("another station has a session of its own", (await c.sessionsOf(unrelated)).length, 1);
});
