/** Block L, firmware: OCPP 2.0.1 Part 2, L01 to L04. */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ReceivedCall, ScriptedStation } from "../scripted_station.ts";
import { charging, endsWith, sessionCode } from "./charging.ts";

const code = [
  "schemas/station_commands/firmware.ts",
  "actors/charger/blocks/firmware.ts",
  "actors/charger/blocks/jobs.ts",
];
const publishCode = [...code, "schemas/ocpp201/publish_firmware_status_notification.ts"];

const location = "https://files.example.net/firmware-2.bin";
const signed = { location, signingCertificate: "-----BEGIN CERTIFICATE-----", signature: "c2ln" };
const checksum = "0123456789abcdef0123456789abcdef";

interface Update {
  readonly command: string;
  readonly requestId: unknown;
}

/** A typed command; checks what goes out, answers it, and waits for its outcome. */
async function update(
  c: ConformanceRun,
  station: ScriptedStation,
  body: Payload,
  status = "Accepted",
): Promise<Update> {
  const command = await c.command(station, "update-firmware", body);
  const call = await station.expectCall("UpdateFirmware");
  const { retrieveAt, installAt, ...file } = body;
  const firmware = {
    ...file,
    retrieveDateTime: retrieveAt ?? /Z$/,
    ...(installAt === undefined ? {} : { installDateTime: installAt }),
  };
  c.match("the update goes out as asked", call.payload, { firmware });
  c.equal("with exactly these fields", fieldsOf(call), Object.keys(firmware).sort());
  call.answer({ status });
  const isAccepted = status === "Accepted" || status === "AcceptedCanceled";
  await c.commandIs(command, {
    status: isAccepted ? "accepted" : "rejected",
    response: { status },
  });
  return { command, requestId: call.payload["requestId"] };
}

function fieldsOf({ payload }: ReceivedCall): readonly string[] {
  return Object.keys(payload["firmware"] as object).sort();
}

async function report(
  c: ConformanceRun,
  station: ScriptedStation,
  { requestId }: Update,
  statuses: readonly string[],
): Promise<void> {
  for (const status of statuses) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await station.call("FirmwareStatusNotification", { status, requestId });
    c.equal(`${status} is answered`, answer, {});
  }
}

/** Waits until GET /stations/{id}/firmware is as `expected`, newest first. */
function firmwareIs(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: readonly Payload[],
): Promise<void> {
  return c.eventually(`the firmware is ${JSON.stringify(expected)}`, async () => {
    const jobs = await c.rest.list(`/stations/${station.identity}/firmware`);
    c.match("REST shows the firmware", jobs, expected);
  });
}

async function reboot(c: ConformanceRun, station: ScriptedStation): Promise<void> {
  await station.disconnect();
  await station.connect();
  c.match("the boot after it is Accepted", await c.boot(station, "FirmwareUpdate"), {
    status: "Accepted",
  });
}

function alertIs(c: ConformanceRun, station: ScriptedStation, kind: string): Promise<void> {
  return c.eventually(`the alert ${kind} is open`, async () => {
    const path = `/alerts?station=${station.identity}&kind=${kind}&status=open`;
    c.match("REST shows the alert", await c.rest.list(path), [{ kind }]);
  });
}

const loading = ["Downloading", "Downloaded", "SignatureVerified"];
const installing = ["Installing", "InstallRebooting"];

conformanceCase({ version: "2.0.1", id: "TC_L_01", in: code }, async (c) => {
  const station = await c.newStation();

  const one = await update(c, station, signed);
  await report(c, station, one, [...loading, ...installing]);
  await reboot(c, station);
  await report(c, station, one, ["Installed"]);

  await firmwareIs(c, station, [{
    ...{ id: one.command, requestId: one.requestId, state: "done", status: "Installed" },
    isSigned: true,
  }]);
});

const soon = new Date(Date.now() + 3_600_000).toISOString();
for (
  const [id, body, statuses] of [
    ["TC_L_02", { installAt: soon }, [...loading, "InstallScheduled", ...installing]],
    ["TC_L_03", { retrieveAt: soon }, ["DownloadScheduled", ...loading, ...installing]],
  ] as const
) {
  conformanceCase({ version: "2.0.1", id, in: code }, async (c) => {
    const station = await c.newStation();

    const one = await update(c, station, { ...signed, ...body });
    await report(c, station, one, statuses);
    await firmwareIs(c, station, [{ state: "running", status: statuses.at(-1), ...body }]);
    await reboot(c, station);
    await report(c, station, one, ["Installed"]);

    await firmwareIs(c, station, [{ state: "done", status: "Installed" }]);
  });
}

for (
  const [id, status] of [
    ["TC_L_04", "RevokedCertificate"],
    ["TC_L_05", "InvalidCertificate"],
  ] as const
) {
  conformanceCase({ version: "2.0.1", id, in: code }, async (c) => {
    const station = await c.newStation();

    const one = await update(c, station, signed, status);

    await firmwareIs(c, station, [{ id: one.command, state: "rejected", answer: status }]);
  });
}

const securityCode = [...code, "actors/charger/blocks/security_events.ts"];

conformanceCase({ version: "2.0.1", id: "TC_L_06", in: securityCode }, async (c) => {
  const station = await c.newStation();

  const one = await update(c, station, signed);
  await report(c, station, one, ["Downloading", "Downloaded", "InvalidSignature"]);
  const event = { type: "InvalidFirmwareSignature", timestamp: new Date().toISOString() };
  const answer = await station.call("SecurityEventNotification", event);
  c.equal("the security event is answered", answer, {});

  await firmwareIs(c, station, [{ state: "failed", status: "InvalidSignature" }]);
  await alertIs(c, station, "firmwareFailed");
  await alertIs(c, station, "securityEvent");
  await c.eventually("the security event is kept", async () => {
    const events = await c.rest.list(`/stations/${station.identity}/security-events`);
    c.match("REST shows the event", events, [{ type: "InvalidFirmwareSignature" }]);
  });
});

