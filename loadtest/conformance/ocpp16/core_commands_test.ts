/** Core: what operators ask of a station (OCPP 1.6J, 5.2 to 5.18), and data of vendors. */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { stopTransaction } from "../transaction_16.ts";
import { authorize, charging, closedSession, sessionCode, starts, stops } from "./charging.ts";

const commandCode = [
  "schemas/ocpp16/commands.ts",
  "actors/charger/commands.ts",
  "actors/charger/command_answers.ts",
];
const remoteCode = [...commandCode, "actors/charger/remote_starts.ts", ...sessionCode];

interface Step {
  readonly kind: string;
  readonly body: Payload;
  /** The action and whole payload that goes out. */
  readonly action: string;
  readonly payload: Payload;
  readonly status: string;
  readonly outcome?: "accepted" | "rejected";
}

/** A typed command, its CALL and what REST shows of the answer; gives the command's id. */
async function commanded(c: ConformanceRun, station: ScriptedStation, step: Step): Promise<string> {
  const { kind, body, action, payload, status, outcome = "accepted" } = step;
  const command = await c.command(station, kind, body);
  const call = await station.expectCall(action);
  c.equal(`${action} goes out with exactly its fields`, call.payload, payload);
  call.answer({ status });
  await c.commandIs(command, { status: outcome, response: { status } });
  return command;
}

function startStep(idTag: string, status: string): Step {
  return {
    kind: "remote-start",
    body: { tokenUid: idTag, evseId: 1 },
    action: "RemoteStartTransaction",
    payload: { connectorId: 1, idTag },
    status,
    outcome: status === "Accepted" ? "accepted" : "rejected",
  };
}

for (const id of ["TC_010", "TC_011_1"] as const) {
  conformanceCase({ version: "1.6", id, in: remoteCode }, async (c) => {
    const station = await c.newStation();
    const token = await c.newToken();
    if (id === "TC_010") await c.status(station, 1, "Preparing");

    const command = await commanded(c, station, startStep(token.uid, "Accepted"));
    c.equal("Authorize is answered Accepted", await authorize(station, token.uid), "Accepted");
    if (id === "TC_011_1") await c.status(station, 1, "Preparing");
    const ongoing = await starts(c, station, token);

    const session = await c.sessionIs(station, { status: "open" });
    await c.commandIs(command, { status: "accepted", sessionId: session.id });
    await stops(c, ongoing, "Local");
  });
}

conformanceCase({ version: "1.6", id: "TC_011_2", in: remoteCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();

  await commanded(c, station, startStep(token.uid, "Accepted"));
  await c.status(station, 1, "Preparing");
  await c.status(station, 1, "Available");

  await c.stationIs(station, {
    openSessions: [],
    evses: [{ connectors: [{ status: "Available" }] }],
  });
  c.equal("no session came of it", await c.sessionsOf(station), []);
});

for (
  const { id, status } of [
    { id: "TC_012", status: "Accepted" },
    { id: "TC_028", status: "Rejected" },
  ]
) {
  conformanceCase({ version: "1.6", id, in: remoteCode }, async (c) => {
    const ongoing = await charging(c);
    const { station, transactionId } = ongoing;
    const { id: sessionId } = await c.sessionIs(station, { status: "open" });

    await commanded(c, station, {
      kind: "remote-stop",
      body: { sessionId },
      action: "RemoteStopTransaction",
      payload: { transactionId },
      status,
      outcome: status === "Accepted" ? "accepted" : "rejected",
    });

    if (status === "Accepted") await stops(c, ongoing, "Remote");
    else await c.sessionIs(station, { status: "open", state: "Charging" });
  });
}

conformanceCase({ version: "1.6", id: "TC_026", in: remoteCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();

  await commanded(c, station, startStep(token.uid, "Rejected"));

  c.equal("no session came of it", await c.sessionsOf(station), []);
});

const resets = [
  { id: "TC_013", type: "Immediate", word: "Hard", reason: "HardReset" },
  { id: "TC_014", type: "OnIdle", word: "Soft", reason: "SoftReset" },
];

for (const { id, type, word, reason } of resets) {
  conformanceCase({ version: "1.6", id, in: [...commandCode, ...sessionCode] }, async (c) => {
    const ongoing = await charging(c);
    const { station, transactionId } = ongoing;

    await commanded(c, station, {
      kind: "reset",
      body: { type },
      action: "Reset",
      payload: { type: word },
      status: "Accepted",
    });
    const stopped = await stopTransaction(station, { transactionId, meterStop: 1_600, reason });
    c.equal("the stop of the running transaction is answered", stopped, {});
    await station.disconnect();
    await station.connect();

    c.match("the boot that follows is Accepted", await c.boot(station), { status: "Accepted" });
    await c.status(station, 1, "Available");
    await c.sessionIs(station, closedSession(ongoing, reason));
    await c.stationIs(station, { openSessions: [], presence: { connected: true } });
  });
}

const unlocks = [
  { id: "TC_017_1", status: "Unlocked", evseId: 1 },
  { id: "TC_017_2", status: "NotSupported", evseId: 1 },
  { id: "TC_030", status: "UnlockFailed", evseId: 1 },
  { id: "TC_031", status: "NotSupported", evseId: 9 },
];

for (const { id, status, evseId } of unlocks) {
  conformanceCase({ version: "1.6", id, in: commandCode }, async (c) => {
    const station = await c.newStation();

    await commanded(c, station, {
      kind: "unlock",
      body: { evseId },
      action: "UnlockConnector",
      payload: { connectorId: evseId },
      status,
      outcome: status === "Unlocked" ? "accepted" : "rejected",
    });

    await c.stationIs(station, { presence: { connected: true } });
  });
}

conformanceCase(
  { version: "1.6", id: "TC_018_1", in: [...commandCode, ...sessionCode] },
  async (c) => {
    const ongoing = await charging(c);

    await commanded(c, ongoing.station, {
      kind: "unlock",
      body: { evseId: 1 },
      action: "UnlockConnector",
      payload: { connectorId: 1 },
      status: "Unlocked",
    });

    await stops(c, ongoing, "UnlockCommand");
  },
);

conformanceCase(
  { version: "1.6", id: "TC_061", in: ["schemas/station_commands/general.ts", ...commandCode] },
  async (c) => {
    await commanded(c, await c.newStation(), {
      kind: "clear-cache",
      body: {},
      action: "ClearCache",
      payload: {},
      status: "Accepted",
    });
  },
);

conformanceCase(
  { version: "1.6", id: "TC_064", in: ["schemas/ocpp16/data_transfer.ts"] },
  async (c) => {
    const station = await c.newStation();

    const answer = await station.call("DataTransfer", {
      vendorId: "net.example.nobody",
      messageId: "unheardOf",
      data: "anything",
    });

    c.match("data of an unknown vendor is not accepted", answer, {
      status: /^(UnknownVendorId|UnknownMessageId|Rejected)$/,
    });
  },
);
