import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample } from "#schemas/events/station.ts";
import {
  closeRegister,
  energyWh,
  moveStart,
  openRegister,
  readSamples,
  reopenRegister,
  sessionMeter,
} from "./register.ts";
import type { SessionMeter } from "./register.ts";
import { beginSample, endSample, energySample, minute, powerSample } from "./sample_testing.ts";

const start = 1_795_348_800_000;
const at = (minutes: number): number => start + minutes * minute;

interface Story {
  readonly meterStartWh: number | null;
  readonly samples?: readonly Sample[];
  readonly meterStopWh?: number | null;
  readonly endedMinutes?: number;
}

/** A whole session, samples one by one. */
function told(
  { meterStartWh, samples = [], meterStopWh = null, endedMinutes = 60 }: Story,
): SessionMeter {
  const read = samples.reduce(
    (register, sample) => readSamples(register, [sample]),
    openRegister(meterStartWh, start),
  );
  return sessionMeter(closeRegister(read, { meterStopWh, endedAt: at(endedMinutes) }));
}

test("rule T8: an ordinary 1.6 session is meterStop minus meterStart, to the watt-hour", () => {
  const samples = [energySample(at(15), 911_500), energySample(at(30), 913_249)];
  assert.deepEqual(told({ meterStartWh: 910_001, samples, meterStopWh: 914_322 }), {
    energyWh: 4_321,
    meterStartWh: 910_001,
    meterStopWh: 914_322,
    flags: [],
    isDoubtful: false,
  });
});

test("rule M4: an ordinary 2.x session is Transaction.End minus Transaction.Begin", () => {
  const samples = [
    beginSample(at(0), 50_000),
    energySample(at(20), 52_000),
    energySample(at(60), 56_000),
    endSample(at(60), 56_007),
  ];
  const meter = told({ meterStartWh: null, samples });
  assert.deepEqual(meter, {
    energyWh: 6_007,
    meterStartWh: 50_000,
    meterStopWh: 56_007,
    flags: [],
    isDoubtful: false,
  });
});

test("rule M4: Begin and End beat periodic readings, whichever comes first", () => {
  const samples = [
    endSample(at(60), 56_007),
    energySample(at(20), 52_000),
    beginSample(at(0), 50_000),
  ];
  const backwards = told({ meterStartWh: null, samples });
  assert.equal(backwards.energyWh, 6_007);
  assert.deepEqual(backwards.flags, []);
});

test("a 0 sent in place of an unknown start does not bill the meter's lifetime", () => {
  const samples = [energySample(at(1), 910_000), energySample(at(2), 910_050)];
  const meter = told({ meterStartWh: 0, samples, meterStopWh: 910_080 });
  assert.equal(meter.energyWh, 80);
  assert.equal(meter.meterStartWh, 910_000);
  assert.deepEqual(meter.flags, ["inferredStart", "placeholderStart"]);
  assert.equal(meter.isDoubtful, false);
});

test("a 0 start and a lifetime stop without a reading between bill nothing", () => {
  const meter = told({ meterStartWh: 0, meterStopWh: 910_000 });
  assert.equal(meter.energyWh, 0);
  assert.deepEqual(meter.flags, ["placeholderStart"]);
  assert.equal(meter.isDoubtful, true);
});

test("a Transaction.Begin replaces a 0 start", () => {
  const samples = [beginSample(at(0), 910_000), endSample(at(60), 911_000)];
  const meter = told({ meterStartWh: 0, samples, meterStopWh: 911_000 });
  assert.equal(meter.energyWh, 1_000);
  assert.deepEqual(meter.flags, ["placeholderStart"]);
});

test("a register that counts from 0 in each session is an ordinary one", () => {
  const samples = [energySample(at(15), 2_500), energySample(at(30), 5_200)];
  const meter = told({ meterStartWh: 0, samples, meterStopWh: 9_999 });
  assert.equal(meter.energyWh, 9_999);
  assert.deepEqual(meter.flags, []);
});

test("without any start the first register reading is the baseline", () => {
  const samples = [energySample(at(1), 910_000), energySample(at(30), 915_000)];
  const meter = told({ meterStartWh: null, samples });
  assert.deepEqual(meter, {
    energyWh: 5_000,
    meterStartWh: 910_000,
    meterStopWh: 915_000,
    flags: ["inferredStart", "inferredStop"],
    isDoubtful: false,
  });
});

