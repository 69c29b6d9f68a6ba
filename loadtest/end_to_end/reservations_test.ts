import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { reservations } from "../charger/blocks/reservations.ts";
import type { Payload } from "../charger/dialect.ts";
import { car, OperatedChargers, until, versions } from "./operated_chargers.ts";

let stage: OperatedChargers;

before(async () => {
  stage = await OperatedChargers.start();
});
after(() => stage.close());

function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toISOString();
}

/** Reserves by REST and waits for the station's word. */
async function reserve(stationId: string, more: Payload = {}): Promise<Payload> {
  const asked = await stage.rest.post("/reservations", {
    stationId,
    evseId: 1,
    tokenUid: "CARD1",
    expiresAt: inSeconds(600),
    ...more,
  });
  assert.equal(asked.status, 201, JSON.stringify(asked.body));
  const path = `/reservations/${asked.body["id"]}?station=${stationId}`;
  return await stage.shown(path, ({ status }) => status !== "pending");
}

for (const version of versions) {
  const id = `RES-${version}`;

  test(`${version}: reserved, refused to others, used by its token`, async () => {
    const charger = await stage.connect(id, version);
    const first = await reserve(id);
    assert.equal(first["status"], "accepted");
    assert.deepEqual(reservations.of(charger.station).all.map((one) => one.id), [first["id"]]);
    assert.equal((await reserve(id, { tokenUid: "CARD2" }))["status"], "occupied");
    assert.equal((await reserve(id, { evseId: 9 }))["status"], "rejected");

    charger.plugIn(1, car);
    assert.equal(await charger.present(1, "CARD2"), false);
    assert.equal(await charger.present(1, "CARD1"), true);
    const path = `/reservations/${first["id"]}?station=${id}`;
    const used = await stage.shown(path, ({ status }) => status === "used");
    const session = await stage.shown(`/sessions/${used["sessionId"]}`, () => true);
    assert.equal(session["stationId"], id);
    charger.unplug(1);
  });

  test(`${version}: cancelled here, gone there; a raw call is seen alike`, async () => {
    const charger = await stage.connect(`${id}-C`, version);
    const { id: number, status } = await reserve(`${id}-C`, { evseId: 2 });
    assert.equal(status, "accepted");
    const path = `/reservations/${number}?station=${id}-C`;
    assert.equal((await stage.rest.delete(path)).status, 204);
    await stage.shown(path, (shown) => shown["status"] === "cancelled");
    await until(() => charger.outlet(2)?.state, (state) => state === "Available", "it is free");

    const raw = version === "ocpp1.6"
      ? { connectorId: 1, expiryDate: inSeconds(600), idTag: "CARD1", reservationId: 4711 }
      : {
        id: 4711,
        expiryDateTime: inSeconds(600),
        idToken: { idToken: "CARD1", type: "ISO14443" },
        evseId: 1,
      };
    const call = await stage.rest.post(`/stations/${id}-C/calls`, {
      action: "ReserveNow",
      payload: raw,
    });
    assert.deepEqual(call.body["response"], { status: "Accepted" });
    const seen = `/reservations/4711?station=${id}-C`;
    await stage.shown(seen, (shown) => shown["status"] === "accepted");
  });

  test(`${version}: whoever does not come loses it`, async () => {
    const charger = await stage.connect(`${id}-E`, version);
    const { id: number, status } = await reserve(`${id}-E`, { expiresAt: inSeconds(2) });
    assert.equal(status, "accepted");
    const path = `/reservations/${number}?station=${id}-E`;
    await stage.shown(path, (shown) => shown["status"] === "expired");
    await until(() => charger.outlet(1)?.state, (state) => state === "Available", "it is free");
  });
}
