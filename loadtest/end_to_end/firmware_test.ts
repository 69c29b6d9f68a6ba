import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { listField, type Payload } from "../charger/dialect.ts";
import { OperatedChargers, versions } from "./operated_chargers.ts";

let stage: OperatedChargers;

before(async () => {
  stage = await OperatedChargers.start();
});
after(() => stage.close());

/** Stages of two seconds pass in a twentieth of one. */
const pace = 40;

function words(job: Payload): readonly unknown[] {
  return listField(job, "history").map((one) => one["status"]);
}

for (const version of versions) {
  const id = `FILE-${version}`;
  const is16 = version === "ocpp1.6";

  test(`${version}: new firmware is in after a boot, and REST tells each step`, async () => {
    const charger = await stage.connect(id, version, { pace });
    const body = { location: "http://files.example/charger-3.1.4.bin" };
    await stage.commanded(id, "update-firmware", { body });
    const job = await stage.item(`/stations/${id}/firmware`, ({ state }) => state === "done");
    const installed = ["Downloading", "Downloaded", "Installing", "Installed"];
    const expected = is16 ? installed : installed.toSpliced(3, 0, "InstallRebooting");
    assert.deepEqual(words(job), expected);
    await stage.shown(
      `/stations/${id}`,
      ({ boot }) => Object(boot).firmwareVersion === "3.1.4",
    );
    assert.equal(charger.connections, 2);
  });

  test(`${version}: firmware that fails is told so`, async () => {
    const place = `${id}-F`;
    await stage.connect(place, version, { pace });
    const body = { location: "http://files.example/fail.bin" };
    await stage.commanded(place, "update-firmware", { body });
    const job = await stage.item(`/stations/${place}/firmware`, ({ state }) => state === "failed");
    assert.equal(job["status"], "DownloadFailed");
  });

  test(`${version}: a bad signature is told, and as a security event`, async () => {
    const place = `${id}-S`;
    await stage.connect(place, version, { pace });
    const body = {
      location: "http://files.example/badsignature.bin",
      signingCertificate: "-----BEGIN CERTIFICATE-----",
      signature: "c2lnbmF0dXJl",
    };
    await stage.commanded(place, "update-firmware", { body });
    const job = await stage.item(`/stations/${place}/firmware`, ({ state }) => state === "failed");
    assert.equal(job["status"], "InvalidSignature");
    await stage.item(
      `/stations/${place}/security-events`,
      ({ type }) => type === "InvalidFirmwareSignature",
    );
  });

  test(`${version}: a log really arrives where it is to`, async () => {
    const place = `${id}-L`;
    const received = Promise.withResolvers<string>();
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (part) => text += part);
      request.on("end", () => {
        received.resolve(`${request.method} ${text}`);
        response.end();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await stage.connect(place, version, { pace });
    const body = { logType: "DiagnosticsLog", remoteLocation: `http://127.0.0.1:${port}/log` };
    await stage.commanded(place, "get-log", { body });
    assert.match(await received.promise, new RegExp(`PUT ${place}`));
    const log = await stage.item(`/stations/${place}/logs`, ({ state }) => state === "done");
    assert.deepEqual(words(log), ["Uploading", "Uploaded"]);
    server.close();
  });

  test(`${version}: a security log that cannot be sent fails`, async () => {
    const place = `${id}-X`;
    await stage.connect(place, version, { pace });
    const body = { logType: "SecurityLog", remoteLocation: "http://fail.example/log" };
    await stage.commanded(place, "get-log", { body });
    await stage.item(`/stations/${place}/logs`, ({ state }) => state === "failed");
  });
}

test("ocpp2.0.1: a local controller publishes firmware and takes it back", async () => {
  const id = "FILE-PUBLISH";
  await stage.connect(id, "ocpp2.0.1", { pace });
  const checksum = "0123456789abcdef0123456789abcdef";
  const body = { location: "http://files.example/fw.bin", checksum };
  await stage.commanded(id, "publish-firmware", { body });
  const job = await stage.item(`/stations/${id}/firmware`, ({ status }) => status === "Published");
  assert.ok(Array.isArray(job["locations"]) && job["locations"].length === 1);
  await stage.commanded(id, "unpublish-firmware", { body: { checksum } });
  await stage.item(`/stations/${id}/firmware`, ({ state }) => state === "withdrawn");
});
