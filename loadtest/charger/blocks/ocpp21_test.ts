import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, car, statusOf, told, withCharger } from "../charger_testing.ts";
import { instantText } from "../dialect.ts";
import { accepting } from "../recording_csms.ts";

test("2.1: what 2.0.1 has is done in the words of 2.1", () =>
  withCharger("ocpp2.1", async (scene) => {
    const { csms, charger, clock } = scene;
    const idToken = { idToken: "CARD1", type: "ISO14443" };
    const expiryDateTime = instantText(clock.now() + 60_000);
    const reserve = { id: 7, expiryDateTime, idToken, evseId: 1 };
    assert.equal(await statusOf(scene, "ReserveNow", reserve), "Accepted");
    clock.advance(60_000);
    await csms.nth("ReservationStatusUpdate", 1);
    const report = { requestId: 1, reportBase: "FullInventory" };
    assert.equal(await statusOf(scene, "GetBaseReport", report), "Accepted");
    await csms.until(() => told(scene, "NotifyReport").at(-1)?.["tbc"] === false);
    const message = { format: "UTF8", content: "Hello" };
    const shown = { message: { id: 1, priority: "InFront", message } };
    assert.equal(await statusOf(scene, "SetDisplayMessage", shown), "Accepted");
    assert.equal(await statusOf(scene, "GetDisplayMessages", { requestId: 2 }), "Accepted");
    await csms.nth("NotifyDisplayMessages", 1);
    charger.plugIn(1, car);
    await charger.present(1, "CARD1");
    const composite = { evseId: 1, duration: 60, chargingRateUnit: "W" };
    assert.equal(await statusOf(scene, "GetCompositeSchedule", composite), "Accepted");
    const heat = {
      component: { name: "TemperatureSensor", instance: "cabinet" },
      variable: { name: "Temperature" },
    };
    const monitor = { value: 60, type: "UpperThreshold", severity: 5, ...heat };
    await asked(scene, "SetVariableMonitoring", { setMonitoringData: [monitor] });
    charger.feel("cabinet", 65);
    await csms.nth("NotifyEvent", 1);
  }));

test("who is rejected does nothing for the CSMS, and boots again when it may", () =>
  withCharger("ocpp1.6", async (scene) => {
    const { csms, charger, clock } = scene;
    csms.answer = (call) =>
      call.action === "BootNotification"
        ? { status: "Rejected", currentTime: "2026-01-01T00:00:00Z", interval: 30 }
        : accepting(call);
    await asked(scene, "Reset", { type: "Hard" });
    await csms.nth("BootNotification", 2);
    await csms.until(() => charger.connections === 2);
    // Once it answers this, however it does, it has read the answer before.
    await csms.call("GetLocalListVersion", {});
    assert.equal((await csms.call("ClearCache", {}))[2], "SecurityError");
    csms.answer = accepting;
    clock.advance(30_000);
    await csms.nth("BootNotification", 3);
    await csms.until(() => charger.isOnline);
  }));