test("a session without a single reading has no energy and no readings", () => {
  const meter = told({ meterStartWh: null });
  assert.deepEqual(meter, {
    energyWh: 0,
    meterStartWh: null,
    meterStopWh: null,
    flags: [],
    isDoubtful: false,
  });
});

test("rule T8: a stop below the start is flagged and not billed", () => {
  const meter = told({ meterStartWh: 5_000_000, meterStopWh: 4_999_000 });
  assert.equal(meter.energyWh, 0);
  assert.deepEqual(meter.flags, ["wentBack"]);
  assert.equal(meter.isDoubtful, true);
});

test("a stop of 0 does not wipe the energy that was reported", () => {
  const samples = [energySample(at(30), 5_000)];
  const lifetime = told({ meterStartWh: 1_000, samples, meterStopWh: 0 });
  assert.equal(lifetime.energyWh, 4_000);
  assert.deepEqual(lifetime.flags, ["placeholderStop"]);
  assert.equal(lifetime.isDoubtful, true);
});

test("rule T8: a meter swap in mid-session counts what each meter measured, and is flagged", () => {
  const samples = [
    energySample(at(10), 101_000),
    energySample(at(20), 700_000_000),
    energySample(at(30), 700_001_500),
    energySample(at(40), 700_002_500),
  ];
  const meter = told({ meterStartWh: 100_000, samples, meterStopWh: 700_003_000 });
  assert.equal(meter.energyWh, 1_000 + 2_500);
  assert.deepEqual(meter.flags, ["implausibleJump", "meterSwap"]);
  assert.equal(meter.isDoubtful, true);
});

test("rule T8: session-relative samples between lifetime readings end exact", () => {
  const samples = [0, 1_200, 2_400, 3_600].map((wh, index) => energySample(at(index * 10 + 1), wh));
  const meter = told({ meterStartWh: 910_000, samples, meterStopWh: 914_000 });
  assert.equal(meter.energyWh, 4_000);
});

test("one zero among the readings changes nothing", () => {
  const samples = [1_000, 0, 1_400, 0, 0, 1_800].map((wh, index) =>
    energySample(at(index * 5), wh)
  );
  const meter = told({ meterStartWh: 900, samples, meterStopWh: 2_000, endedMinutes: 30 });
  assert.equal(meter.energyWh, 1_100);
  assert.deepEqual(meter.flags, ["wentBack"]);
  assert.equal(meter.isDoubtful, false);
});

test("rule M6: a jump beyond power times time is not billed", () => {
  const samples = [
    energySample(at(5), 1_500),
    energySample(at(6), 9_000_000),
    energySample(at(10), 2_000),
  ];
  const meter = told({ meterStartWh: 1_000, samples, endedMinutes: 11 });
  assert.equal(meter.energyWh, 1_000);
  assert.deepEqual(meter.flags, ["inferredStop", "implausibleJump"]);
  assert.equal(meter.isDoubtful, true);
});

test("rule M6: the bound follows the connector's power", () => {
  const samples = [energySample(at(60), 31_000)];
  const slow = closeRegister(
    readSamples(openRegister(1_000, start), samples, { maxPowerW: 22_000 }),
    { meterStopWh: null, endedAt: at(60) },
    { maxPowerW: 22_000 },
  );
  assert.equal(energyWh(slow), 0);
  assert.equal(energyWh(readSamples(openRegister(1_000, start), samples)), 30_000);
});

test("rule M6: kilowatt-hours sent as watt-hours are recognised among watt-hours", () => {
  const samples = [energySample(at(10), 98.75), energySample(at(20), 99.5)];
  const meter = told({ meterStartWh: 98_000, samples, meterStopWh: 101_000 });
  assert.equal(meter.energyWh, 3_000);
  assert.deepEqual(meter.flags, ["kWhAsWh"]);
});

