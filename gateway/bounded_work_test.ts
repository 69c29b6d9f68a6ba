import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { BoundedWork } from "./bounded_work.ts";
import { turns } from "./testing.ts";

test("run() does a few at a time, in order, and refuses what finds the queue full", async () => {
  const work = new BoundedWork("do it", { atOnceMax: 2, waitingMax: 2 });
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const task = (name: number): Promise<number> =>
    work.run(() => {
      started.push(name);
      return new Promise<number>((resolve) => finish.push(() => resolve(name)));
    });

  const tasks = [1, 2, 3, 4].map(task);
  await assert.rejects(
    task(5),
    (thrown: unknown) => thrown instanceof PlatformError && thrown.kind === "overloaded",
  );
  await turns();
  const atFirst = [...started];
  finish[1]?.();
  await turns();
  const then = [...started];
  finish[0]?.();
  await turns();
  for (const end of finish) end();

  assert.deepEqual([atFirst, then], [[1, 2], [1, 2, 3]]);
  assert.deepEqual(await Promise.all(tasks), [1, 2, 3, 4]);
});

test("run() passes failures on and goes on", async () => {
  const work = new BoundedWork("do it", { atOnceMax: 1, waitingMax: 1 });

  const failing = work.run(() => Promise.reject(new Error("no")));
  const next = work.run(() => Promise.resolve("yes"));

  await assert.rejects(failing, /no/);
  assert.equal(await next, "yes");
  assert.equal(work.waiting, 0);
});
