import assert from "node:assert/strict";
import { test } from "node:test";
import process from "node:process";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { processTree, processUse } from "#loadtest/load/processes.ts";
import { ownNats, testPostgres } from "./testing.ts";
import { runStart, type StartRun } from "./testing_start.ts";
import { waitUntil } from "./waiting.ts";

const role = fileURLToPath(new URL("./role.ts", import.meta.url));

interface Stage {
  readonly run: StartRun;
  /** Waits until the shards are these workers'. */
  until(owners: string): Promise<void>;
}

/** So many of its processes have started, those that died since with them. */
async function ready(run: StartRun, count: number): Promise<void> {
  const isReady = (): boolean => run.output().split('"ready"').length > count;
  assert.ok(await waitUntil(isReady, { timeoutMs: 60_000 }), run.output());
}

async function twoWorkers(use: (stage: Stage) => Promise<void>): Promise<void> {
  const [database, nats] = [await testPostgres(), await ownNats()];
  const sql = postgres(database.url, { max: 1 });
  const environment = {
    ...{ DATABASE_URL: database.url, NATS_URL: nats.url, WORKER_NAME: "w", PROCESSES: "2" },
    ...{ METRICS_PORT: "0", LOG_FORMAT: "json" },
  };
  const run = runStart(environment, ["worker"], role);
  const owners = async (): Promise<string> => {
    const rows = await sql<{ name: string }[]>`
      SELECT DISTINCT split_part(owner, '#', 1) AS name FROM shards ORDER BY 1`;
    return rows.map(({ name }) => name).join(" ");
  };
  const until = async (wanted: string): Promise<void> => {
    const isIt = async (): Promise<boolean> => await owners() === wanted;
    assert.ok(await waitUntil(isIt, { timeoutMs: 60_000 }), `${await owners()}: ${run.output()}`);
  };
  try {
    await until("w-1 w-2");
    await ready(run, 2);
    await use({ run, until });
  } finally {
    for (const pid of processTree(run.pid).slice(1)) endAtOnce(pid);
    run.child.kill("SIGKILL");
    await sql.end({ timeout: 1 });
    await database.close();
    await nats.close();
  }
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

test("PROCESSES=2 runs two workers, starts one again that died, and a signal ends all", async () => {
  await twoWorkers(async ({ run, until }) => {
    const children = processTree(run.pid).filter((pid) => pid !== run.pid);
    assert.equal(children.length, 2);
    process.kill(children[0] ?? 0, "SIGKILL");
    assert.ok(await run.says("it starts again"), run.output());
    await ready(run, 3);
    await until("w-1 w-2");

    process.kill(run.pid, "SIGTERM");
    assert.equal(await run.ended(), 0, run.output());
    await until("");
  });
});

test("kill -9 of the process that started them ends all in order", async () => {
  await twoWorkers(async ({ run, until }) => {
    const children = processTree(run.pid).slice(1);

    process.kill(run.pid, "SIGKILL");

    await until("");
    const areGone = (): boolean => children.every((pid) => processUse(pid) === undefined);
    assert.ok(await waitUntil(areGone, { timeoutMs: 30_000 }), "processes are left");
  });
});
