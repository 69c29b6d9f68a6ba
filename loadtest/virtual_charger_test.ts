import assert from "node:assert/strict";
import { test } from "node:test";
import { car, type Scene, withCharger } from "./charger/charger_testing.ts";
import { accepting } from "./charger/recording_csms.ts";

/** One minute of charging at 36 kW, and its meter message. */
async function chargeOneMinute(
  { csms, clock }: Scene,
  action: string,
  count: number,
): Promise<void> {
  clock.advance(60_000);
  await csms.nth(action, count);
}

for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
  test(`${protocol}: a session is told whole, in order, with the meter's energy`, () =>
    withCharger(protocol, async (scene) => {
      const { csms, charger } = scene;
      assert.ok(charger.plugIn(1, car));
      assert.equal(await charger.present(1, "CARD1"), true);
      await csms.nth("TransactionEvent", 2);
      await chargeOneMinute(scene, "TransactionEvent", 3);
      await chargeOneMinute(scene, "TransactionEvent", 4);
      charger.end(1);
      await csms.nth("TransactionEvent", 5);

      const events = csms.calls.filter((call) => call.action === "TransactionEvent")
        .map((call) => call.payload);
      assert.deepEqual(events.map((event) => event["seqNo"]), [0, 1, 2, 3, 4]);
      assert.deepEqual(
        events.map((event) => event["eventType"]),
        ["Started", "Updated", "Updated", "Updated", "Ended"],
      );
      const [truth] = charger.transactions;
      assert.equal((truth?.stopWh ?? 0) - (truth?.startWh ?? 0), 1_200);
    }));
}

test("ocpp1.6: a session is told whole, with the CSMS's transaction id", () =>
  withCharger("ocpp1.6", async (scene) => {
    const { csms, charger } = scene;
    charger.plugIn(2, car);
    await charger.present(2, "CARD1");
    await csms.nth("StartTransaction", 1);
    await chargeOneMinute(scene, "MeterValues", 1);
    charger.unplug(2);
    const stop = await csms.nth("StopTransaction", 1);
    const [truth] = charger.transactions;
    assert.equal(stop.payload["transactionId"], 77);
    assert.equal(stop.payload["reason"], "EVDisconnected");
    assert.equal(stop.payload["meterStop"], truth?.stopWh);
    assert.equal((truth?.stopWh ?? 0) - (truth?.startWh ?? 0), 600);
  }));

test("what happens offline is told afterwards, in order, and nothing twice that was answered", () =>
  withCharger("ocpp1.6", async (scene) => {
    const { csms, charger, clock } = scene;
    charger.plugIn(1, car);
    await charger.present(1, "CARD1");
    await csms.nth("StartTransaction", 1);
    csms.answer = (call) => call.action === "MeterValues" ? undefined : accepting(call);
    await chargeOneMinute(scene, "MeterValues", 1);
    csms.hangUp();
    clock.advance(60_000);
    charger.end(1);
    csms.answer = accepting;
    await csms.nth("StopTransaction", 1);
    await csms.until(() => charger.queued <= 1);

    const told = csms.calls.filter((call) => /Transaction|MeterValues/.test(call.action));
    // The meter value without an answer comes again; the start does not.
    assert.deepEqual(
      told.map((call) => call.action),
      ["StartTransaction", "MeterValues", "MeterValues", "MeterValues", "StopTransaction"],
    );
  }));

test("a refused token ends the session that the charger began", () =>
  withCharger("ocpp2.0.1", async ({ csms, charger }) => {
    csms.answer = (call) =>
      call.action === "TransactionEvent" && call.payload["eventType"] === "Started"
        ? { idTokenInfo: { status: "Blocked" } }
        : accepting(call);
    charger.plugIn(1, car);
    await charger.present(1, "CARD1");
    await csms.until(() =>
      csms.calls.some((call) => call.payload["triggerReason"] === "Deauthorized")
    );
    assert.equal(charger.transactions[0]?.reason, "DeAuthorized");
  }));

test("commands are obeyed; what is not offered is said so", () =>
  withCharger("ocpp1.6", async ({ csms, charger }) => {
    const start = await csms.call("RemoteStartTransaction", { connectorId: 1, idTag: "APP" });
    assert.deepEqual(start[2], { status: "Accepted" });
    charger.plugIn(1, car);
    await csms.nth("StartTransaction", 1);
    await csms.until(() => charger.transactions[0]?.wireId === "77");
    const stop = await csms.call("RemoteStopTransaction", { transactionId: 77 });
    assert.deepEqual(stop[2], { status: "Accepted" });
    assert.equal((await csms.nth("StopTransaction", 1)).payload["reason"], "Remote");
    const certificate = { certificateType: "CentralSystemRootCertificate" };
    const asked = await csms.call("GetInstalledCertificateIds", certificate);
    assert.equal(asked[2], "NotSupported");
    assert.equal((await csms.call("MakeCoffee", {}))[2], "NotImplemented");
    assert.deepEqual((await csms.call("Reset", { type: "Hard" }))[2], { status: "Accepted" });
    await csms.nth("BootNotification", 2);
  }));
