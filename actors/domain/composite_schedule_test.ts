import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ChargingProfile,
  type ChargingSchedule,
  type PhaseAmounts,
  profileOf,
  type RateUnit,
  type SchedulePeriod,
} from "#schemas/charging_profile.ts";
import type { PlacedProfile } from "#schemas/charging_profile_rules.ts";
import { forSeeds, type Seeded } from "#schemas/seeded_testing.ts";
import { activePeriod, profilesFor } from "./charging_profile.ts";
import {
  COMPOSITE_DURATION_S_MAX,
  type CompositeQuestion,
  compositeSchedule,
} from "./composite_schedule.ts";
import { placed, TRANSACTION, wireProfile } from "./composite_testing.ts";
import { drawIn, drawOf } from "./power_draw.ts";

const noon = Date.parse("2026-11-22T12:00:00Z");
const day = 86_400;
const purposes = [
  "ChargingStationMaxProfile",
  "ChargingStationExternalConstraints",
  "TxDefaultProfile",
  "TxProfile",
] as const;

function amount(random: Seeded, unit: RateUnit): PhaseAmounts {
  const l1 = unit === "A" ? random.whole(0, 400) * 100 : random.whole(0, 2_200) * 10_000;
  return { l1, l2: null, l3: null };
}

function somePeriods(random: Seeded, unit: RateUnit): SchedulePeriod[] {
  let startS = 0;
  return Array.from({ length: random.whole(1, 5) }, () => {
    const period = {
      startS,
      limit: amount(random, unit),
      dischargeLimit: null,
      setpoint: null,
      numberPhases: random.pick([null, 1, 3]),
      phaseToUse: null,
      operationMode: null,
    };
    startS += random.whole(1, 7_200);
    return period;
  });
}

/** Any allowed profile; ids and stack levels are all different, so that none collide. */
function someProfile(random: Seeded, id: number): PlacedProfile {
  const unit = random.pick(["A", "W"] as const);
  const purpose = random.pick(purposes);
  const kind = random.pick(["Absolute", "Recurring", "Relative"] as const);
  const startAt = noon + random.whole(-2 * day, day) * 1_000;
  const schedule: ChargingSchedule = {
    id,
    startAt: kind === "Relative" ? null : startAt,
    durationS: random.happens(0.5) ? random.whole(1, 2 * day) : null,
    unit,
    minChargingRate: null,
    periods: somePeriods(random, unit),
  };
  const validFromAt = random.happens(0.3) ? noon + random.whole(-day, day) * 1_000 : null;
  const profile: ChargingProfile = {
    id,
    stackLevel: id,
    purpose,
    kind,
    recurrency: kind === "Recurring" ? random.pick(["Daily", "Weekly"] as const) : null,
    validFromAt,
    validToAt: random.happens(0.3) ? (validFromAt ?? noon) + random.whole(1, day) * 1_000 : null,
    transactionId: null,
    offlineMaxS: null,
    schedules: [schedule],
  };
  return { evseId: purpose === "ChargingStationMaxProfile" ? 0 : random.whole(0, 2), profile };
}

function someQuestion(random: Seeded): CompositeQuestion {
  const count = random.whole(0, 6);
  return {
    profiles: Array.from({ length: count }, (_, index) => someProfile(random, index + 1)),
    evseId: random.whole(0, 2),
    evses: [1, 2].map((evseId) => ({
      evseId,
      sessionStartAt: random.happens(0.5) ? noon - random.whole(0, day) * 1_000 : null,
      transactionId: null,
    })),
    fromAt: noon,
    durationS: random.whole(0, 2 * day),
    unit: random.pick(["A", "W"] as const),
    supply: { volts: 230, phases: 3 },
    defaultLimit: random.happens(0.5) ? { A: null, W: null } : { A: 32_000, W: 22_080_000 },
    assumeTransaction: random.happens(0.7),
  };
}

