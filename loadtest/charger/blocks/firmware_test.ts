import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, type Scene, statusOf, told, withCharger } from "../charger_testing.ts";
import { instantText, type Payload } from "../dialect.ts";

function words(scene: Scene, action: string): readonly unknown[] {
  return told(scene, action).map((one) => one["status"]);
}

/** Lets stage after stage of the charger's work pass until it has told so many statuses. */
async function work(scene: Scene, action: string, count: number): Promise<void> {
  while (told(scene, action).length < count) {
    scene.clock.advance(2_000);
    // deno-lint-ignore no-await-in-loop -- each stage begins when the one before was told
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function update(
  scene: Scene,
  requestId: number,
  location: string,
  more: Payload = {},
): Promise<unknown> {
  const firmware = { location, retrieveDateTime: instantText(scene.clock.now()), ...more };
  return statusOf(scene, "UpdateFirmware", { requestId, firmware });
}

const signed = { signingCertificate: "PEM", signature: "c2ln" } as const;

test("2.x: a signed update ends in a boot with the new version, and says so", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    assert.equal(await update(scene, 4, "http://x/charger-2.5.1.bin", signed), "Accepted");
    await work(scene, "FirmwareStatusNotification", 6);
    assert.deepEqual(words(scene, "FirmwareStatusNotification"), [
      "Downloading",
      "Downloaded",
      "SignatureVerified",
      "Installing",
      "InstallRebooting",
      "Installed",
    ]);
    const boot = told(scene, "BootNotification").at(-1);
    assert.equal(boot?.["reason"], "FirmwareUpdate");
    assert.equal(scene.charger.station.nameplate.firmwareVersion, "2.5.1");
    assert.deepEqual(told(scene, "SecurityEventNotification").map((one) => one["type"]), [
      "FirmwareUpdated",
    ]);
  }));

test("2.x: what goes wrong is named; a new update ends the one before", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const invalid = { ...signed, signingCertificate: "invalid" };
    assert.equal(await update(scene, 1, "http://x/1", invalid), "InvalidCertificate");
    assert.equal(await update(scene, 2, "http://x/fail"), "Accepted");
    assert.equal(await update(scene, 3, "http://x/badsignature", signed), "AcceptedCanceled");
    await work(scene, "FirmwareStatusNotification", 4);
    const last = told(scene, "FirmwareStatusNotification").at(-1);
    assert.deepEqual(last, { status: "InvalidSignature", requestId: 3 });
    assert.equal(await update(scene, 5, "http://x/fail"), "Accepted");
    await work(scene, "FirmwareStatusNotification", 6);
    assert.equal(words(scene, "FirmwareStatusNotification").at(-1), "DownloadFailed");
  }));

test("1.6: seven words, and none that it has not", () =>
  withCharger("ocpp1.6", async (scene) => {
    const retrieveDate = instantText(scene.clock.now());
    await asked(scene, "UpdateFirmware", { location: "ftp://x/fw", retrieveDate });
    await work(scene, "FirmwareStatusNotification", 4);
    assert.deepEqual(words(scene, "FirmwareStatusNotification"), [
      "Downloading",
      "Downloaded",
      "Installing",
      "Installed",
    ]);
    assert.equal(told(scene, "BootNotification").at(-1)?.["firmwareVersion"], "1.0.1");
  }));

test("2.x: a log is told from Uploading to its end, a second one ends the first", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const get = (requestId: number, remoteLocation: string): Promise<unknown> =>
      statusOf(scene, "GetLog", { logType: "SecurityLog", requestId, log: { remoteLocation } });
    assert.equal(await get(1, "ftp://x"), "Accepted");
    assert.equal(await get(2, "ftp://fail"), "AcceptedCanceled");
    await work(scene, "LogStatusNotification", 4);
    assert.deepEqual(told(scene, "LogStatusNotification"), [
      { status: "Uploading", requestId: 1 },
      { status: "AcceptedCanceled", requestId: 1 },
      { status: "Uploading", requestId: 2 },
      { status: "UploadFailure", requestId: 2 },
    ]);
  }));

test("1.6: diagnostics, by name", () =>
  withCharger("ocpp1.6", async (scene) => {
    const answer = await asked(scene, "GetDiagnostics", { location: "ftp://x" });
    assert.match(String(answer["fileName"]), /VC-1/);
    await work(scene, "DiagnosticsStatusNotification", 2);
    assert.deepEqual(words(scene, "DiagnosticsStatusNotification"), ["Uploading", "Uploaded"]);
  }));

test("2.x: firmware for neighbours is published and taken back", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const checksum = "0123456789abcdef0123456789abcdef";
    const file = { location: "http://x/fw", checksum, requestId: 9 };
    assert.equal(await statusOf(scene, "PublishFirmware", file), "Accepted");
    assert.equal(await statusOf(scene, "UnpublishFirmware", { checksum }), "DownloadOngoing");
    await work(scene, "PublishFirmwareStatusNotification", 4);
    assert.equal(words(scene, "PublishFirmwareStatusNotification").at(-1), "Published");
    assert.equal(await statusOf(scene, "UnpublishFirmware", { checksum }), "Unpublished");
    assert.equal(await statusOf(scene, "UnpublishFirmware", { checksum }), "NoFirmware");
  }));
