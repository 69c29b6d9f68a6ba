import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, car, type Scene, statusOf, told, withCharger } from "../charger_testing.ts";
import { instantText } from "../dialect.ts";
import { accepting } from "../recording_csms.ts";
import { reservations } from "./reservations.ts";

const MINUTE_MS = 60_000;

function reserve(scene: Scene, id: number, more: Record<string, unknown> = {}): Promise<unknown> {
  const expiryDateTime = instantText(scene.clock.now() + 10 * MINUTE_MS);
  const idToken = { idToken: "CARD1", type: "ISO14443" };
  return statusOf(scene, "ReserveNow", { id, expiryDateTime, idToken, evseId: 1, ...more });
}

function reserve16(scene: Scene, reservationId: number, connectorId: number): Promise<unknown> {
  const expiryDate = instantText(scene.clock.now() + 10 * MINUTE_MS);
  return statusOf(scene, "ReserveNow", { connectorId, expiryDate, idTag: "CARD1", reservationId });
}

test("2.x: reserved is shown before it is answered, expiry is told", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    assert.equal(await reserve(scene, 7), "Accepted");
    assert.equal(told(scene, "StatusNotification").at(-1)?.["connectorStatus"], "Reserved");
    assert.equal(await reserve(scene, 8), "Occupied");
    assert.equal(await reserve(scene, 9, { evseId: 3 }), "Rejected");
    scene.clock.advance(10 * MINUTE_MS);
    const update = await scene.csms.nth("ReservationStatusUpdate", 1);
    assert.deepEqual(update.payload, { reservationId: 7, reservationUpdateStatus: "Expired" });
    assert.equal(told(scene, "StatusNotification").at(-1)?.["connectorStatus"], "Available");
    assert.deepEqual(reservations.of(scene.charger.station).all, []);
  }));

test("2.x: only its token or its group may charge, and the start names the reservation", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const { csms, charger } = scene;
    const groupIdToken = { idToken: "FLEET", type: "Central" };
    await reserve(scene, 7, { groupIdToken });
    charger.plugIn(1, car);
    assert.equal(await charger.present(1, "OTHER"), false);
    csms.answer = (call) =>
      call.action === "Authorize"
        ? { idTokenInfo: { status: "Accepted", groupIdToken } }
        : accepting(call);
    assert.equal(await charger.present(1, "MATE"), true);
    const start = await csms.nth("TransactionEvent", 1);
    assert.equal(start.payload["reservationId"], 7);
    assert.equal(await statusOf(scene, "CancelReservation", { reservationId: 7 }), "Rejected");
  }));

test("2.x: the same id replaces, a broken EVSE voids, cancelling frees", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const { csms, charger } = scene;
    await reserve(scene, 7);
    assert.equal(await reserve(scene, 7, { evseId: 2 }), "Accepted");
    assert.deepEqual(charger.outlets.map(({ state }) => state), ["Available", "Reserved"]);
    charger.fault(2);
    const update = await csms.nth("ReservationStatusUpdate", 1);
    assert.deepEqual(update.payload, { reservationId: 7, reservationUpdateStatus: "Removed" });
    assert.equal(await reserve(scene, 8, { evseId: 2 }), "Faulted");
    await reserve(scene, 9);
    assert.deepEqual(await asked(scene, "CancelReservation", { reservationId: 9 }), {
      status: "Accepted",
    });
    await csms.until(() => charger.outlet(1)?.state === "Available");
  }));

test("1.6: a reservation for whichever is free is used at any connector", () =>
  withCharger("ocpp1.6", async (scene) => {
    const { csms, charger } = scene;
    assert.equal(await reserve16(scene, 5, 0), "Accepted");
    assert.equal(charger.outlet(1)?.state, "Reserved");
    charger.plugIn(2, car);
    await charger.present(2, "card1");
    const start = await csms.nth("StartTransaction", 1);
    assert.equal(start.payload["reservationId"], 5);
    assert.equal(charger.outlet(1)?.state, "Available");
  }));