test("rule M6: a start in kilowatt-hours does not bill a thousandfold", () => {
  const samples = [energySample(at(1), 98_012), energySample(at(30), 103_000)];
  const meter = told({ meterStartWh: 98, samples, meterStopWh: 104 });
  assert.equal(meter.energyWh, 4_988);
  assert.deepEqual(meter.flags, ["inferredStart", "kWhAsWh"]);
  assert.equal(meter.isDoubtful, true);
});

test("rule M6: readings a thousandth of what the power says are flagged", () => {
  const samples = [0, 15, 30, 45, 60].flatMap((minutes) => [
    powerSample(at(minutes), 7_000),
    energySample(at(minutes), 98 + minutes / 60 * 7),
  ]);
  const meter = told({ meterStartWh: 98, samples, meterStopWh: 105 });
  assert.equal(meter.energyWh, 7);
  assert.deepEqual(meter.flags, ["kWhAsWh"]);
  assert.equal(meter.isDoubtful, true);
});

test("rule M3: a total is never added to its phases", () => {
  const phases = (minutes: number, wh: number): Sample[] => [
    energySample(at(minutes), wh),
    ...["L1", "L2", "L3"].map((phase) => energySample(at(minutes), wh / 3, { phase })),
  ];
  const samples = [...phases(0, 3_000), ...phases(30, 9_000)];
  const meter = sessionMeter(readSamples(openRegister(null, start), samples));
  assert.equal(meter.energyWh, 6_000);
});

test("rule M3: phases are summed where there is no total, N and pairs left out", () => {
  const phases = (minutes: number, wh: number): Sample[] =>
    ["L1-N", "L2-N", "L3-N", "N", "L1-L2"].map((phase) => energySample(at(minutes), wh, { phase }));
  const samples = [...phases(0, 1_000), ...phases(30, 3_000)];
  const meter = sessionMeter(readSamples(openRegister(null, start), samples));
  assert.equal(meter.energyWh, 6_000);
  const single = [1_000, 2_500].map((wh, index) =>
    energySample(at(index * 20), wh, { phase: "L1" })
  );
  assert.equal(energyWh(readSamples(openRegister(null, start), single)), 1_500);
});

test("rule M3: a total that appears after sums of phases takes over", () => {
  const phases = (minutes: number, wh: number): Sample[] =>
    ["L1", "L2", "L3"].map((phase) => energySample(at(minutes), wh, { phase }));
  const samples = [
    phases(0, 1_000),
    phases(10, 1_500),
    [energySample(at(20), 90_000)],
    phases(30, 9_000),
  ];
  const register = samples.reduce(
    (known, message) => readSamples(known, message),
    openRegister(null, start),
  );
  assert.equal(energyWh(readSamples(register, [energySample(at(40), 91_000)])), 2_500);
});

test("the outlet beats the inlet", () => {
  const samples = [10, 20].flatMap((minutes) => [
    energySample(at(minutes), minutes * 130, { location: "Inlet" }),
    energySample(at(minutes), minutes * 100),
  ]);
  assert.equal(energyWh(readSamples(openRegister(null, start), samples)), 1_000);
});

test("rule M5: intervals are summed only when there is no register", () => {
  const interval = (minutes: number, wh: number, context = "Sample.Periodic"): Sample =>
    energySample(at(minutes), wh, { measurand: "Energy.Active.Import.Interval", context });
  const intervals = [
    interval(15, 1_000),
    interval(15, 1_000),
    interval(15, 1_000, "Sample.Clock"),
    interval(45, 1_200),
    interval(30, 1_100),
    interval(50, 300, "Transaction.End"),
    interval(55, 9_000_000),
  ];
  const summed = readSamples(openRegister(null, start), intervals);
  assert.equal(energyWh(summed), 3_600);
  const withRegister = readSamples(summed, [
    energySample(at(0), 50_000),
    energySample(at(60), 53_000),
  ]);
  assert.equal(energyWh(withRegister), 3_000);
});

test("rule T7: samples before the start and after the end change nothing", () => {
  const early = readSamples(openRegister(null, start), [energySample(at(-30), 1_000)]);
  assert.equal(sessionMeter(early).meterStartWh, null);
  const ended = closeRegister(
    readSamples(openRegister(1_000, start), [energySample(at(10), 2_000)]),
    { meterStopWh: 3_000, endedAt: at(20) },
  );
  assert.equal(
    energyWh(readSamples(ended, [energySample(at(30), 8_000), energySample(at(15), 2_500)])),
    2_000,
  );
});

