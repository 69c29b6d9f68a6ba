import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./system_clock.ts";
import { systemRandom } from "./system_random.ts";

const clock = systemClock();

test("schedule() rings not before its delay is over", async () => {
  const startedAt = clock.monotonic();
  // Work in the same turn makes the runtime's own idea of now an old one.
  while (clock.monotonic() - startedAt < 5);
  const armedAt = clock.monotonic();
  await new Promise<void>((resolve) => void clock.schedule(15, resolve));
  assert.ok(clock.monotonic() - armedAt >= 15);
});

test("an alarm beyond 2^31 ms does not ring at once, and a cancelled one never", async () => {
  let rung = 0;
  const cancelLong = clock.schedule(2 ** 33, () => void rung++);
  const cancelShort = clock.schedule(5, () => void rung++);
  cancelShort();

  await new Promise<void>((resolve) => void clock.schedule(20, resolve));

  cancelLong();
  cancelLong();
  assert.equal(rung, 0);
});

test("systemRandom() gives fractions and UUIDs of version 4", () => {
  const random = systemRandom();
  const fraction = random.fraction();

  assert.ok(fraction >= 0 && fraction < 1);
  assert.match(
    random.uuid(),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});
