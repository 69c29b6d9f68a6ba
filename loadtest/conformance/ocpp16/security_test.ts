/** Security extension of 1.6, without certificates of the station (whitepaper, 2 and 4). */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";

const callCode = ["api/routes/calls.ts", "actors/charger/command_answers.ts"];
const password = "a-Password-of-2026";

conformanceCase(
  { version: "1.6", id: "TC_085", in: ["gateway/authenticate.ts", "gateway/server.ts"] },
  async (c) => {
    const station = await c.newStation({ password, boots: false });
    const refused = await station.expectRefusedUpgrade({ password: "not-the-Password" });
    c.equal("a wrong password is refused with 401", refused, 401);

    await station.connect({ password });

    c.match("the boot is accepted", await c.boot(station), { status: "Accepted" });
    await c.stationIs(station, { securityProfile: 1, presence: { connected: true } });
  },
);

conformanceCase({ version: "1.6", id: "TC_088", in: ["gateway/server.ts"] }, async (c) => {
  const station = await c.newStation({ boots: false });

  await station.connect({ offer: ["ocpp1.5", "ocpp1.6", "ocpp9.9"] });

  // The harness fails the case when anything but ocpp1.6 is echoed.
  c.match("the boot is accepted on it", await c.boot(station), { status: "Accepted" });
  await c.stationIs(station, { presence: { protocol: "ocpp1.6" } });
});

conformanceCase(
  { version: "1.6", id: "TC_079", in: ["actors/charger/blocks/diagnostics.ts", ...callCode] },
  async (c) => {
    const station = await c.newStation();
    await c.operate(
      station,
      "GetLog",
      {
        logType: "SecurityLog",
        requestId: 7,
        log: { remoteLocation: "ftp://files.example.net/logs" },
      },
      { status: "Accepted", filename: "security.log" },
    );

    for (const status of ["Uploading", "Uploaded"]) {
      // deno-lint-ignore no-await-in-loop -- one CALL in flight
      const answer = await station.call("LogStatusNotification", { status, requestId: 7 });
      c.equal(`${status} is answered`, answer, {});
    }
    await c.eventually("the log is followed to its end", async () => {
      const logs = await c.rest.list(`/stations/${station.identity}/logs`);
      c.match("REST shows it", logs, [{ state: "done", fileName: "security.log" }]);
    });
  },
);

const firmwareCode = ["actors/charger/blocks/firmware.ts", ...callCode];

const update: Payload = {
  requestId: 8,
  firmware: {
    location: "https://files.example.net/firmware.bin",
    retrieveDateTime: "2026-01-01T00:00:00Z",
    signingCertificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    signature: "c2lnbmF0dXJl",
  },
};

/** Each status is answered. */
async function progresses(
  c: ConformanceRun,
  station: ScriptedStation,
  statuses: readonly string[],
): Promise<void> {
  for (const status of statuses) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await station.call("SignedFirmwareStatusNotification", {
      status,
      requestId: 8,
    });
    c.equal(`${status} is answered`, answer, {});
  }
}

conformanceCase({ version: "1.6", id: "TC_080", in: firmwareCode }, async (c) => {
  const station = await c.newStation();
  await c.operate(station, "SignedUpdateFirmware", update, { status: "Accepted" });

  await progresses(c, station, ["Downloading", "Downloaded", "SignatureVerified", "Installing"]);
  await progresses(c, station, ["InstallRebooting"]);
  await station.disconnect();
  await station.connect();
  c.match("the boot is accepted", await c.boot(station), { status: "Accepted" });
  await progresses(c, station, ["Installed"]);
  await firmwareIs(c, station, { state: "done", status: "Installed", isSigned: true });
});

function firmwareIs(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: Payload,
): Promise<void> {
  return c.eventually("the update is followed to its end", async () => {
    const jobs = await c.rest.list(`/stations/${station.identity}/firmware`);
    c.match("REST shows it", jobs, [expected]);
  });
}

conformanceCase(
  {
    version: "1.6",
    id: "TC_081",
    in: ["actors/charger/blocks/security_events.ts", ...firmwareCode],
  },
  async (c) => {
    const station = await c.newStation();
    await c.operate(station, "SignedUpdateFirmware", update, { status: "Accepted" });

    await progresses(c, station, ["Downloading", "Downloaded", "InvalidSignature"]);
    const answer = await station.call("SecurityEventNotification", {
      type: "InvalidFirmwareSignature",
      timestamp: new Date().toISOString(),
    });

    c.equal("the security event is answered", answer, {});
    await firmwareIs(c, station, { state: "failed", status: "InvalidSignature" });
    await c.eventually("both are alerts", async () => {
      const alerts = await c.rest.list(`/alerts?station=${station.identity}&status=open&order=asc`);
      c.match("REST shows them", alerts, [{ kind: "firmwareFailed" }, { kind: "securityEvent" }]);
    });
    await c.stationIs(station, { presence: { connected: true } });
  },
);
