import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, car, statusOf, told, withCharger } from "../charger_testing.ts";
import { accepting } from "../recording_csms.ts";

test("2.x: an EVSE is reset alone, one that charges when it is free", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const { csms, charger } = scene;
    charger.plugIn(1, car);
    await charger.present(1, "CARD1");
    assert.equal(await statusOf(scene, "Reset", { type: "OnIdle", evseId: 1 }), "Scheduled");
    const before = told(scene, "StatusNotification").length;
    charger.end(1);
    await csms.until(() =>
      told(scene, "StatusNotification").slice(before)
        .some((one) => one["connectorStatus"] === "Unavailable")
    );
    assert.equal(charger.connections, 1);
    assert.equal(await statusOf(scene, "Reset", { type: "Immediate" }), "Accepted");
    const boot = await csms.nth("BootNotification", 2);
    assert.equal(boot.payload["reason"], "RemoteReset");
  }));

test("while it is pending a charger answers, tells what it is asked for, and lets nobody charge", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const { csms, charger, clock } = scene;
    csms.answer = (call) =>
      call.action === "BootNotification"
        ? { status: "Pending", currentTime: "2026-01-01T00:00:00Z", interval: 30 }
        : accepting(call);
    await asked(scene, "Reset", { type: "Immediate" });
    await csms.until(() => told(scene, "BootNotification").length === 2);
    const start = { idToken: { idToken: "A", type: "Central" }, remoteStartId: 1, evseId: 1 };
    assert.equal(await statusOf(scene, "RequestStartTransaction", start), "Rejected");
    const report = { requestId: 1, reportBase: "SummaryInventory" };
    assert.equal(await statusOf(scene, "GetBaseReport", report), "Accepted");
    await csms.nth("NotifyReport", 1);
    const trigger = { requestedMessage: "BootNotification" };
    assert.equal(await statusOf(scene, "TriggerMessage", trigger), "Accepted");
    await csms.nth("BootNotification", 3);
    csms.answer = accepting;
    // Once it answers this it has read the answer before.
    await asked(scene, "GetLocalListVersion", {});
    clock.advance(30_000);
    await csms.nth("BootNotification", 4);
    await csms.until(() => charger.isOnline);
  }));

for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const) {
  test(`${protocol}: whatever is triggered is told, or refused by name`, () =>
    withCharger(protocol, async (scene) => {
      const is16 = protocol === "ocpp1.6";
      const messages = [
        "BootNotification",
        "Heartbeat",
        "StatusNotification",
        "MeterValues",
        "FirmwareStatusNotification",
        is16 ? "DiagnosticsStatusNotification" : "LogStatusNotification",
      ];
      for (const requestedMessage of messages) {
        const before = told(scene, requestedMessage).length;
        // deno-lint-ignore no-await-in-loop -- one after the other
        const status = await statusOf(scene, "TriggerMessage", { requestedMessage });
        assert.equal(status, "Accepted", requestedMessage);
        // deno-lint-ignore no-await-in-loop
        await scene.csms.until(() => told(scene, requestedMessage).length > before);
      }
      const sign = is16 ? "SignChargePointCertificate" : "SignChargingStationCertificate";
      const action = is16 ? "ExtendedTriggerMessage" : "TriggerMessage";
      assert.equal(await statusOf(scene, action, { requestedMessage: sign }), "NotImplemented");
    }));
}

test("1.6: who unlocks ends the transaction; a soft reset says that it was one", () =>
  withCharger("ocpp1.6", async (scene) => {
    const { csms, charger } = scene;
    charger.plugIn(1, car);
    await charger.present(1, "CARD1");
    await csms.until(() => charger.transactions[0]?.wireId === "77");
    assert.equal(await statusOf(scene, "UnlockConnector", { connectorId: 1 }), "Unlocked");
    const stop = await csms.nth("StopTransaction", 1);
    assert.equal(stop.payload["reason"], "UnlockCommand");
    charger.plugIn(2, car);
    await charger.present(2, "CARD1");
    assert.equal(await statusOf(scene, "Reset", { type: "Soft" }), "Accepted");
    const second = await csms.nth("StopTransaction", 2);
    assert.equal(second.payload["reason"], "SoftReset");
  }));
