import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample } from "#schemas/events/station.ts";
import {
  closeRegister,
  energyWh,
  type MeterRegister,
  openRegister,
  readSamples,
  sessionMeter,
} from "./register.ts";
import { beginSample, endSample, energySample, minute } from "./sample_testing.ts";
import { forSeeds, type Seeded } from "#schemas/seeded_testing.ts";

const start = 1_795_348_800_000;

interface Truth {
  readonly startWh: number;
  readonly stopWh: number;
  readonly endedAt: number;
  /** Periodic readings between start and stop, in order of time. */
  readonly samples: readonly Sample[];
}

/** An honest session of some minutes to some hours, at up to 350 kW. */
function truth(random: Seeded): Truth {
  const watts = random.whole(1_000, 350_000);
  const startWh = random.happens(0.3) ? 0 : random.whole(1, 50_000_000);
  const samples: Sample[] = [];
  let [wh, at] = [startWh, start];
  for (let count = random.whole(0, 20); count > 0; count--) {
    const ms = random.whole(1, 15) * minute;
    at += ms;
    wh += Math.round(watts * random.next() * ms / 3_600_000);
    samples.push(energySample(at, wh));
  }
  const rest = random.whole(0, 10) * minute;
  const stopWh = wh + Math.round(watts * random.next() * rest / 3_600_000);
  return { startWh, stopWh, endedAt: at + rest, samples };
}

function readAll(register: MeterRegister, samples: readonly Sample[]): MeterRegister {
  return samples.reduce((known, sample) => readSamples(known, [sample]), register);
}

/** Samples as a bad network brings them: out of order and repeated. */
function disordered(random: Seeded, samples: readonly Sample[]): Sample[] {
  const repeated = samples.filter(() => random.happens(0.3));
  return random.shuffled([...samples, ...repeated]);
}

test("rule T8: an honest 1.6 session is exact, in any order and with repeats", () => {
  forSeeds(2_000, (random) => {
    const { startWh, stopWh, endedAt, samples } = truth(random);
    const read = readAll(openRegister(startWh, start), disordered(random, samples));
    const meter = sessionMeter(closeRegister(read, { meterStopWh: stopWh, endedAt }));
    assert.equal(meter.energyWh, stopWh - startWh);
    assert.equal(meter.isDoubtful, false);
    assert.deepEqual(meter.flags, []);
  });
});

test("rule U3: an honest 2.x session is exact, in any order and with repeats", () => {
  forSeeds(2_000, (random) => {
    const { startWh, stopWh, endedAt, samples } = truth(random);
    const all = [beginSample(start, startWh), ...samples, endSample(endedAt, stopWh)];
    const read = readAll(openRegister(null, start), disordered(random, all));
    const meter = sessionMeter(closeRegister(read, { meterStopWh: null, endedAt }));
    assert.equal(meter.energyWh, stopWh - startWh);
    assert.deepEqual(meter.flags, []);
  });
});

test("reading samples one by one or all at once comes to the same", () => {
  forSeeds(500, (random) => {
    const { startWh, samples } = truth(random);
    const atOnce = readSamples(openRegister(startWh, start), random.shuffled(samples));
    assert.equal(energyWh(atOnce), energyWh(readAll(openRegister(startWh, start), samples)));
  });
});

/** What stations have been seen to send among good readings. */
function noise(random: Seeded, { samples, startWh }: Truth): Sample[] {
  const kinds: readonly ((sample: Sample) => number)[] = [
    () => 0,
    (sample) => sample.value / 1_000,
    (sample) => sample.value * 1_000,
    () => startWh + random.whole(0, 900_000_000),
    () => random.whole(0, 1_000),
    (sample) => -sample.value,
  ];
  return samples.map((sample) => ({
    ...sample,
    at: sample.at + random.whole(1, 50_000),
    value: random.pick(kinds)(sample),
  }));
}

test("rule T8: whatever comes between, a credible start and stop are exact", () => {
  forSeeds(2_000, (random) => {
    const session = truth(random);
    const { startWh, stopWh, endedAt, samples } = session;
    // With a start of 0 a lifetime reading in between cannot be told from a placeholder.
    if (startWh < 2_000) return;
    const bad = noise(random, session).filter(() => random.happens(0.3));
    const read = readAll(openRegister(startWh, start), disordered(random, [...samples, ...bad]));
    const meter = sessionMeter(closeRegister(read, { meterStopWh: stopWh, endedAt }));
    assert.ok(
      meter.energyWh <= stopWh - startWh,
      `billed ${meter.energyWh}, not ${stopWh - startWh}`,
    );
  });
});

test("rule M6: no session is billed more than power times time, whatever is sent", () => {
  forSeeds(3_000, (random) => {
    const session = truth(random);
    const start16 = random.happens(0.5) ? random.pick([0, session.startWh, 1]) : null;
    const contexts = ["Sample.Periodic", "Transaction.Begin", "Transaction.End", "Sample.Clock"];
    const bad = noise(random, session).map((sample) => ({
      ...sample,
      context: random.pick(contexts),
    }));
    const stop16 = random.happens(0.5) ? random.pick([0, session.stopWh, 1e9]) : null;
    const read = readAll(
      openRegister(start16, start),
      random.shuffled([...session.samples, ...bad]),
    );
    const closed = closeRegister(read, { meterStopWh: stop16, endedAt: session.endedAt });
    const hours = (session.endedAt - start + 60_000) / 3_600_000;
    // The resolution of a register counts once per accepted step.
    const bound = 400_000 * 1.1 * hours + 1_000 * (session.samples.length * 2 + 2);
    assert.ok(energyWh(closed) >= 0, `negative: ${energyWh(closed)}`);
    // What is flagged is shown up to a car's battery, and not billed.
    const isShownOnly = sessionMeter(closed).flags.includes("tooFast");
    assert.ok(!isShownOnly || sessionMeter(closed).isDoubtful);
    const most = isShownOnly ? Math.max(bound, 100_000) : bound;
    assert.ok(energyWh(closed) <= most, `billed ${energyWh(closed)} of ${most}`);
  });
});

test("live energy of a session with a known start never goes back while samples come", () => {
  forSeeds(1_000, (random) => {
    const session = truth(random);
    const all = disordered(random, [...session.samples, ...noise(random, session)]);
    let register = openRegister(Math.max(1, session.startWh), start);
    for (const sample of all) {
      const next = readSamples(register, [sample]);
      assert.ok(energyWh(next) >= energyWh(register));
      register = next;
    }
  });
});
