import assert from "node:assert/strict";
import { test } from "node:test";
import { forSeeds, type Seeded } from "#schemas/seeded_testing.ts";
import {
  book,
  type Booked,
  type EnergyPoint,
  QUARTER_MS,
  type QuarterShare,
  takenBack,
} from "./energy_booking.ts";

const noon = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;

function point(minutes: number, wh: number | null, powerW: number | null = null): EnergyPoint {
  const at = noon + minutes * minute;
  return { at, arrivedAt: at, wh, powerW };
}

const running = { startedAt: noon, end: null };

function quarters(shares: readonly QuarterShare[]): readonly (readonly number[])[] {
  return shares.map(({ quarter, wh, seconds }) => [(quarter - noon) / QUARTER_MS, wh, seconds])
    .toSorted(([one = 0], [other = 0]) => one - other);
}

test("book() spreads a reading over the quarters since the last one", () => {
  const { booked, shares } = book(null, running, [point(10, 100), point(40, 400)]);

  assert.deepEqual(quarters(shares), [[0, 150, 900], [1, 150, 900], [2, 100, 600]]);
  assert.deepEqual(booked, { from: noon, to: noon + 40 * minute, wh: 400, isFinal: false });
});

test("book() adds nothing for a reading that it knows, or an older one", () => {
  const { booked } = book(null, running, [point(10, 100), point(20, 200)]);

  assert.deepEqual(book(booked, running, [point(10, 100), point(20, 200)]).shares, []);
});

test("book() counts a session once, where it began, also when that turns out to be earlier", () => {
  const first = book(null, running, [point(10, 100)]);
  const earlier = book(first.booked, { startedAt: noon - 30 * minute, end: null }, []);

  assert.equal(first.shares.reduce((sum, { starts }) => sum + starts, 0), 1);
  assert.deepEqual(
    earlier.shares.filter(({ starts }) => starts !== 0).map(({ quarter, starts }) => [
      (quarter - noon) / QUARTER_MS,
      starts,
    ]),
    [[0, -1], [-2, 1]],
  );
  assert.equal(earlier.shares.reduce((sum, { seconds }) => sum + seconds, 0), 1_800);
});

test("book() takes a reading from the future for one of now, and one from 1970 for the start", () => {
  const ahead = { ...point(10, 100), at: Date.UTC(2099, 0, 1) };
  const behind = { ...point(12, 120), at: 0 };

  const { booked, shares } = book(null, running, [ahead, behind]);

  assert.deepEqual(quarters(shares), [[0, 120, 600]]);
  assert.equal(booked.to, noon + 10 * minute);
});

test("book() books an endless silence in its last month", () => {
  const days = 400 * 24 * 60;
  const { shares } = book(null, running, [point(days, 10_000)]);

  assert.equal(shares.reduce((sum, { wh }) => sum + wh, 0), 10_000);
  assert.ok(shares.length <= 31 * 96 + 2, `${shares.length} quarters`);
});

test("book() keeps the largest power of a quarter", () => {
  const { shares } = book(null, running, [point(5, 1, 7_000), point(10, 2, 11_000), point(14, 3)]);

  assert.deepEqual(shares.map(({ maxPowerW }) => maxPowerW), [11_000]);
});

test("an end that says less takes it from the newest quarters, and ends earlier", () => {
  const { booked } = book(null, running, [point(30, 300)]);
  const end = { at: noon + 20 * minute, wh: 120 };

  const closed = book(booked, { startedAt: noon, end }, []);
  const held = [{ quarter: noon, wh: 150 }, { quarter: noon + QUARTER_MS, wh: 150 }];

  assert.equal(closed.tooMuchWh, 180);
  assert.deepEqual(quarters(closed.shares), [[1, 0, -600]]);
  assert.deepEqual(quarters(takenBack(held, 180, end.at)), [[0, -30, 0], [1, -150, 0]]);
  assert.deepEqual(quarters(takenBack([], 180, end.at)), [[1, -180, 0]]);
});

test("after the end only another end changes anything", () => {
  const end = { at: noon + 20 * minute, wh: 200 };
  const closed = book(null, { startedAt: noon, end }, [point(10, 100)]);

  assert.deepEqual(book(closed.booked, running, [point(30, 500)]).shares, []);
  const again = book(closed.booked, { startedAt: noon, end: { ...end, wh: 230 } }, []);
  assert.deepEqual(quarters(again.shares), [[1, 30, 0]]);
});

/** What a store would hold after bookings in any pieces. */
class Held {
  booked: Booked | null = null;
  readonly quarters = new Map<number, { wh: number; seconds: number; starts: number }>();

  take(startedAt: number, end: { at: number; wh: number } | null, points: EnergyPoint[]): void {
    const { booked, shares, tooMuchWh } = book(this.booked, { startedAt, end }, points);
    this.booked = booked;
    this.#add(shares);
    const held = Array.from(this.quarters, ([quarter, { wh }]) => ({ quarter, wh }));
    if (tooMuchWh > 0) this.#add(takenBack(held, tooMuchWh, booked.to));
  }

  sum(column: "wh" | "seconds" | "starts"): number {
    return [...this.quarters.values()].reduce((sum, quarter) => sum + quarter[column], 0);
  }

  #add(shares: readonly QuarterShare[]): void {
    for (const { quarter, wh, seconds, starts } of shares) {
      const known = this.quarters.get(quarter) ?? { wh: 0, seconds: 0, starts: 0 };
      this.quarters.set(quarter, {
        wh: known.wh + wh,
        seconds: known.seconds + seconds,
        starts: known.starts + starts,
      });
    }
  }
}

function randomPoint(random: Seeded): EnergyPoint {
  const minutes = random.whole(-60, 600);
  const wh = random.happens(0.8) ? random.whole(0, 60_000) : null;
  return { ...point(minutes, wh), arrivedAt: noon + random.whole(0, 700) * minute };
}

test("the quarters of a session add up to its energy and time, whatever comes when", () => {
  forSeeds(500, (random) => {
    const held = new Held();
    let startedAt = noon;
    for (let pass = random.whole(0, 6); pass > 0; pass--) {
      if (random.happens(0.2)) startedAt = noon - random.whole(0, 90) * minute;
      const points = Array.from({ length: random.whole(0, 5) }, () => randomPoint(random));
      held.take(startedAt, null, random.happens(0.3) ? [...points, ...points] : points);
    }
    for (let end = random.whole(1, 3); end > 0; end--) {
      const at = startedAt + random.whole(0, 40_000) * 1_000;
      const wh = random.whole(0, 70_000);
      held.take(startedAt, { at, wh }, [randomPoint(random)]);

      assert.equal(held.sum("wh"), wh);
      assert.equal(held.sum("seconds"), (at - startedAt) / 1_000);
      assert.equal(held.sum("starts"), 1);
      for (const { wh: inQuarter } of held.quarters.values()) assert.ok(inQuarter >= 0);
    }
  });
});
