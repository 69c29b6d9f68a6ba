import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "./sim_clock.ts";
import { SimRandom } from "./sim_random.ts";

test("advance() rings alarms in order of due time, then of arming", () => {
  const clock = new SimClock(1_000);
  const rung: string[] = [];
  const note = (name: string) => (): void => void rung.push(`${name}@${clock.now()}`);

  clock.schedule(20, note("c"));
  clock.schedule(10, note("a"));
  clock.schedule(10, note("b"));
  clock.schedule(30, note("d"));
  clock.advance(20);

  assert.deepEqual(rung, ["a@1010", "b@1010", "c@1020"]);
  assert.equal(clock.pending, 1);
});

test("advance() rings an alarm that re-arms itself once per period", () => {
  const clock = new SimClock(0);
  const rung: number[] = [];
  const again = (): void => {
    rung.push(clock.monotonic());
    clock.schedule(10, again);
  };

  clock.schedule(10, again);
  clock.advance(35);

  assert.deepEqual(rung, [10, 20, 30]);
  assert.equal(clock.monotonic(), 35);
  assert.equal(clock.nextInMs, 5);
});

test("a cancelled alarm does not ring, and cancelling again or late changes nothing", () => {
  const clock = new SimClock();
  let rung = 0;

  const cancel = clock.schedule(5, () => void rung++);
  const late = clock.schedule(6, () => void rung++);
  cancel();
  cancel();
  clock.advance(10);
  late();

  assert.equal(rung, 1);
  assert.equal(clock.pending, 0);
});

test("jumpWall() moves the wall clock only", () => {
  const clock = new SimClock(1_000);
  let rungAt = 0;
  clock.schedule(10, () => void (rungAt = clock.monotonic()));

  clock.jumpWall(-500);
  clock.advanceTo(510);

  assert.equal(rungAt, 10);
  assert.equal(clock.now(), 510);
});

test("alarms armed and cancelled at random ring in order of due time", () => {
  const random = new SimRandom(7);
  const clock = new SimClock(0);
  const expected: number[] = [];
  const rung: number[] = [];

  for (let index = 0; index < 2_000; index++) {
    const delay = random.integer(500);
    const cancel = clock.schedule(delay, () => void rung.push(clock.monotonic()));
    if (random.chance(0.3)) cancel();
    else expected.push(delay);
  }
  while (clock.ringNext());

  assert.deepEqual(rung, expected.sort((one, other) => one - other));
});

test("the same seed gives the same chance, another seed another", () => {
  const draw = (seed: number): number[] => {
    const random = new SimRandom(seed);
    return Array.from({ length: 5 }, () => random.fraction());
  };

  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  assert.match(new SimRandom(3).uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
});

test("SimRandom.fraction() is even over [0, 1)", () => {
  const random = new SimRandom(42);
  const bins = new Array<number>(10).fill(0);

  for (let index = 0; index < 100_000; index++) {
    const bin = Math.floor(random.fraction() * 10);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }

  for (const count of bins) assert.ok(Math.abs(count - 10_000) < 500, `bin of ${count}`);
});
