import assert from "node:assert/strict";
import { test } from "node:test";
import { HintedLoop } from "./hinted_loop.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { silentTelemetry } from "./telemetry.ts";

interface World {
  readonly clock: SimClock;
  readonly loop: HintedLoop;
  /** Shards of each pass, and when it ran. */
  readonly passes: { at: number; shards: readonly number[]; doneAt: number | undefined }[];
  found: number[];
  others: number[];
  unfinished: number[];
  fails: boolean;
}

function makeWorld(): World {
  const clock = new SimClock(0);
  const passes: World["passes"] = [];
  const loop = new HintedLoop({
    name: "test",
    clock,
    telemetry: silentTelemetry(clock),
    gatherMs: 10,
    look: () => Promise.resolve(world.found.splice(0)),
    isOurs: (shard) => !world.others.includes(shard),
    pass: (shards, doneAt) => {
      passes.push({ at: clock.monotonic(), shards, doneAt });
      if (world.fails) return Promise.reject(new Error("away"));
      return Promise.resolve(world.unfinished.splice(0));
    },
  });
  const world: World = {
    ...{ clock, loop, passes, found: [], others: [], unfinished: [], fails: false },
  };
  return world;
}

/** Time passes in small steps, so that what is awaited gets its turn. */
async function pass(clock: SimClock, ms: number): Promise<void> {
  for (let step = 0; step < ms; step += 5) {
    clock.advance(5);
    // deno-lint-ignore no-await-in-loop -- lets promises settle between the steps.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

function shardsOf(world: World): readonly (readonly number[])[] {
  return world.passes.map(({ shards }) => shards);
}

test("hints of the gathering time share a pass, in shard order", async () => {
  const world = makeWorld();
  await pass(world.clock, 100);

  world.loop.hint([7, 3]);
  world.loop.hint([3, 1]);
  await pass(world.clock, 100);

  assert.deepEqual(shardsOf(world), [[1, 3, 7]]);
  assert.equal(world.passes[0]?.at, 110);
});

test("news without a hint is found by looking, at the start and once a second", async () => {
  const world = makeWorld();
  world.found = [2];
  await pass(world.clock, 100);
  world.found = [4];
  await pass(world.clock, 2_000);

  assert.deepEqual(shardsOf(world), [[2], [4]]);
  assert.equal(world.passes[1]?.at, 1_000);
});

test("unfinished shards go on at once, and only a look that finished tells what is done", async () => {
  const world = makeWorld();
  world.found = [1, 2];
  world.unfinished = [2];
  await pass(world.clock, 100);
  world.loop.hint([5]);
  await pass(world.clock, 1_200);
  world.loop.hint([6]);
  await pass(world.clock, 100);

  assert.deepEqual(shardsOf(world), [[1, 2], [2], [5], [6]]);
  assert.deepEqual(world.passes.map(({ doneAt }) => doneAt), [
    undefined,
    undefined,
    undefined,
    1_000,
  ]);
});

test("what another has left undone is not taken for done when it becomes ours", async () => {
  const world = makeWorld();
  world.others = [2, 3];
  await pass(world.clock, 3_100);
  // Its worker cannot go on with it, for days.
  for (let second = 0; second < 5; second++) {
    world.found = [2];
    // deno-lint-ignore no-await-in-loop -- one look after the other.
    await pass(world.clock, 1_000);
  }
  assert.deepEqual(world.passes, []);

  world.others = [];
  world.unfinished = [2];
  world.loop.hint([2, 3]);
  await pass(world.clock, 100);
  world.found = [];
  await pass(world.clock, 1_000);
  world.loop.hint([2]);
  await pass(world.clock, 100);

  assert.deepEqual(world.passes.map(({ shards, doneAt }) => ({ shards, doneAt })), [
    { shards: [2, 3], doneAt: 3_000 },
    { shards: [2], doneAt: 3_000 },
    { shards: [2], doneAt: 9_000 },
  ]);
});

test("who has not looked knows nothing new of what is done", async () => {
  const clock = new SimClock(0);
  let isLeading = true;
  const doneAts: (number | undefined)[] = [];
  const loop = new HintedLoop({
    ...{ name: "test", clock, telemetry: silentTelemetry(clock), gatherMs: 10 },
    look: () => Promise.resolve(isLeading ? [] : undefined),
    isOurs: () => isLeading,
    pass: (_shards, doneAt) => {
      doneAts.push(doneAt);
      return Promise.resolve([]);
    },
  });
  await pass(clock, 2_100);
  isLeading = false;
  await pass(clock, 60_000);
  isLeading = true;
  loop.hint([1]);
  await pass(clock, 20);

  assert.deepEqual(doneAts, [2_000]);
});

test("a failing pass is repeated with growing waits, and loses no hint", async () => {
  const world = makeWorld();
  await pass(world.clock, 50);
  world.fails = true;
  world.loop.hint([1]);
  await pass(world.clock, 350);
  world.loop.hint([2]);
  await pass(world.clock, 60_000);
  const waits = world.passes.map(({ at }, index) => at - (world.passes[index - 1]?.at ?? at));
  world.fails = false;
  const failed = world.passes.length;
  await pass(world.clock, 6_000);

  assert.deepEqual(waits.slice(1, 8), [100, 200, 400, 800, 1_600, 3_200, 5_000]);
  assert.ok(failed < 25, `${failed} passes while it failed`);
  assert.deepEqual(shardsOf(world).at(-1), [1, 2]);
  assert.equal(world.passes.length, failed + 1);
});

test("stop() ends it", async () => {
  const world = makeWorld();
  world.loop.hint([1]);
  await world.loop.stop();
  world.loop.hint([2]);
  await pass(world.clock, 5_000);

  assert.deepEqual(world.passes, []);
  assert.equal(world.clock.pending, 0);
});
