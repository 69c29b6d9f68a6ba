import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, car, type Scene, statusOf, told, withCharger } from "../charger_testing.ts";
import { fieldOf, instantText, type Payload } from "../dialect.ts";

function schedule(limits: readonly (readonly [number, number])[]): Payload {
  return {
    id: 1,
    chargingRateUnit: "W",
    chargingSchedulePeriod: limits.map(([startPeriod, limit]) => ({ startPeriod, limit })),
  };
}

function profile(scene: Scene, id: number, more: Payload = {}): Payload {
  return {
    id,
    stackLevel: 0,
    chargingProfilePurpose: "TxDefaultProfile",
    chargingProfileKind: "Absolute",
    chargingSchedule: [{
      ...schedule([[0, 12_000]]),
      startSchedule: instantText(scene.clock.now()),
    }],
    ...more,
  };
}

function set(scene: Scene, evseId: number, chargingProfile: Payload): Promise<unknown> {
  return statusOf(scene, "SetChargingProfile", { evseId, chargingProfile });
}

async function charge(scene: Scene): Promise<void> {
  scene.charger.plugIn(1, car);
  await scene.charger.present(1, "CARD1");
}

/** Energy of the first transaction so far. */
function energyWh({ charger }: Scene): number {
  const outlet = charger.outlets[0];
  return (outlet?.reading().registerWh ?? 0) - (charger.transactions[0]?.startWh ?? 0);
}

test("2.x: charging follows the composite schedule, also where it changes between two readings", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const { csms, clock } = scene;
    const startSchedule = instantText(clock.now());
    const chargingSchedule = [{ ...schedule([[0, 12_000], [30, 24_000], [60, 0]]), startSchedule }];
    assert.equal(await set(scene, 1, profile(scene, 1, { chargingSchedule })), "Accepted");
    await charge(scene);
    clock.advance(60_000);
    await csms.until(() => scene.charger.outlet(1)?.state === "SuspendedEVSE");
    // Half a minute at 12 kW, half at 24 kW.
    assert.equal(energyWh(scene), 300);
    clock.advance(60_000);
    assert.equal(energyWh(scene), 300);
    assert.equal(
      await statusOf(scene, "ClearChargingProfile", { chargingProfileId: 1 }),
      "Accepted",
    );
    await csms.until(() => scene.charger.outlet(1)?.state === "Charging");
    clock.advance(60_000);
    assert.equal(energyWh(scene), 900);
  }));

test("2.x: what must be refused is, and says why", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const why = async (evseId: number, chargingProfile: Payload): Promise<unknown> => {
      const answer = await asked(scene, "SetChargingProfile", { evseId, chargingProfile });
      return fieldOf(answer["statusInfo"], "reasonCode") ?? answer["status"];
    };
    const tx = { chargingProfilePurpose: "TxProfile", transactionId: "none" } as const;
    assert.equal(await why(1, profile(scene, 1, tx)), "TxNotFound");
    assert.equal(await why(9, profile(scene, 1)), "InvalidValue");
    assert.equal(await why(1, profile(scene, 1, { stackLevel: 99 })), "InvalidStackLevel");
    const max = { chargingProfilePurpose: "ChargingStationMaxProfile" } as const;
    assert.equal(await why(1, profile(scene, 1, max)), "InvalidProfile");
    assert.equal(await why(1, profile(scene, 1)), "Accepted");
    assert.equal(await why(1, profile(scene, 2)), "DuplicateProfile");
    assert.equal(await why(1, profile(scene, 1)), "Accepted");
  }));

test("2.x: reports come by EVSE and in parts; criteria choose", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    for (const [id, evseId] of [[1, 1], [2, 1], [3, 1], [4, 2]] as const) {
      // deno-lint-ignore no-await-in-loop -- one after the other
      assert.equal(await set(scene, evseId, profile(scene, id, { stackLevel: id })), "Accepted");
    }
    const criteria = { chargingProfilePurpose: "TxDefaultProfile" } as const;
    const all = { requestId: 5, chargingProfile: criteria } as const;
    assert.equal(await statusOf(scene, "GetChargingProfiles", all), "Accepted");
    await scene.csms.nth("ReportChargingProfiles", 3);
    const reports = told(scene, "ReportChargingProfiles");
    assert.deepEqual(reports.map((one) => [one["evseId"], one["tbc"]]), [
      [1, true],
      [1, true],
      [2, false],
    ]);
    const none = { requestId: 6, chargingProfile: { chargingProfileId: [77] } } as const;
    assert.equal(await statusOf(scene, "GetChargingProfiles", none), "NoProfiles");
    const byLevel = { chargingProfileCriteria: { stackLevel: 4 } } as const;
    assert.equal(await statusOf(scene, "ClearChargingProfile", byLevel), "Accepted");
    assert.equal(await statusOf(scene, "ClearChargingProfile", byLevel), "Unknown");
  }));

test("1.6: a profile of a remote start counts from the start of its transaction, and goes with it", () =>
  withCharger("ocpp1.6", async (scene) => {
    const { csms, charger, clock } = scene;
    const chargingProfile = {
      chargingProfileId: 3,
      stackLevel: 0,
      chargingProfilePurpose: "TxProfile",
      chargingProfileKind: "Relative",
      chargingSchedule: {
        chargingRateUnit: "W",
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 6_000 }],
      },
    };
    const start = { connectorId: 1, idTag: "APP", chargingProfile };
    assert.equal(await statusOf(scene, "RemoteStartTransaction", start), "Accepted");
    clock.advance(30_000);
    charger.plugIn(1, car);
    await csms.nth("StartTransaction", 1);
    clock.advance(60_000);
    await csms.nth("MeterValues", 1);
    assert.equal(energyWh(scene), 100);
    const ask = { connectorId: 1, duration: 60, chargingRateUnit: "W" };
    const composite = await asked(scene, "GetCompositeSchedule", ask);
    assert.deepEqual(fieldOf(composite["chargingSchedule"], "chargingSchedulePeriod"), [
      { startPeriod: 0, limit: 6_000, numberPhases: 3 },
    ]);
    charger.end(1);
    assert.equal(await statusOf(scene, "ClearChargingProfile", { id: 3 }), "Unknown");
  }));

test("the limit of the whole station is shared by those who charge", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const purpose = { chargingProfilePurpose: "ChargingStationMaxProfile" } as const;
    await set(scene, 0, profile(scene, 1, purpose));
    await charge(scene);
    scene.charger.plugIn(2, car);
    await scene.charger.present(2, "CARD2");
    scene.clock.advance(60_000);
    await scene.csms.until(() => energyWh(scene) > 0);
    assert.equal(energyWh(scene), 100);
  }));
