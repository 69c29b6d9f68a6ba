import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, car, type Scene, statusOf, told, withCharger } from "../charger_testing.ts";
import { instantText, listField, type Payload } from "../dialect.ts";
import { runningCosts } from "./cost.ts";
import { displayMessages } from "./display_messages.ts";

function show(scene: Scene, id: number, more: Payload = {}): Promise<unknown> {
  const message = { format: "UTF8", content: `message ${id}` };
  return statusOf(scene, "SetDisplayMessage", {
    message: { id, priority: "NormalCycle", message, ...more },
  });
}

test("messages are shown by priority, state and time, and go with their transaction", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const { charger, clock } = scene;
    const outlet = charger.outlets[0];
    if (outlet === undefined) throw new Error("Cannot test: the charger has no outlet");
    const shown = (): readonly string[] => displayMessages.of(charger.station).shownAt(outlet);
    await show(scene, 1);
    await show(scene, 2, { priority: "InFront", state: "Charging" });
    await show(scene, 3, { priority: "AlwaysFront" });
    await show(scene, 4, { priority: "AlwaysFront" });
    await show(scene, 5, { endDateTime: instantText(clock.now() + 1_000) });
    assert.deepEqual(shown(), ["message 4", "message 1", "message 5"]);
    clock.advance(1_000);
    assert.equal(await show(scene, 6, { transactionId: "none" }), "UnknownTransaction");
    charger.plugIn(1, car);
    await charger.present(1, "CARD1");
    const transactionId = charger.transactions[0]?.wireId ?? "";
    assert.equal(await show(scene, 6, { transactionId }), "Accepted");
    assert.deepEqual(shown(), ["message 4", "message 2", "message 1", "message 6"]);
    await asked(scene, "CostUpdated", { totalCost: 1.25, transactionId });
    assert.equal(runningCosts.of(charger.station).get(transactionId), 1.25);
    charger.end(1);
    assert.deepEqual(shown(), ["message 4", "message 1"]);
  }));

test("messages are listed in parts, cleared once, and refused by what is not supported", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const html = { format: "HTML", content: "<b>hi</b>" };
    assert.equal(await show(scene, 1, { message: html }), "NotSupportedMessageFormat");
    for (let id = 1; id <= 6; id++) {
      // deno-lint-ignore no-await-in-loop -- one after the other
      assert.equal(await show(scene, id), "Accepted");
    }
    assert.equal(await statusOf(scene, "GetDisplayMessages", { requestId: 1 }), "Accepted");
    await scene.csms.nth("NotifyDisplayMessages", 2);
    const parts = told(scene, "NotifyDisplayMessages");
    assert.deepEqual(
      parts.map((part) => [listField(part, "messageInfo").length, part["tbc"]]),
      [[4, true], [2, false]],
    );
    assert.equal(await statusOf(scene, "ClearDisplayMessage", { id: 3 }), "Accepted");
    assert.equal(await statusOf(scene, "ClearDisplayMessage", { id: 3 }), "Unknown");
    const one = { requestId: 2, id: [3] };
    assert.equal(await statusOf(scene, "GetDisplayMessages", one), "Unknown");
  }));

test("a customer is told of and forgotten", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const { csms, charger } = scene;
    charger.plugIn(1, car);
    await charger.present(1, "CARD1");
    charger.end(1);
    const idToken = { idToken: "CARD1", type: "ISO14443" };
    const ask = { requestId: 3, report: true, clear: true, idToken };
    assert.equal(await statusOf(scene, "CustomerInformation", ask), "Accepted");
    const first = await csms.nth("NotifyCustomerInformation", 1);
    assert.match(String(first.payload["data"]), /EVSE 1/);
    const nobody = { requestId: 4, report: true, clear: false };
    assert.equal(await statusOf(scene, "CustomerInformation", nobody), "Invalid");
  }));
