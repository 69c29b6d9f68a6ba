import assert from "node:assert/strict";
import { test } from "node:test";
import process from "node:process";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { processTree } from "#loadtest/load/processes.ts";
import { ownNats, testPostgres } from "./testing.ts";
import { runStart } from "./testing_start.ts";
import { waitUntil } from "./waiting.ts";

const role = fileURLToPath(new URL("./role.ts", import.meta.url));

test("PROCESSES=2 runs two workers, starts one again that died, and a signal ends all", async () => {
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
    const children = processTree(run.pid).filter((pid) => pid !== run.pid);
    assert.equal(children.length, 2);
    process.kill(children[0] ?? 0, "SIGKILL");
    assert.ok(await run.says("it starts again"), run.output());
    const isBack = (): boolean => run.output().split('"ready"').length === 4;
    assert.ok(await waitUntil(isBack, { timeoutMs: 60_000 }), run.output());
    await until("w-1 w-2");

    process.kill(run.pid, "SIGTERM");
    assert.equal(await run.ended(), 0, run.output());
    assert.equal(await owners(), "", "all shards were given back");
  } finally {
    for (const pid of processTree(run.pid).slice(1)) process.kill(pid, "SIGKILL");
    run.child.kill("SIGKILL");
    await sql.end({ timeout: 1 });
    await database.close();
    await nats.close();
  }
});
