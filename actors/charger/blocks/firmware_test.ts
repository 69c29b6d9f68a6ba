import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandedStation } from "./commanded_testing.ts";
import { type Job, type JobWords, withReport } from "./jobs.ts";

const location = "https://files.example.net/fw-2.bin";
const signed = { location, signingCertificate: "PEM", signature: "c2ln" };

function updates(station: CommandedStation): readonly string[] {
  return station.items("firmware").map(({ state, status }) => `${state} ${status}`);
}

function report(station: CommandedStation, status: string, requestId?: number): unknown {
  return station.call("FirmwareStatusNotification", {
    status,
    ...(requestId === undefined ? {} : { requestId }),
  });
}

test("OCPP 2.0.1 Part 2, L01: a signed update is followed to Installed", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  const command = station.command("update-firmware", signed);
  station.answered(command, { status: "Accepted" });
  for (const status of ["Downloading", "Downloaded", "SignatureVerified", "Installing"]) {
    assert.deepEqual(report(station, status, 1), {});
    assert.deepEqual(updates(station), [`running ${status}`]);
  }
  report(station, "Installed", 1);

  assert.deepEqual(updates(station), ["done Installed"]);
  assert.equal(station.items("firmware")[0]?.["isSigned"], true);
  assert.deepEqual(station.alerts(), []);
});

test("a failure opens an alert, the next Installed resolves it", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  station.answered(station.command("update-firmware", { location }), { status: "Accepted" });
  report(station, "DownloadFailed", 1);
  assert.deepEqual(updates(station), ["failed DownloadFailed"]);
  assert.deepEqual(station.alerts(), ["opened firmwareFailed"]);
  const opened = station.stage.facts.find(({ name }) => name === "alert.opened")?.data;
  assert.equal((opened as { detail: string }).detail, `DownloadFailed of ${location}`);

  report(station, "DownloadFailed", 1);
  station.answered(station.command("update-firmware", { location }), { status: "Accepted" });
  report(station, "Installed", 2);
  assert.deepEqual(updates(station), ["failed DownloadFailed", "done Installed"]);
  assert.deepEqual(station.alerts(), ["opened firmwareFailed", "resolved firmwareFailed"]);
});

test("AcceptedCanceled ends the one before, certificates that are refused are a rejection", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  station.answered(station.command("update-firmware", signed), { status: "Accepted" });
  report(station, "Downloading", 1);
  const second = station.command("update-firmware", signed);
  station.answered(second, { status: "AcceptedCanceled" });
  assert.equal(station.statusOf(second), "accepted");
  // What the first still says changes nothing, and alerts nobody.
  report(station, "DownloadFailed", 1);
  assert.deepEqual(updates(station), ["canceled Downloading", "accepted null"]);
  assert.deepEqual(station.alerts(), []);

  for (const status of ["InvalidCertificate", "RevokedCertificate", "Rejected"]) {
    const refused = station.command("update-firmware", signed);
    station.answered(refused, { status });
    assert.equal(station.statusOf(refused), "rejected");
    const item = station.items("firmware").at(-1);
    assert.deepEqual([item?.["state"], item?.["answer"]], ["rejected", status]);
  }
  report(station, "Downloading", 2);
  assert.equal(updates(station)[1], "running Downloading");
});

test("OCPP 1.6J, 5.19: an unsigned update has no status and no id, a signed one both", () => {
  const station = CommandedStation.on("ocpp1.6");
  const unsigned = station.command("update-firmware", { location });
  assert.deepEqual(station.orders()[0]?.payload, { location, retrieveDate: station.time() });
  station.answered(unsigned, {});
  assert.equal(station.statusOf(unsigned), "accepted");
  for (const status of ["Idle", "Downloading", "Downloaded", "Installing", "InstallationFailed"]) {
    assert.deepEqual(report(station, status), {});
  }
  assert.deepEqual(updates(station), ["failed InstallationFailed"]);

  station.answered(station.command("update-firmware", signed), { status: "Accepted" });
  assert.equal(station.orders()[1]?.action, "SignedUpdateFirmware");
  const { requestId } = station.orders()[1]?.payload as { requestId: number };
  station.call("SignedFirmwareStatusNotification", { status: "InvalidSignature", requestId });
  assert.deepEqual(updates(station), ["failed InstallationFailed", "failed InvalidSignature"]);
});

test("OCPP 2.0.1 Part 2, L03 and L04: firmware is published, and withdrawn by its checksum", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  const checksum = "0123456789abcdef0123456789ABCDEF";
  const publish = station.command("publish-firmware", { location, checksum });
  station.answered(publish, { status: "Accepted" });
  const says = (status: string, more: object = {}): unknown =>
    station.call("PublishFirmwareStatusNotification", { status, requestId: 1, ...more });
  says("Downloading");
  says("ChecksumVerified");
  says("Published", { location: ["http://10.0.0.1/fw", "ftp://10.0.0.1/fw"] });
  assert.deepEqual(updates(station), ["done Published"]);
  assert.deepEqual(station.items("firmware")[0]?.["locations"], [
    ...["http://10.0.0.1/fw", "ftp://10.0.0.1/fw"],
  ]);

  for (const status of ["DownloadOngoing", "NoFirmware"]) {
    const refused = station.command("unpublish-firmware", { checksum });
    station.answered(refused, { status });
    assert.equal(station.statusOf(refused), "rejected");
  }
  const gone = station.command("unpublish-firmware", { checksum: checksum.toLowerCase() });
  station.answered(gone, { status: "Unpublished" });
  assert.equal(station.statusOf(gone), "accepted");
  assert.deepEqual(updates(station), ["withdrawn Published"]);

  station.answered(station.command("publish-firmware", { location, checksum }), {
    status: "Accepted",
  });
  station.call("PublishFirmwareStatusNotification", { status: "InvalidChecksum", requestId: 5 });
  assert.deepEqual(updates(station), ["withdrawn Published", "failed InvalidChecksum"]);
  assert.deepEqual(station.alerts(), ["opened firmwareFailed"]);
});

test("whatever order reports come in, the furthest counts and an end stays the end", () => {
  const words: JobWords = {
    block: "firmware",
    steps: { Downloading: 1, Downloaded: 2, Installing: 3 },
    done: new Set(["Installed"]),
    failed: new Set(["DownloadFailed"]),
  };
  const begun: Job = {
    ...{ action: "UpdateFirmware", requestId: 1, state: "accepted", answer: "Accepted" },
    ...{ status: null, history: [], createdAt: "", updatedAt: "" },
  };
  const end = (statuses: readonly string[]): string => {
    const job = statuses.reduce(
      (one, status) => withReport(one, words, { status, at: "" }),
      begun,
    );
    return `${job.state} ${job.status}`;
  };
  for (const order of orders(["Downloading", "Downloaded", "Installing"])) {
    assert.equal(end(order), "running Installing");
  }
  for (const order of orders(["Downloading", "Downloaded", "Installing", "Installed"])) {
    assert.equal(end(order), "done Installed");
  }
  assert.equal(end(["Downloading", "DownloadFailed", "Downloading"]), "running Downloading");
  assert.equal(end(["Downloading", "SomethingNew"]), "running SomethingNew");
});

function orders(statuses: readonly string[]): readonly (readonly string[])[] {
  if (statuses.length < 2) return [statuses];
  return statuses.flatMap((first) =>
    orders(statuses.filter((other) => other !== first)).map((rest) => [first, ...rest])
  );
}
