import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { isHealthy } from "./nats_server.ts";
import { isRunning, markOf } from "./process_mark.ts";
import { query, ready, recorded, serversOf, withPlace } from "./testing_start.ts";

/** A process that has nothing to do with us. */
function bystander(): ChildProcess {
  return spawn("sleep", ["600"], { stdio: "ignore" });
}

test("after kill -9 of the main process the next start ends its orphans and goes on", async () => {
  await withPlace(async (place) => {
    const first = place.run();
    await ready(first);
    const orphans = serversOf(place.folder);
    await query(place, "CREATE TABLE kept AS SELECT 42 AS answer");
    process.kill(first.pid, "SIGKILL");
    await first.ended();

    const second = place.run();
    await ready(second);

    assert.ok(orphans.length > 2);
    assert.deepEqual(orphans.filter(isRunning), []);
    assert.deepEqual(await query(place, "SELECT answer FROM kept"), [42]);
  });
});

test("after kill -9 of the main process and the postmaster the next start goes on", async () => {
  await withPlace(async (place) => {
    const first = place.run();
    await ready(first);
    const postmaster = recorded(place.folder, "Postgres");
    process.kill(first.pid, "SIGKILL");
    process.kill(postmaster.pid, "SIGKILL");
    await first.ended();

    await ready(place.run());

    assert.deepEqual(await query(place, "SELECT 1"), [1]);
  });
});

test("after kill -9 of every process the next start goes on", async () => {
  await withPlace(async (place) => {
    const first = place.run();
    await ready(first);
    for (const mark of serversOf(place.folder)) process.kill(mark.pid, "SIGKILL");
    process.kill(first.pid, "SIGKILL");
    await first.ended();

    await ready(place.run());

    assert.deepEqual(await query(place, "SELECT 1"), [1]);
  });
});

test("orphans are found even when the record of them was never written", {
  skip: process.platform !== "linux" && "needs /proc",
}, async () => {
  await withPlace(async (place) => {
    const first = place.run();
    await ready(first);
    const orphans = serversOf(place.folder);
    process.kill(first.pid, "SIGKILL");
    await first.ended();
    rmSync(join(place.folder, "processes.json"));

    await ready(place.run());

    assert.deepEqual(orphans.filter(isRunning), []);
  });
});

test("orphans are found even when the data folder was deleted under them", {
  skip: process.platform !== "linux" && "needs /proc",
}, async () => {
  await withPlace(async (place) => {
    const first = place.run();
    await ready(first);
    const orphans = serversOf(place.folder);
    process.kill(first.pid, "SIGKILL");
    await first.ended();
    rmSync(place.folder, { recursive: true });

    await ready(place.run());

    assert.deepEqual(orphans.filter(isRunning), []);
  });
});

test("a server that is killed while the platform runs is brought back", async () => {
  await withPlace(async (place) => {
    const run = place.run();
    await ready(run);

    process.kill(recorded(place.folder, "NATS").pid, "SIGKILL");
    process.kill(recorded(place.folder, "Postgres").pid, "SIGKILL");

    assert.ok(await run.says("NATS is back"), run.output());
    assert.ok(await run.says("Postgres is back"), run.output());
    assert.equal(await isHealthy(Number(place.environment["NATS_MONITOR_PORT"])), true);
    assert.deepEqual(await query(place, "SELECT 1"), [1]);
  });
});

test("a process that was given the number of an orphan is left alone", async () => {
  await withPlace(async (place) => {
    const first = place.run();
    await ready(first);
    assert.equal(await first.stop(), 0);
    const other = bystander();
    const stale = { pid: other.pid, startedAt: "long ago" };
    writeFileSync(
      join(place.folder, "processes.json"),
      JSON.stringify({ Postgres: stale, NATS: stale }),
    );
    writeFileSync(join(place.folder, "lock.json"), JSON.stringify(stale));
    writeFileSync(
      join(place.folder, "postgres", "postmaster.pid"),
      `${other.pid}\n/proc/self/cwd\n1\n1\n\n127.0.0.1\n1 1\nready\n`,
    );
    chmodSync(join(place.folder, "postgres", "postmaster.pid"), 0o644);

    await ready(place.run());

    assert.ok(markOf(other.pid ?? 0) !== undefined);
    other.kill("SIGKILL");
    await once(other, "exit");
  });
});
