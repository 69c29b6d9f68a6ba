import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandedStation } from "./commanded_testing.ts";

type Json = Readonly<Record<string, unknown>>;

function profile(id: number, schedule: Json = {}): Json {
  return {
    id,
    stackLevel: 0,
    chargingProfilePurpose: "TxDefaultProfile",
    chargingProfileKind: "Absolute",
    chargingSchedule: [{
      id,
      chargingRateUnit: "A",
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
      ...schedule,
    }],
  };
}

function report(station: CommandedStation, ids: readonly number[], more: Json = {}): void {
  station.call("ReportChargingProfiles", {
    ...{ requestId: 1, chargingLimitSource: "EMS", evseId: 1 },
    chargingProfile: ids.map((id) => profile(id)),
    ...more,
  });
}

test("a station that reports ever other profiles is believed the newest 500", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  for (let part = 0; part < 13; part++) {
    report(station, Array.from({ length: 50 }, (_, index) => part * 50 + index));
    station.stage.advance(1_000);
  }
  const ids = station.items("reported-profile").map(({ profileId }) => Number(profileId));
  assert.equal(ids.length, 500);
  assert.equal(Math.min(...ids), 150);
});

test("a reported profile that cannot be read is left out, and what follows is not broken", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  report(station, [1], { chargingProfile: [profile(1, { duration: 1e300 }), profile(2)] });
  station.answered(station.raw("ClearChargingProfile", {}), { status: "Accepted" });
  assert.deepEqual(station.items("reported-profile"), []);
  report(station, [1], { chargingProfile: [profile(1, { duration: 1e300 }), profile(2)] });
  assert.deepEqual(station.items("reported-profile").map(({ profileId }) => profileId), [2]);
});

test("limits for ever other EVSEs do not pile up", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  for (let evseId = 1; evseId <= 260; evseId++) {
    station.call("NotifyChargingLimit", { evseId, chargingLimit: { chargingLimitSource: "EMS" } });
    station.stage.advance(1_000);
  }
  const evseIds = station.items("charging-limit").map(({ evseId }) => Number(evseId));
  assert.equal(evseIds.length, 200);
  assert.equal(Math.min(...evseIds), 61);
});

test("a limit whose schedule cannot be read is kept without it", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  station.call("NotifyChargingLimit", {
    evseId: 1,
    chargingLimit: { chargingLimitSource: "EMS" },
    chargingSchedule: [{
      ...{ id: 1, chargingRateUnit: "A", duration: 1e300 },
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 6 }],
    }],
  });
  assert.deepEqual(station.items("charging-limit").map(({ schedules }) => schedules), [[]]);
});

test("questions that a station accepts and never reports on are forgotten", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  for (let requestId = 1; requestId <= 30; requestId++) {
    const id = station.raw("GetChargingProfiles", { requestId, chargingProfile: {} });
    station.answered(id, { status: "Accepted" });
    station.stage.advance(1_000);
  }
  const kept = station.items("charging-profile").map(({ requestId }) => requestId);
  assert.ok(kept.length <= 9, `${kept.length} questions`);
  assert.ok(kept.includes(30));
});

test("profiles that a station refuses do not pile up", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  for (let id = 1; id <= 130; id++) {
    const asked = { evseId: 1, chargingProfile: profile(id) };
    station.answered(station.raw("SetChargingProfile", asked), { status: "Rejected" });
    station.stage.advance(1_000);
  }
  const kept = station.items("charging-profile").map(({ profileId }) => profileId);
  assert.ok(kept.length <= 101, `${kept.length} refused profiles`);
  assert.ok(kept.includes(130) && !kept.includes(1));
});