function withProfiles(
  question: CompositeQuestion,
  change: (profile: ChargingProfile) => ChargingProfile,
): CompositeQuestion {
  const profiles = question.profiles.map((one) => ({ ...one, profile: change(one.profile) }));
  return { ...question, profiles };
}

function withPeriods(
  question: CompositeQuestion,
  change: (periods: readonly SchedulePeriod[]) => SchedulePeriod[],
): CompositeQuestion {
  return withProfiles(question, (profile) => ({
    ...profile,
    schedules: profile.schedules.map((one) => ({ ...one, periods: change(one.periods) })),
  }));
}

const runs = 1_000;

const start = "2026-11-22T00:00:00Z";
const bare: CompositeQuestion = {
  profiles: [],
  evseId: 1,
  evses: [],
  fromAt: noon,
  durationS: 3_600,
  unit: "A",
  supply: { volts: 230, phases: 3 },
  defaultLimit: { A: null, W: null },
  assumeTransaction: true,
};

test("property: the order of profiles changes nothing", () => {
  forSeeds(runs, (random) => {
    const question = someQuestion(random);
    const shuffled = { ...question, profiles: random.shuffled(question.profiles) };
    assert.deepEqual(compositeSchedule(shuffled), compositeSchedule(question));
  });
});

test("property: shifting all times shifts the schedule", () => {
  forSeeds(runs, (random) => {
    const question = someQuestion(random);
    const by = random.whole(-400 * day, 400 * day) * 1_000;
    const later = (at: number | null): number | null => at === null ? null : at + by;
    const shifted = withProfiles(question, (profile) => ({
      ...profile,
      validFromAt: later(profile.validFromAt),
      validToAt: later(profile.validToAt),
      schedules: profile.schedules.map((one) => ({ ...one, startAt: later(one.startAt) })),
    }));
    const evses = question.evses.map((evse) => ({
      ...evse,
      sessionStartAt: later(evse.sessionStartAt),
    }));
    const before = compositeSchedule(question);
    assert.deepEqual(compositeSchedule({ ...shifted, evses, fromAt: noon + by }), {
      ...before,
      startAt: before.startAt + by,
    });
  });
});

test("property: splitting a period into equal ones, or merging equal neighbours, changes nothing", () => {
  forSeeds(runs, (random) => {
    const question = someQuestion(random);
    const split = withPeriods(question, (periods) =>
      periods.flatMap((period, index) => {
        const until = periods[index + 1]?.startS ?? period.startS + day;
        if (until - period.startS < 2) return [period];
        return [period, { ...period, startS: random.whole(period.startS + 1, until - 1) }];
      }));
    assert.deepEqual(compositeSchedule(split), compositeSchedule(question));
  });
});

test("property: a profile below one that always holds changes nothing", () => {
  forSeeds(runs, (random) => {
    const question = someQuestion(random);
    const always = placed(0, {
      id: 90,
      purpose: "TxDefault",
      stack: 90,
      unit: "A",
      periods: [[0, 13]],
      repeats: "Daily",
      start: "2026-11-22T00:00:00Z",
    }, "2.x");
    const under = someProfile(random, 80);
    const hidden = {
      ...under,
      profile: { ...under.profile, purpose: "TxDefaultProfile" as const },
    };
    const known = { ...question, profiles: [...question.profiles, always] };
    const more = { ...known, profiles: [...known.profiles, hidden] };
    assert.deepEqual(compositeSchedule(more), compositeSchedule(known));
  });
});

