/** Block N, logs: OCPP 2.0.1 Part 2, N01. */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";

const code = [
  "schemas/station_commands/diagnostics.ts",
  "actors/charger/blocks/diagnostics.ts",
  "actors/charger/blocks/jobs.ts",
];
const remoteLocation = "https://logs.example.net/upload";

interface Asked {
  readonly command: string;
  readonly requestId: unknown;
}

async function ask(
  c: ConformanceRun,
  station: ScriptedStation,
  logType: string,
  response: Payload,
): Promise<Asked> {
  const command = await c.command(station, "get-log", { logType, remoteLocation });
  const call = await station.expectCall("GetLog");
  const { requestId } = call.payload;
  const request = { logType, requestId, log: { remoteLocation } };
  c.equal("the log is asked for by type and place", call.payload, request);
  call.answer(response);
  return { command, requestId };
}

async function report(
  c: ConformanceRun,
  station: ScriptedStation,
  { requestId }: Asked,
  statuses: readonly string[],
): Promise<void> {
  for (const status of statuses) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await station.call("LogStatusNotification", { status, requestId });
    c.equal(`${status} is answered`, answer, {});
  }
}

function logsAre(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: readonly Payload[],
): Promise<void> {
  return c.eventually(`the logs are ${JSON.stringify(expected)}`, async () => {
    const logs = await c.rest.list(`/stations/${station.identity}/logs`);
    c.match("REST shows the logs", logs, expected);
  });
}

for (
  const [id, logType] of [
    ["TC_N_25", "DiagnosticsLog"],
    ["TC_N_35", "SecurityLog"],
  ] as const
) {
  conformanceCase({ version: "2.0.1", id, in: code }, async (c) => {
    const station = await c.newStation();

    const one = await ask(c, station, logType, { status: "Accepted", filename: "log.zip" });
    await c.commandIs(one.command, { status: "accepted" });
    await report(c, station, one, ["Uploading"]);
    await logsAre(c, station, [{ state: "running", status: "Uploading" }]);
    await report(c, station, one, ["Uploaded"]);

    await logsAre(c, station, [{
      ...{ id: one.command, logType, state: "done", status: "Uploaded" },
      ...{ fileName: "log.zip", requestId: one.requestId },
    }]);
  });
}

conformanceCase({ version: "2.0.1", id: "TC_N_34", in: code }, async (c) => {
  const station = await c.newStation();

  const one = await ask(c, station, "DiagnosticsLog", { status: "Rejected" });

  await c.commandIs(one.command, { status: "rejected", response: { status: "Rejected" } });
  await logsAre(c, station, [{ state: "rejected", answer: "Rejected", status: null }]);
});

conformanceCase({ version: "2.0.1", id: "TC_N_36", in: code }, async (c) => {
  const station = await c.newStation();

  const first = await ask(c, station, "DiagnosticsLog", { status: "Accepted", filename: "1" });
  await report(c, station, first, ["Uploading"]);
  const second = await ask(c, station, "DiagnosticsLog", {
    ...{ status: "AcceptedCanceled", filename: "2" },
  });
  await c.commandIs(second.command, { status: "accepted" });
  c.ok("each has a request id of its own", first.requestId !== second.requestId);
  await report(c, station, first, ["AcceptedCanceled"]);
  await report(c, station, second, ["Uploading", "Uploaded"]);
  const idle = await station.call("LogStatusNotification", { status: "Idle" });
  c.equal("Idle names no request, and is answered", idle, {});

  await logsAre(c, station, [
    { id: second.command, state: "done", status: "Uploaded", fileName: "2" },
    { id: first.command, state: "canceled", fileName: "1" },
  ]);
});
