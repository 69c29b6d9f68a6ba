import assert from "node:assert/strict";
import { test } from "node:test";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { badFrame, frameKinds } from "./malformed_frames.ts";

test("every kind of bad frame comes, and the same seed gives the same kinds and sizes", () => {
  const sizes = (): readonly string[] => {
    const random = new SimRandom(3);
    return Array.from({ length: 2_000 }, () => {
      const frame = badFrame(random);
      return `${frame.kind} ${frame.bytes.length}`;
    });
  };
  const first = sizes();
  assert.deepEqual(first, sizes());
  const seen = new Set(first.map((line) => line.split(" ")[0]));
  assert.deepEqual([...seen].sort(), [...frameKinds].sort());
});
