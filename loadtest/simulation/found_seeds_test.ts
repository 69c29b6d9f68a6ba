/** Seeds that once failed. What they showed has a test of its own where it was wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { breachOf } from "./seeded_run.ts";

interface FoundSeed {
  readonly seed: number;
  readonly steps: number;
  readonly showed: string;
}

const found: readonly FoundSeed[] = [
  { seed: 158, steps: 4_000, showed: "a command asked for again after six others was sent twice" },
  { seed: 234, steps: 4_000, showed: "an alarm rang that an uncommitted step had armed anew" },
  { seed: 1_050, steps: 10_000, showed: "a refused old socket put a station online without link" },
  { seed: 2_256, steps: 10_000, showed: "alarms slept on after the wall clock was set right" },
  { seed: 10_242, steps: 10_000, showed: "two looks at once took the same shards over each other" },
  { seed: 10_258, steps: 10_000, showed: "a loss told twice lost the socket announced since" },
  { seed: 30_257, steps: 9_976, showed: "a shard was taken beside what its former life committed" },
  { seed: 30_424, steps: 9_038, showed: "queued remote starts outgrew the snapshot when sent" },
  { seed: 40_550, steps: 6_089, showed: "a full list of commands did, too" },
  { seed: 40_800, steps: 4_856, showed: "a lost order to close left a station shown as gone" },
  { seed: 41_462, steps: 8_357, showed: "a lost order to close left a station shown as gone" },
];

for (const { seed, steps, showed } of found) {
  test(`seed ${seed}: ${showed}`, async () => {
    const breach = await breachOf({ seed, steps });

    assert.equal(breach, undefined, `${breach?.message}`);
  });
}
