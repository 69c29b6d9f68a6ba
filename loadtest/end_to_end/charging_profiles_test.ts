import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chargingProfiles } from "../charger/blocks/charging_profiles.ts";
import { listField, numberField, type Payload } from "../charger/dialect.ts";
import type { VirtualCharger } from "../virtual_charger.ts";
import { car, OperatedChargers, until, versions } from "./operated_chargers.ts";

let stage: OperatedChargers;

before(async () => {
  stage = await OperatedChargers.start();
});
after(() => stage.close());

function profile(purpose: string, limits: readonly number[], more: Payload = {}): Payload {
  return {
    stackLevel: 0,
    chargingProfilePurpose: purpose,
    chargingProfileKind: "Absolute",
    chargingSchedule: [{
      id: 1,
      startSchedule: new Date(Date.now() - 60_000).toISOString(),
      chargingRateUnit: "W",
      chargingSchedulePeriod: limits.map((limit, index) => ({ startPeriod: index * 3_600, limit })),
    }],
    ...more,
  };
}

/** What the meter of an EVSE shows now. */
function powerW(charger: VirtualCharger, evseId: number): number | undefined {
  return charger.outlet(evseId)?.reading().powerW;
}

/** Sets a profile and waits for what the station says. */
async function set(stationId: string, body: Payload): Promise<Payload> {
  const asked = await stage.rest.post(`/stations/${stationId}/charging-profiles`, body);
  assert.equal(asked.status, 201, JSON.stringify(asked.body));
  const path = `/stations/${stationId}/charging-profiles/${asked.body["id"]}`;
  return await stage.shown(path, ({ state }) => state !== "pending");
}

for (const version of versions) {
  const id = `LIMIT-${version}`;

  test(`${version}: a template limits who charges, until it is cleared`, async () => {
    const charger = await stage.connect(id, version);
    const template = await stage.rest.post("/charging-profiles", {
      description: "quiet hours",
      chargingProfile: profile("TxDefaultProfile", [6_000, 8_000]),
    });
    assert.equal(template.status, 201, JSON.stringify(template.body));
    charger.plugIn(1, car);
    assert.equal(await charger.present(1, "CARD1"), true);
    const before = powerW(charger, 1);
    assert.equal(before, 20_000);

    const chargingProfileId = template.body["id"];
    const answered = await set(id, { evseId: 1, chargingProfileId });
    assert.equal(answered["state"], "accepted", JSON.stringify(answered));
    await until(() => powerW(charger, 1), (power) => power === 6_000, "it draws 6 kW");
    await stage.item(
      `/sessions?station=${id}`,
      ({ status }) => status === "open",
    );
    const path = `/stations/${id}/charging-profiles/${chargingProfileId}`;
    assert.equal((await stage.rest.delete(path)).status, 204);
    await until(() => powerW(charger, 1), (power) => power === 20_000, "it is free");
    assert.deepEqual(chargingProfiles.of(charger.station).all, []);
    charger.unplug(1);
  });

  test(`${version}: the station computes the schedule that we compute`, async () => {
    const place = `${id}-S`;
    await stage.connect(place, version);
    const most = { id: 71, ...profile("ChargingStationMaxProfile", [15_000, 9_000]) };
    const byDefault = { id: 72, ...profile("TxDefaultProfile", [11_000, 4_000]) };
    for (const [evseId, chargingProfile] of [[0, most], [1, byDefault]] as const) {
      // deno-lint-ignore no-await-in-loop -- one after the other
      const { state } = await set(place, { evseId, chargingProfile });
      assert.equal(state, "accepted");
    }
    const body = { evseId: 1, durationSeconds: 7_200, unit: "W" };
    await stage.commanded(place, "get-composite-schedule", { body });
    const shown = await stage.shown(
      `/stations/${place}/charging-profiles?unit=W&durationSeconds=7200`,
      (all) => listField(all, "answered").length > 0,
    );
    const [answered] = listField(shown, "answered");
    assert.ok(listField(answered, "periods").length > 0);
    assert.deepEqual(listField(answered, "differences"), []);
    assert.equal(numberField(answered, "evseId"), 1);
    assert.deepEqual(listField(shown, "believed").map((one) => one["id"]), [71, 72]);
  });

  test(`${version}: a profile of a session limits it, and goes with it`, async () => {
    const place = `${id}-T`;
    const charger = await stage.connect(place, version);
    charger.plugIn(2, car);
    assert.equal(await charger.present(2, "CARD1"), true);
    const session = await stage.item(
      `/sessions?station=${place}`,
      ({ status }) => status === "open",
    );
    const transactionId = charger.outlet(2)?.transaction?.wireId;
    assert.equal(session["transactionId"], transactionId);
    const chargingProfile = { id: 73, ...profile("TxProfile", [3_000]) };
    const answered = await set(place, { evseId: 2, sessionId: session["id"], chargingProfile });
    assert.equal(answered["state"], "accepted", JSON.stringify(answered));
    await until(() => powerW(charger, 2), (power) => power === 3_000, "it draws 3 kW");
    charger.unplug(2);
    await until(() => chargingProfiles.of(charger.station).all.length, (n) => n === 0, "it went");
    await stage.shown(
      `/stations/${place}/charging-profiles`,
      (all) => listField(all, "believed").length === 0,
    );
  });

  test(`${version}: a remote start brings its limit`, async () => {
    const place = `${id}-R`;
    const charger = await stage.connect(place, version);
    charger.plugIn(1, car);
    const command = await stage.commanded(place, "remote-start", {
      body: {
        tokenUid: "CARD1",
        evseId: 1,
        chargingProfile: { id: 74, ...profile("TxProfile", [5_000]) },
      },
    });
    assert.equal(command.status, "accepted");
    await until(() => powerW(charger, 1), (power) => power === 5_000, "it draws 5 kW");
    charger.unplug(1);
  });
}

test("ocpp2.0.1: what the station reports is confirmed", async () => {
  const id = "LIMIT-REPORT";
  await stage.connect(id, "ocpp2.0.1");
  for (const [number, evseId] of [[81, 1], [82, 1], [83, 2]] as const) {
    const chargingProfile = {
      id: number,
      ...profile("TxDefaultProfile", [7_000]),
      stackLevel: number - 80,
    };
    // deno-lint-ignore no-await-in-loop -- one after the other
    assert.equal((await set(id, { evseId, chargingProfile }))["state"], "accepted");
  }
  await stage.commanded(id, "get-charging-profiles", {
    body: { purpose: "TxDefaultProfile" },
  });
  const shown = await stage.shown(
    `/stations/${id}/charging-profiles`,
    (all) => listField(all, "confirmed").length === 3,
  );
  assert.deepEqual(listField(shown, "confirmed").map((one) => one["id"]), [81, 82, 83]);
  const body = { purpose: "TxDefaultProfile" };
  await stage.commanded(id, "clear-charging-profile", { body });
  await stage.shown(
    `/stations/${id}/charging-profiles`,
    (all) => listField(all, "believed").length === 0,
  );
});
