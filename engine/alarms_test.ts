import assert from "node:assert/strict";
import { test } from "node:test";
import { Alarms } from "./alarms.ts";
import type { AlarmRow } from "./ports/store.ts";
import { SimClock } from "./sim/sim_clock.ts";

function alarmOf(name: string, due: number, generation = 1): AlarmRow {
  return { actor: "default:counter/a", name, due, generation, event: "{}" };
}

test("alarms that are armed anew for weeks take no more memory than those that are armed", () => {
  const clock = new SimClock();
  const rung: string[] = [];
  const alarms = new Alarms(clock, ({ name, generation }) => rung.push(`${name} ${generation}`));
  const dayMs = 86_400_000;

  for (let generation = 1; generation <= 20_000; generation++) {
    alarms.arm(alarmOf("silence", clock.now() + dayMs, generation));
    clock.advance(60);
  }
  alarms.arm(alarmOf("other", clock.now() + dayMs / 2));

  assert.equal(alarms.size, 2);
  assert.ok(alarms.queued < 2_000, `${alarms.queued} in the queue`);
  clock.advance(dayMs);
  assert.deepEqual(rung, ["other 1", "silence 20000"]);
});

test("an alarm whose ring fails rings ever more seldom", () => {
  const clock = new SimClock();
  let rings = 0;
  const alarms: Alarms = new Alarms(clock, (alarm) => {
    rings++;
    alarms.ringAgain(alarm, true);
  });
  alarms.arm(alarmOf("poisoned", clock.now()));

  for (let hour = 0; hour < 24; hour++) clock.advance(3_600_000);

  assert.ok(rings > 20 && rings < 40, `${rings} rings in a day`);
});

test("after a stop nothing is armed any more", () => {
  const clock = new SimClock();
  const alarms = new Alarms(clock, () => assert.fail("it rang"));
  alarms.stop();

  alarms.arm(alarmOf("late", clock.now()));
  clock.advance(1_000);

  assert.equal(alarms.size, 0);
});

test("an alarm rings in time after the wall clock was set right", () => {
  const clock = new SimClock();
  const rung: string[] = [];
  const alarms = new Alarms(clock, ({ name }) => void rung.push(name));
  const due = clock.now() + 60_000;
  clock.jumpWall(-3_600_000);
  alarms.arm(alarmOf("rest", due));
  clock.advance(1_000);
  clock.jumpWall(3_600_000);

  clock.advance(64_000);

  assert.deepEqual(rung, ["rest"]);
});

test("overdue alarms ring at a bounded rate, also when each ring arms another", () => {
  const clock = new SimClock();
  let rings = 0;
  const alarms: Alarms = new Alarms(clock, ({ name }) => {
    rings++;
    // When the ring has committed.
    clock.schedule(1, () => alarms.arm(alarmOf(name, clock.now() + 3_600_000, 2)));
  });
  const due = clock.now() - 60_000;
  for (let n = 0; n < 1_000; n++) alarms.arm(alarmOf(`silence ${n}`, due));

  for (let step = 0; step < 100; step++) clock.advance(1);
  assert.ok(rings >= 100 && rings <= 150, `${rings} rings in 100 ms`);
  alarms.arm(alarmOf("another", due));
  for (let step = 0; step < 100; step++) clock.advance(10);
  assert.equal(rings, 1_001);
});