test("rule U3: a late Started and a late Begin still count", () => {
  const updated = readSamples(openRegister(null, at(10)), [energySample(at(10), 4_000)]);
  const moved = moveStart(updated, start);
  assert.equal(energyWh(readSamples(moved, [beginSample(start, 3_000)])), 1_000);
});

test("rule U3: an end without a reading is completed by a late Transaction.End", () => {
  const ended = closeRegister(
    readSamples(openRegister(null, start), [
      beginSample(start, 1_000),
      energySample(at(10), 2_000),
    ]),
    { meterStopWh: null, endedAt: at(60) },
  );
  assert.deepEqual(sessionMeter(ended).flags, ["inferredStop"]);
  const completed = sessionMeter(readSamples(ended, [endSample(at(60), 7_000)]));
  assert.equal(completed.energyWh, 6_000);
  assert.equal(completed.meterStopWh, 7_000);
  assert.deepEqual(completed.flags, []);
});

test("1.6 meterStop has the last word over transactionData", () => {
  const samples = [beginSample(start, 1_000), endSample(at(60), 5_000)];
  assert.equal(told({ meterStartWh: 1_000, samples, meterStopWh: 5_003 }).energyWh, 4_003);
  assert.equal(told({ meterStartWh: 1_000, samples, meterStopWh: 4_998 }).energyWh, 3_998);
  const orphan = told({ meterStartWh: null, samples, meterStopWh: 5_000 });
  assert.equal(orphan.energyWh, 4_000);
});

test("rule T4: a clock set back in mid-session does not cost the energy of the stop", () => {
  const late = at(300);
  const register = readSamples(openRegister(1_000, late), [energySample(late + minute, 1_100)]);
  const end = { meterStopWh: 151_000, endedAt: late };
  assert.equal(energyWh(closeRegister(register, end)), 100);
  const openMs = 60 * minute;
  assert.equal(energyWh(closeRegister(register, end, { maxPowerW: 400_000, openMs })), 150_000);
});

test("rule M6: a stop that is wrong by the clock alone is shown up to a car's battery, and said", () => {
  const story = { samples: [energySample(at(0), 6_000)], endedMinutes: 0 };
  const meter = told({ meterStartWh: 1_000, ...story, meterStopWh: 13_400 });
  assert.equal(meter.energyWh, 12_400);
  assert.deepEqual(meter.flags, ["implausibleJump", "tooFast"]);
  assert.equal(meter.isDoubtful, true);
  const samples = [beginSample(at(0), 50_000), endSample(at(0), 70_000)];
  const told2 = told({ meterStartWh: null, samples, endedMinutes: 0 });
  assert.equal(told2.energyWh, 20_000);
  assert.equal(told2.isDoubtful, true);
  assert.equal(told({ meterStartWh: 1_000, ...story, meterStopWh: 102_000 }).energyWh, 0);
});

test("a session that the platform closed and the station continued is exact again", () => {
  const live = readSamples(openRegister(1_000, start), [energySample(at(10), 2_000)]);
  const stale = closeRegister(live, { meterStopWh: null, endedAt: at(10) });
  assert.equal(sessionMeter(stale).meterStopWh, 2_000);
  const ended = closeRegister(reopenRegister(stale), { meterStopWh: 4_000, endedAt: at(60) });
  const { energyWh: billed, flags } = sessionMeter(ended);
  assert.deepEqual([billed, flags], [3_000, []]);
});

test("a final reading below the last periodic one is believed, and said", () => {
  const samples = [energySample(at(30), 9_000)];
  const meter = told({ meterStartWh: 1_000, samples, meterStopWh: 8_000 });
  assert.equal(meter.energyWh, 7_000);
  assert.deepEqual(meter.flags, ["stopBelowReadings"]);
});

test("rounding of a station that mixes Wh and kWh is no step back", () => {
  const samples = [energySample(at(1), 98_700), energySample(at(2), 98_800)];
  const meter = told({ meterStartWh: 98_765, samples, meterStopWh: 98_811 });
  assert.deepEqual([meter.energyWh, meter.flags], [46, []]);
});
