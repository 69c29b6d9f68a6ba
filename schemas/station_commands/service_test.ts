import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { checkRequest } from "#schemas/ocpp_schemas.ts";
import { wordsOf } from "./define.ts";
import { type StationCommandKind, stationCommands } from "./mod.ts";

const now = Date.UTC(2026, 10, 22, 12);

/** The one CALL as text, or the kind of the refusal; what leaves must be clean. */
function worded(kind: StationCommandKind, body: unknown, protocol: OcppProtocol): string {
  try {
    const [call, ...others] = wordsOf(stationCommands[kind], body, {
      ...{ protocol, now, tokenType: "ISO14443", tokenGroupId: null, requestId: 7, items: [] },
      transactionOf: (sessionId) => sessionId,
    });
    assert.ok(call !== undefined && others.length === 0);
    assert.equal(checkRequest(protocol, call.action, call.payload, "sent"), undefined);
    return `${call.action} ${JSON.stringify(call.payload)}`;
  } catch (thrown) {
    if (thrown instanceof PlatformError) return thrown.kind;
    throw thrown;
  }
}

const remoteLocation = "https://logs.example.net/CP1";
const location = "https://files.example.net/fw.bin";
const from = "2026-11-20T00:00:00.000Z";
const to = "2026-11-21T00:00:00.000Z";

test("get-log goes out as the version has it, keys in the order of the tables", () => {
  const whole = {
    ...{ logType: "DiagnosticsLog", remoteLocation, oldestAt: from, latestAt: to },
    ...{ retries: 2, retryIntervalSeconds: 60 },
  };
  const log = '"log":{"remoteLocation":"https://logs.example.net/CP1",' +
    `"oldestTimestamp":"${from}","latestTimestamp":"${to}"}}`;
  const expected = 'GetLog {"logType":"DiagnosticsLog","requestId":7,"retries":2,' +
    `"retryInterval":60,${log}`;
  assert.equal(worded("get-log", whole, "ocpp2.0.1"), expected);
  assert.equal(worded("get-log", whole, "ocpp2.1"), expected);
  assert.equal(
    worded("get-log", whole, "ocpp1.6"),
    `GetDiagnostics {"location":"${remoteLocation}","retries":2,"retryInterval":60,` +
      `"startTime":"${from}","stopTime":"${to}"}`,
  );
  const security = { logType: "SecurityLog", remoteLocation };
  const plain = `GetLog {"logType":"SecurityLog","requestId":7,` +
    `"log":{"remoteLocation":"${remoteLocation}"}}`;
  assert.equal(worded("get-log", security, "ocpp1.6"), plain);
  assert.equal(worded("get-log", security, "ocpp2.0.1"), plain);
  const collected = { ...security, logType: "DataCollectorLog" };
  assert.equal(worded("get-log", collected, "ocpp1.6"), "unsupported");
  assert.equal(worded("get-log", collected, "ocpp2.0.1"), "unsupported");
  assert.match(worded("get-log", collected, "ocpp2.1"), /^GetLog /);
});

test("update-firmware: 1.6 has a message for signed ones, 2.x one for both", () => {
  const signed = {
    ...{ location, retrieveAt: from, installAt: to, signingCertificate: "PEM", signature: "c2ln" },
    ...{ retries: 3, retryIntervalSeconds: 0 },
  };
  const payload = '{"retries":3,"retryInterval":0,"requestId":7,"firmware":{' +
    `"location":"${location}","retrieveDateTime":"${from}","installDateTime":"${to}",` +
    '"signingCertificate":"PEM","signature":"c2ln"}}';
  assert.equal(worded("update-firmware", signed, "ocpp2.0.1"), `UpdateFirmware ${payload}`);
  assert.equal(worded("update-firmware", signed, "ocpp1.6"), `SignedUpdateFirmware ${payload}`);
  assert.equal(
    worded("update-firmware", { location, retries: 1, retryIntervalSeconds: 9 }, "ocpp1.6"),
    `UpdateFirmware {"location":"${location}","retries":1,` +
      '"retrieveDate":"2026-11-22T12:00:00.000Z","retryInterval":9}',
  );
  assert.equal(
    worded("update-firmware", { location }, "ocpp2.1"),
    `UpdateFirmware {"requestId":7,"firmware":{"location":"${location}",` +
      '"retrieveDateTime":"2026-11-22T12:00:00.000Z"}}',
  );
  assert.equal(worded("update-firmware", { location, installAt: to }, "ocpp1.6"), "unsupported");
  for (const half of [{ signature: "c2ln" }, { signingCertificate: "PEM" }]) {
    for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const) {
      assert.equal(worded("update-firmware", { location, ...half }, protocol), "missing-field");
    }
  }
});

test("firmware is published and withdrawn by local controllers of 2.x only", () => {
  const checksum = "0123456789abcdef0123456789abcdef";
  const whole = { location, checksum, retries: 1, retryIntervalSeconds: 5 };
  assert.equal(
    worded("publish-firmware", whole, "ocpp2.0.1"),
    `PublishFirmware {"location":"${location}","retries":1,"checksum":"${checksum}",` +
      '"requestId":7,"retryInterval":5}',
  );
  assert.equal(worded("publish-firmware", whole, "ocpp1.6"), "unsupported");
  assert.equal(
    worded("unpublish-firmware", { checksum }, "ocpp2.1"),
    `UnpublishFirmware {"checksum":"${checksum}"}`,
  );
  assert.equal(worded("unpublish-firmware", { checksum }, "ocpp1.6"), "unsupported");
});
