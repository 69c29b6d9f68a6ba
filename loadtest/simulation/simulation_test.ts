import assert from "node:assert/strict";
import { test } from "node:test";
import { runSeed } from "./seeded_run.ts";
import { calm } from "./world.ts";

test("on a calm day every session is charged once and to the watt-hour", async () => {
  const figures = await runSeed(1, { stations: 6, carsEach: 3, faults: calm });

  assert.equal(figures.sessions, 18);
});

for (const seed of [2, 3, 4, 5]) {
  test(`seed ${seed}: lost, doubled and late messages, lost commits and kill -9 change nothing`, async () => {
    const faults = {
      dropped: 0.05,
      doubled: 0.05,
      late: 0.1,
      commitLost: 0.05,
      crash: 0.005,
      away: 0.005,
    };

    const figures = await runSeed(seed, { stations: 6, carsEach: 3, faults });

    assert.equal(figures.sessions, 18);
    assert.ok(figures.crashes > 0, "a bad day has a crash");
  });
}
