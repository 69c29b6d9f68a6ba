/** Block C: the master pass (OCPP 2.0.1 Part 2, C16). */
import { randomUUID } from "node:crypto";
import { conformanceCase } from "../conformance_case.ts";
import type { CaseToken, ConformanceRun } from "../conformance_run.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import type { Transaction2x } from "../transaction_2x.ts";
import { type Charging, charging, closedSession, sessionCode } from "./charging.ts";

const code = [
  "actors/domain/authorisation.ts",
  "schemas/ocpp201/authorize.ts",
  "api/routes/authorisation_settings.ts",
  ...sessionCode,
];

interface MasterPass {
  readonly station: ScriptedStation;
  readonly master: CaseToken;
  /** Of two drivers, on EVSE 1 and 2. */
  readonly running: readonly [Charging, Charging];
}

/** Two cars charge, and somebody with a card of the master pass group comes. */
async function masterPass(c: ConformanceRun): Promise<MasterPass> {
  const masterPassGroupId = `MP-${randomUUID().slice(0, 13)}`;
  const master = await c.newToken({ groupId: masterPassGroupId });
  const settings = await c.rest.put("/authorisation-settings", { masterPassGroupId });
  c.equal("the group is set, with its token", settings.body, {
    masterPassGroupId,
    masterPassTokens: 1,
  });
  const station = await c.newStation({ evses: 2 });
  const first = await charging(c, { station, place: { evseId: 1 } });
  const second = await charging(c, { station, place: { evseId: 2 } });
  await configured(c, station, masterPassGroupId);
  const answer = await station.call("Authorize", { idToken: master.idToken });
  c.equal("the master pass is Accepted with its group", answer, {
    idTokenInfo: {
      status: "Accepted",
      groupIdToken: { idToken: masterPassGroupId, type: "Central" },
    },
  });
  return { station, master, running: [first, second] };
}

/** The station learns the group as a variable of its own. */
async function configured(
  c: ConformanceRun,
  station: ScriptedStation,
  value: string,
): Promise<void> {
  const variable = { component: "AuthCtrlr", variable: "MasterPassGroupId", value };
  const command = await c.command(station, "set-variables", { variables: [variable] });
  const call = await station.expectCall("SetVariables");
  const names = { component: { name: "AuthCtrlr" }, variable: { name: "MasterPassGroupId" } };
  c.equal("the group goes to the station as a variable", call.payload, {
    setVariableData: [{ attributeValue: value, ...names }],
  });
  call.answer({ setVariableResult: [{ attributeStatus: "Accepted", ...names }] });
  await c.commandIs(command, { status: "accepted" });
}

async function ends(
  c: ConformanceRun,
  transaction: Transaction2x,
  master: CaseToken,
): Promise<void> {
  const answer = await transaction.ended("StopAuthorized", {
    idToken: master.idToken,
    stoppedReason: "MasterPass",
    wh: 1_600,
  });
  c.match("the end by the master pass is accepted", answer, {
    idTokenInfo: { status: "Accepted", groupIdToken: { idToken: /^MP-/ } },
  });
}

/** What REST shows of sessions, by EVSE. */
async function sessionsByEvse(c: ConformanceRun, station: ScriptedStation): Promise<unknown[]> {
  const sessions = await c.sessionsOf(station);
  return sessions.toSorted((one, other) => (one.evseId ?? 0) - (other.evseId ?? 0));
}

for (const id of ["TC_C_47", "TC_C_49"] as const) {
  // C_47: chosen on the station's screen; C_49: without a screen all of them end.
  conformanceCase({ version: "2.0.1", id, in: code }, async (c) => {
    const { station, master, running } = await masterPass(c);

    for (const { transaction } of running) {
      // deno-lint-ignore no-await-in-loop -- one CALL in flight
      await ends(c, transaction, master);
    }

    const expected = running.map((one) => closedSession(one, "MasterPass", 1_600));
    c.match(
      "both end, and each driver pays for his own",
      await sessionsByEvse(c, station),
      expected,
    );
    await c.stationIs(station, { openSessions: [] });
  });
}

conformanceCase({ version: "2.0.1", id: "TC_C_48", in: code }, async (c) => {
  const { station, master, running: [chosen, other] } = await masterPass(c);

  await ends(c, chosen.transaction, master);

  c.match("the chosen one ends, the other goes on", await sessionsByEvse(c, station), [
    closedSession(chosen, "MasterPass", 1_600),
    { status: "open", transactionId: other.transaction.id, token: { uid: other.token.uid } },
  ]);
  await other.transaction.ended("EVCommunicationLost", {
    chargingState: "Idle",
    stoppedReason: "EVDisconnected",
    wh: 2_000,
  });
  c.match("and ends by itself", await sessionsByEvse(c, station), [
    closedSession(chosen, "MasterPass", 1_600),
    closedSession(other, "EVDisconnected", 2_000),
  ]);
});
