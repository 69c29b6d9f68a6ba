import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandedStation } from "./commanded_testing.ts";

function event(station: CommandedStation, type: string, techInfo?: string): unknown {
  return station.call("SecurityEventNotification", {
    ...{ type, timestamp: station.time() },
    ...(techInfo === undefined ? {} : { techInfo }),
  });
}

for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const) {
  test(`${protocol}: what a person should look at opens an alert, what is everyday does not`, () => {
    const station = CommandedStation.on(protocol);
    for (const type of ["StartupOfTheDevice", "FirmwareUpdated", "OfNobody", "InvalidMessages"]) {
      assert.deepEqual(event(station, type), {});
    }
    assert.deepEqual(station.alerts(), []);

    assert.deepEqual(event(station, "TamperDetectionActivated", "door"), {});
    event(station, "MemoryExhaustion");
    assert.deepEqual(station.alerts(), ["opened securityEvent"]);
    const { detail } = station.stage.facts.find(({ name }) => name === "alert.opened")
      ?.data as { detail: string };
    assert.equal(detail, "TamperDetectionActivated: door");

    station.tell("alert.resolve", { alertId: "CP1~a1" });
    event(station, "InvalidFirmwareSignature");
    assert.deepEqual(station.alerts(), [
      ...["opened securityEvent", "resolved securityEvent", "opened securityEvent"],
    ]);
  });

  test(`${protocol}: nobody signs certificates yet, and the station is told so`, () => {
    const station = CommandedStation.on(protocol);
    assert.deepEqual(station.call("SignCertificate", { csr: "CSR" }), { status: "Rejected" });
  });
}
