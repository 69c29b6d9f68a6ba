import assert from "node:assert/strict";
import { test } from "node:test";
import { profileOf } from "#schemas/charging_profile.ts";
import { checkProfile } from "#schemas/charging_profile_rules.ts";
import { forSeeds } from "#schemas/seeded_testing.ts";
import { demandOf, needsProfile, staySeconds } from "./charging_needs.ts";
import type { CompositeSchedule } from "./composite_schedule.ts";

const now = Date.parse("2026-11-22T12:00:00Z");
const place = { profileId: 9, stackLevel: 0, transactionId: "T", tuplesMax: null };

function limits(unit: "A" | "W", ...limitsByHour: (number | null)[]): CompositeSchedule {
  return {
    evseId: 1,
    startAt: now,
    durationS: limitsByHour.length * 3_600,
    unit,
    periods: limitsByHour.map((limit, hour) => ({
      startS: hour * 3_600,
      limit: limit === null ? null : { l1: limit, l2: null, l3: null },
      dischargeLimit: null,
      setpoint: null,
      numberPhases: null,
    })),
  };
}

test("demandOf() reads alternating and direct current, and says when there is no amount", () => {
  const ac = { evMaxCurrent: 16, evMinCurrent: 6, evMaxVoltage: 230, energyAmount: 9_000 };
  assert.deepEqual(
    demandOf({ requestedEnergyTransfer: "AC_single_phase", acChargingParameters: ac }),
    { unit: "A", limit: 16_000, numberPhases: 1, departureAt: null },
  );
  const dc = { evMaxCurrent: 200, evMaxVoltage: 400 };
  assert.equal(demandOf({ dcChargingParameters: dc })?.limit, 80_000_000);
  assert.equal(
    demandOf({ dcChargingParameters: { ...dc, evMaxPower: 50_000 } })?.limit,
    50_000_000,
  );
  assert.equal(demandOf({ requestedEnergyTransfer: "DC" }), null);
});

test("the profile ends when the vehicle leaves", () => {
  const demand = { unit: "A", limit: 16_000, numberPhases: 3 } as const;
  assert.equal(staySeconds({ ...demand, departureAt: now + 90_500 }, now), 91);
  assert.equal(staySeconds({ ...demand, departureAt: now - 1 }, now), 86_400);
  assert.equal(staySeconds({ ...demand, departureAt: null }, now), 86_400);
});

test("property: the profile is never above the limits nor the needs, and may be sent", () => {
  forSeeds(500, (random) => {
    const unit = random.pick(["A", "W"] as const);
    const most = unit === "A" ? 32_000 : 50_000_000;
    const hours = Array.from(
      { length: random.whole(1, 20) },
      () => random.happens(0.2) ? null : random.whole(0, 2 * most),
    );
    const demand = { unit, limit: most, numberPhases: unit === "A" ? 3 : null, departureAt: null };
    const tuplesMax = random.happens(0.5) ? random.whole(1, 4) : null;
    const json = needsProfile(demand, limits(unit, ...hours), { ...place, tuplesMax });
    const profile = profileOf(json);
    checkProfile(profile, { version: "2.x", evseId: 1, startsTransaction: false });
    const periods = profile.schedules[0]?.periods ?? [];
    assert.ok(periods.length <= (tuplesMax ?? 12));
    for (const [hour, allowed] of hours.entries()) {
      const granted = periods.findLast(({ startS }) => startS <= hour * 3_600)?.limit?.l1 ?? NaN;
      assert.ok(granted <= Math.min(most, allowed ?? Infinity), `hour ${hour}: ${granted}`);
    }
  });
});