test("property: the limit is never above what any purpose allows at that instant", () => {
  forSeeds(runs, (random) => {
    const question = { ...someQuestion(random), evseId: 1, assumeTransaction: true };
    const { periods } = compositeSchedule(question);
    const evse = question.evses[0];
    for (let probe = 0; probe < 20; probe++) {
      const offset = random.whole(0, Math.max(0, question.durationS - 1));
      const period = periods.findLast(({ startS }) => startS <= offset);
      const second = noon / 1_000 + offset;
      for (const purpose of ["ChargingStationMaxProfile", "TxProfile"] as const) {
        const isStation = purpose === "ChargingStationMaxProfile";
        const active = activePeriod(profilesFor(question.profiles, purpose, 1), second, {
          fromAt: noon,
          sessionStartAt: isStation ? null : evse?.sessionStartAt ?? null,
          offlineS: 0,
        });
        if (active === null) continue;
        const numberPhases = period?.numberPhases ?? null;
        const own = drawIn({ ...drawOf(active), numberPhases }, question.unit, question.supply);
        assert.ok((period?.limit?.l1 ?? Infinity) <= (own.limit?.l1 ?? 0), `${purpose} ${offset}`);
      }
    }
  });
});

test("property: the schedule begins at 0, ascends, and neighbours differ", () => {
  forSeeds(runs, (random) => {
    const question = someQuestion(random);
    const { periods, durationS } = compositeSchedule(question);
    assert.equal(periods[0]?.startS, 0);
    periods.reduce((before, after) => {
      assert.ok(before.startS < after.startS && after.startS < durationS);
      assert.notDeepEqual({ ...before, startS: 0 }, { ...after, startS: 0 });
      return after;
    });
  });
});

test("K3: a high stack level without duration shadows everything below for ever", () => {
  const low = { id: 1, purpose: "TxDefault", unit: "A", start, periods: [[0, 6]] } as const;
  const high = { ...low, id: 2, stack: 1, periods: [[0, 20], [60, 10]] } as const;
  const profiles = [placed(1, low, "2.x"), placed(1, high, "2.x")];
  const { periods } = compositeSchedule({ ...bare, profiles, durationS: 30 * day });
  assert.deepEqual(periods.map(({ startS, limit }) => [startS, limit?.l1]), [[0, 10_000]]);
});

test("K2: a TxProfile counts for its own transaction alone", () => {
  const short = { id: 1, purpose: "Tx", unit: "A", start, periods: [[0, 6]] } as const;
  const profiles = [placed(1, short, "2.x")];
  const limitFor = (transactionId: string): number | undefined => {
    const evses = [{ evseId: 1, sessionStartAt: noon, transactionId }];
    return compositeSchedule({ ...bare, profiles, evses }).periods[0]?.limit?.l1;
  };
  assert.equal(limitFor(TRANSACTION), 6_000);
  assert.equal(limitFor("another"), undefined);
});

test("K7: a converted limit is never above the given one", () => {
  const short = { id: 1, purpose: "TxDefault", unit: "W", start, periods: [[0, 1_000]] } as const;
  const { periods } = compositeSchedule({ ...bare, profiles: [placed(0, short, "2.x")] });
  // 1000 W over three phases of 230 V are 1.4492… A.
  assert.equal(periods[0]?.limit?.l1, 1_449);
});

test("K8: without a transaction the transaction profiles do not count", () => {
  const short = { id: 1, purpose: "TxDefault", unit: "A", start, periods: [[0, 6]] } as const;
  const profiles = [placed(0, short, "2.x")];
  const idle = compositeSchedule({ ...bare, profiles, assumeTransaction: false });
  assert.deepEqual(idle.periods.map(({ limit }) => limit), [null]);
});

test("a question for years is cut to what can be answered", () => {
  const profile = profileOf(wireProfile({
    id: 1,
    purpose: "TxDefault",
    unit: "A",
    repeats: "Daily",
    start: "2026-01-01T00:00:00Z",
    periods: [[0, 6], [3_600, 7]],
  }));
  const { durationS, periods } = compositeSchedule({
    ...bare,
    profiles: [{ evseId: 0, profile }],
    durationS: Number.MAX_SAFE_INTEGER,
  });
  assert.equal(durationS, COMPOSITE_DURATION_S_MAX);
  assert.equal(periods.length, 63);
});