for (
  const [id, before, failure] of [
    ["TC_L_07", ["Downloading"], "DownloadFailed"],
    ["TC_L_08", [...loading, "Installing"], "InstallVerificationFailed"],
    ["TC_L_09", [...loading, "Installing"], "InstallationFailed"],
  ] as const
) {
  conformanceCase({ version: "2.0.1", id, in: code }, async (c) => {
    const station = await c.newStation();

    const one = await update(c, station, signed);
    await report(c, station, one, [...before, failure]);

    await firmwareIs(c, station, [{ state: "failed", status: failure }]);
    await alertIs(c, station, "firmwareFailed");
    await reboot(c, station);
  });
}

conformanceCase({ version: "2.0.1", id: "TC_L_10", in: code }, async (c) => {
  const station = await c.newStation();

  const first = await update(c, station, signed);
  await report(c, station, first, ["Downloading"]);
  const second = await update(c, station, signed, "AcceptedCanceled");
  c.ok("the second has a request id of its own", first.requestId !== second.requestId);
  await report(c, station, second, [...loading, ...installing, "Installed"]);

  await firmwareIs(c, station, [
    { id: second.command, state: "done", status: "Installed" },
    { id: first.command, state: "canceled", status: "Downloading" },
  ]);
});

conformanceCase({ version: "2.0.1", id: "TC_L_11", in: code }, async (c) => {
  const station = await c.newStation();

  const first = await update(c, station, signed);
  await report(c, station, first, ["Downloading"]);
  const second = await update(c, station, signed, "Rejected");
  await report(c, station, first, ["Downloaded", "SignatureVerified", "Installing", "Installed"]);

  await firmwareIs(c, station, [
    { id: second.command, state: "rejected" },
    { id: first.command, state: "done", status: "Installed" },
  ]);
});

conformanceCase({ version: "2.0.1", id: "TC_L_13", in: [...code, ...sessionCode] }, async (c) => {
  const ongoing = await charging(c, { evses: 2 });
  const { station } = ongoing;

  const one = await update(c, station, signed);
  await c.status(station, 2, "Unavailable");
  await report(c, station, one, [...loading, "InstallScheduled"]);
  await c.sessionIs(station, { status: "open", state: "Charging" });
  await firmwareIs(c, station, [{ state: "running", status: "InstallScheduled" }]);

  await endsWith(c, ongoing, { trigger: "EVCommunicationLost", stoppedReason: "EVDisconnected" });
  await c.status(station, 1, "Unavailable");
  await report(c, station, one, installing);
  await reboot(c, station);
  await report(c, station, one, ["Installed"]);
  for (const evseId of [1, 2]) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    await c.status(station, evseId, "Available");
  }
  await firmwareIs(c, station, [{ state: "done", status: "Installed" }]);
});

/** A typed publication with its reports. */
async function publish(
  c: ConformanceRun,
  station: ScriptedStation,
  statuses: readonly string[],
): Promise<string> {
  const command = await c.command(station, "publish-firmware", { location, checksum });
  const call = await station.expectCall("PublishFirmware");
  const { requestId } = call.payload;
  c.equal("the publication goes out as asked", call.payload, { location, checksum, requestId });
  call.answer({ status: "Accepted" });
  await c.commandIs(command, { status: "accepted" });
  for (const status of statuses) {
    const places = status === "Published" ? { location: ["http://10.0.0.1/fw"] } : {};
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await station.call("PublishFirmwareStatusNotification", {
      ...{ status, requestId },
      ...places,
    });
    c.equal(`${status} is answered`, answer, {});
  }
  return command;
}

const fetched = ["Downloading", "Downloaded"];

conformanceCase({ version: "2.0.1", id: "TC_L_17", in: publishCode }, async (c) => {
  const station = await c.newStation();

  const id = await publish(c, station, [...fetched, "ChecksumVerified", "Published"]);

  await firmwareIs(c, station, [{
    ...{ id, kind: "publication", state: "done", status: "Published", checksum },
    locations: ["http://10.0.0.1/fw"],
  }]);
});

for (
  const [id, statuses] of [
    ["TC_L_19", [...fetched, "InvalidChecksum"]],
    ["TC_L_20", [...fetched, "ChecksumVerified", "PublishFailed"]],
    ["TC_L_24", ["Downloading", "DownloadFailed"]],
  ] as const
) {
  conformanceCase({ version: "2.0.1", id, in: publishCode }, async (c) => {
    const station = await c.newStation();

    await publish(c, station, statuses);

    await firmwareIs(c, station, [{ state: "failed", status: statuses.at(-1) }]);
    await alertIs(c, station, "firmwareFailed");
  });
}

for (
  const [id, status, outcome, state] of [
    ["TC_L_21", "Unpublished", "accepted", "withdrawn"],
    ["TC_L_22", "NoFirmware", "rejected", "done"],
    ["TC_L_23", "DownloadOngoing", "rejected", "done"],
  ] as const
) {
  conformanceCase({ version: "2.0.1", id, in: publishCode }, async (c) => {
    const station = await c.newStation();
    await publish(c, station, [...fetched, "ChecksumVerified", "Published"]);

    const command = await c.command(station, "unpublish-firmware", { checksum });
    const call = await station.expectCall("UnpublishFirmware");
    c.equal("it names the checksum", call.payload, { checksum });
    call.answer({ status });

    await c.commandIs(command, { status: outcome, response: { status } });
    await firmwareIs(c, station, [{ state }]);
  });
}
