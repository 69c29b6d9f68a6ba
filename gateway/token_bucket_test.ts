import assert from "node:assert/strict";
import { test } from "node:test";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { TokenBucket } from "./token_bucket.ts";

function takes(
  bucket: TokenBucket,
  limits: Parameters<TokenBucket["take"]>[0],
  clock: SimClock,
  count: number,
): number {
  let taken = 0;
  for (let attempt = 0; attempt < count; attempt++) if (bucket.take(limits, clock)) taken++;
  return taken;
}

test("take() gives the burst, then what time has brought", () => {
  const clock = new SimClock();
  const limits = { burst: 5, perSecond: 10, debtMax: 0 };
  const bucket = new TokenBucket(limits, clock);

  const first = takes(bucket, limits, clock, 8);
  clock.advance(300);
  const second = takes(bucket, limits, clock, 8);
  clock.advance(60_000);
  const third = takes(bucket, limits, clock, 8);

  assert.deepEqual([first, second, third], [5, 3, 5]);
});

test("a debt without bound is paid in full", () => {
  const clock = new SimClock();
  const limits = { burst: 5, perSecond: 10 };
  const bucket = new TokenBucket(limits, clock);
  takes(bucket, limits, clock, 25);

  clock.advance(2_000);
  const early = bucket.hasToken(limits, clock);
  clock.advance(100);

  assert.deepEqual([early, bucket.hasToken(limits, clock)], [false, true]);
});

test("a bounded debt is paid in a bounded time", () => {
  const clock = new SimClock();
  const limits = { burst: 5, perSecond: 10, debtMax: 0 };
  const bucket = new TokenBucket(limits, clock);
  takes(bucket, limits, clock, 1_000);

  clock.advance(100);

  assert.equal(bucket.hasToken(limits, clock), true);
});

test("giveBack() undoes take()", () => {
  const clock = new SimClock();
  const limits = { burst: 1, perSecond: 1 };
  const bucket = new TokenBucket(limits, clock);

  bucket.take(limits, clock);
  bucket.giveBack();

  assert.equal(bucket.hasToken(limits, clock), true);
});
