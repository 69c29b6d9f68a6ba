/** Firmware and diagnostics of 1.6 (OCPP 1.6J, 5.8 and 5.19). */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";

const firmwareCode = [
  "schemas/station_commands/firmware.ts",
  "actors/charger/blocks/firmware.ts",
  "actors/charger/blocks/jobs.ts",
];
const diagnosticsCode = [
  "schemas/station_commands/diagnostics.ts",
  "actors/charger/blocks/diagnostics.ts",
  "actors/charger/blocks/jobs.ts",
];
const location = "ftp://files.example.net/firmware-2.bin";
const remoteLocation = "ftp://files.example.net/diagnostics";

async function report(
  c: ConformanceRun,
  station: ScriptedStation,
  action: string,
  statuses: readonly string[],
): Promise<void> {
  for (const status of statuses) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await station.call(action, { status });
    c.equal(`${status} is answered`, answer, {});
  }
}

function listIs(
  c: ConformanceRun,
  station: ScriptedStation,
  list: "firmware" | "logs",
  expected: readonly Payload[],
): Promise<void> {
  return c.eventually(`the ${list} are ${JSON.stringify(expected)}`, async () => {
    const items = await c.rest.list(`/stations/${station.identity}/${list}`);
    c.match(`REST shows the ${list}`, items, expected);
  });
}

/** A typed update; what goes out is exactly what 1.6 has. */
async function update(c: ConformanceRun, station: ScriptedStation): Promise<string> {
  const retrieveAt = new Date().toISOString();
  const body = { location, retrieveAt, retries: 2, retryIntervalSeconds: 60 };
  const command = await c.command(station, "update-firmware", body);
  const call = await station.expectCall("UpdateFirmware");
  c.equal("the update goes out as asked", call.payload, {
    ...{ location, retries: 2, retrieveDate: retrieveAt, retryInterval: 60 },
  });
  call.answer({});
  await c.commandIs(command, { status: "accepted" });
  return command;
}

for (
  const [id, statuses, state] of [
    ["TC_044_1", ["Downloading", "Downloaded", "Installing", "Installed"], "done"],
    ["TC_044_2", ["Downloading", "DownloadFailed"], "failed"],
    ["TC_044_3", ["Downloading", "Downloaded", "Installing", "InstallationFailed"], "failed"],
  ] as const
) {
  conformanceCase({ version: "1.6", id, in: firmwareCode }, async (c) => {
    const station = await c.newStation();

    const command = await update(c, station);
    await report(c, station, "FirmwareStatusNotification", statuses);

    await listIs(c, station, "firmware", [{ id: command, state, status: statuses.at(-1) }]);
    const alerts = `/alerts?station=${station.identity}&kind=firmwareFailed&status=open`;
    await c.eventually("a failure is an alert, success is none", async () => {
      c.equal("REST shows it", (await c.rest.list(alerts)).length, state === "failed" ? 1 : 0);
    });
    await station.disconnect();
    await station.connect();
    c.match("the boot after it is accepted", await c.boot(station), { status: "Accepted" });
  });
}

for (
  const [id, statuses, state] of [
    ["TC_045_1", ["Uploading", "Uploaded"], "done"],
    ["TC_045_2", ["Uploading", "UploadFailed"], "failed"],
  ] as const
) {
  conformanceCase({ version: "1.6", id, in: diagnosticsCode }, async (c) => {
    const station = await c.newStation();

    const command = await c.command(station, "get-log", {
      ...{ logType: "DiagnosticsLog", remoteLocation },
    });
    const call = await station.expectCall("GetDiagnostics");
    c.equal("the place goes out as asked", call.payload, { location: remoteLocation });
    call.answer({ fileName: "diagnostics.zip" });
    await c.commandIs(command, { status: "accepted" });
    await report(c, station, "DiagnosticsStatusNotification", statuses);

    await listIs(c, station, "logs", [{
      ...{ id: command, state, status: statuses.at(-1) },
      ...{ fileName: "diagnostics.zip", logType: "DiagnosticsLog" },
    }]);
  });
}
