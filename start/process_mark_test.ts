import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { endProcess, isRunning, markOf, ownMark, type StopStep } from "./process_mark.ts";

const atOnce: readonly StopStep[] = [{ signal: "SIGKILL", waitMs: 5_000 }];

async function withSleeper(
  use: (child: ChildProcess, pid: number) => Promise<void>,
): Promise<void> {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  const ended = once(child, "exit");
  assert.ok(child.pid !== undefined);
  await use(child, child.pid);
  child.kill("SIGKILL");
  await ended;
}

test("markOf() tells a running process from one that has ended", async () => {
  let pid = 0;
  await withSleeper(async (_, sleeper) => {
    pid = sleeper;
    const mark = markOf(sleeper);
    assert.ok(mark !== undefined && isRunning(mark));
    await Promise.resolve();
  });
  assert.equal(markOf(pid), undefined);
});

test("ownMark() stays the same while we run", () => {
  assert.deepEqual(ownMark(), ownMark());
  assert.equal(ownMark().pid, process.pid);
});

test("endProcess() ends the marked process", async () => {
  await withSleeper(async (_, pid) => {
    const mark = markOf(pid);
    assert.ok(mark !== undefined);

    assert.equal(await endProcess(mark, atOnce), true);
    assert.equal(isRunning(mark), false);
  });
});

test("endProcess() leaves a later process with the same number alone", async () => {
  await withSleeper(async (child, pid) => {
    assert.equal(await endProcess({ pid, startedAt: "an earlier time" }, atOnce), true);
    assert.equal(child.exitCode, null);
    assert.ok(markOf(pid) !== undefined);
  });
});

test("endProcess() goes on to the next step when a signal does not help", {
  skip: process.platform === "win32" && "needs signals",
}, async () => {
  const child = spawn("/bin/sh", ["-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  const mark = markOf(child.pid ?? 0);
  assert.ok(mark !== undefined);

  const isEnded = await endProcess(mark, [{ signal: "SIGTERM", waitMs: 50 }, ...atOnce]);

  assert.equal(isEnded, true);
});
