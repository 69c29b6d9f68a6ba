import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import postgres from "postgres";
import { isHealthy } from "./nats_server.ts";
import { isRunning, markOf, processesIn, type ProcessMark } from "./process_mark.ts";
import { isRoot } from "./system_user.ts";
import {
  runStart,
  type StartEnvironment,
  startEnvironment,
  type StartRun,
} from "./testing_start.ts";
import { waitUntil } from "./waiting.ts";

interface Place {
  readonly folder: string;
  readonly environment: StartEnvironment;
  run(args?: readonly string[]): StartRun;
}

/**
 * A data folder of its own; whatever is still running on it afterwards is ended and is a failure.
 */
async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), "statewatt-start-"));
  const folder = join(parent, "data");
  const environment = await startEnvironment(folder);
  const runs: StartRun[] = [];
  const run = (args: readonly string[] = []): StartRun => {
    const started = runStart(environment, args);
    runs.push(started);
    return started;
  };
  try {
    await use({ folder, environment, run });
    await Promise.all(runs.map((started) => started.stop()));
    assert.deepEqual(serversOf(folder), [], "servers are left running");
  } finally {
    for (const started of runs) started.child.kill("SIGKILL");
    for (const mark of serversOf(folder)) process.kill(mark.pid, "SIGKILL");
    rmSync(parent, { recursive: true, force: true });
  }
}

function serversOf(folder: string): readonly ProcessMark[] {
  return [
    ...processesIn(join(folder, "postgres"), "postgres"),
    ...processesIn(join(folder, "nats"), "nats-server"),
  ];
}

function recorded(folder: string, name: string): ProcessMark {
  const marks: Record<string, ProcessMark> = JSON.parse(
    readFileSync(join(folder, "processes.json"), "utf8"),
  );
  const mark = marks[name];
  assert.ok(mark !== undefined, `${name} is not in processes.json`);
  return mark;
}

async function ready(run: StartRun): Promise<void> {
  assert.ok(await run.says("s  ready\n"), run.output());
  assert.ok(await run.says("operator key"), run.output());
}

async function query(place: Place, statement: string): Promise<readonly unknown[]> {
  const password = readFileSync(join(place.folder, "postgres.password"), "utf8").trim();
  const port = place.environment["POSTGRES_PORT"];
  const sql = postgres(`postgres://statewatt:${password}@127.0.0.1:${port}/statewatt`, {
    max: 1,
    onnotice: () => {},
  });
  try {
    return (await sql.unsafe(statement)).map((row) => Object.values(row)[0]);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** A process that has nothing to do with us. */
function bystander(): ChildProcess {
  return spawn("sleep", ["600"], { stdio: "ignore" });
}

test("a second start finds the data of the first, and a stop leaves nothing running", async () => {
  await withPlace(async (place) => {
    const first = place.run();
    await ready(first);
    await query(place, "CREATE TABLE kept AS SELECT 42 AS answer");
    const key = readFileSync(join(place.folder, "operator.key"), "utf8");
    assert.equal(await first.stop(), 0);
    assert.deepEqual(serversOf(place.folder), []);

    const second = place.run();
    await ready(second);

    assert.deepEqual(await query(place, "SELECT answer FROM kept"), [42]);
    assert.equal(readFileSync(join(place.folder, "operator.key"), "utf8"), key);
    assert.match(first.output(), /applied [1-9]\d* migrations/);
    assert.match(second.output(), /applied 0 migrations/);
  });
});

test("the servers keep durability on and let nobody in without a password", async () => {
  await withPlace(async (place) => {
    await ready(place.run());

    const durable = await query(
      place,
      "SELECT string_agg(setting, ' ') FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')",
    );
    const superuser = await query(
      place,
      "SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
    );
    const port = place.environment["POSTGRES_PORT"];
    const intruder = postgres(`postgres://postgres@127.0.0.1:${port}/postgres`, { max: 1 });

    assert.deepEqual(durable, ["on on"]);
    assert.deepEqual(superuser, [false]);
    await assert.rejects(intruder`SELECT 1`);
    await intruder.end({ timeout: 1 });
  });
});

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

test("a signal that comes twice at the same moment stops in order all the same", async () => {
  await withPlace(async (place) => {
    const run = place.run();
    await ready(run);

    process.kill(run.pid, "SIGINT");
    process.kill(run.pid, "SIGINT");

    assert.equal(await run.ended(), 0);
    assert.deepEqual(serversOf(place.folder), []);
  });
});

test("a bug that nobody catches stops in order with exit code 1", async () => {
  await withPlace(async (place) => {
    const run = place.run();
    await ready(run);

    await fetch(`http://127.0.0.1:${place.environment["HTTP_PORT"]}/bug`);

    assert.equal(await run.ended(), 1);
    assert.match(run.output(), /Error: a bug/);
    assert.deepEqual(serversOf(place.folder), []);
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

test("a second start on the same folder is refused and the first stays unharmed", async () => {
  await withPlace(async (place) => {
    const first = place.run();
    await ready(first);
    const before = serversOf(place.folder);

    const second = place.run();

    assert.equal(await second.ended(), 1);
    assert.match(
      second.output(),
      /^Statewatt runs on .* already \(process \d+\): stop that one first, or choose another DATA_DIR\.$/m,
    );
    assert.deepEqual(before.filter((mark) => !isRunning(mark)), []);
    assert.deepEqual(await query(place, "SELECT 1"), [1]);
  });
});

test("of two starts at the same moment one runs", async () => {
  await withPlace(async (place) => {
    const runs = [place.run(), place.run(), place.run()];
    const outcomes = runs.map((run) => run.says("s  ready\n"));

    const winners = (await Promise.all(outcomes)).filter((isReady) => isReady);

    assert.equal(winners.length, 1, runs.map((run) => run.output()).join("\n---\n"));
  });
});

for (
  const [variable, use] of [
    ["OCPP_PORT", "OCPP"],
    ["HTTP_PORT", "HTTP"],
    ["NATS_PORT", "NATS"],
    ["NATS_MONITOR_PORT", "NATS monitoring"],
    ["POSTGRES_PORT", "Postgres"],
  ] as const
) {
  test(`a taken ${variable} stops the start with a sentence`, async () => {
    await withPlace(async (place) => {
      const port = place.environment[variable];
      const server = createServer().listen(Number(port), "127.0.0.1");
      await once(server, "listening");

      const run = place.run();

      assert.equal(await run.ended(), 1);
      assert.equal(
        run.output().trim(),
        `Port ${port} (${use}) is in use: stop what listens there, or set ${variable} to another.`,
      );
      server.close();
    });
  });
}

const damages: readonly (readonly [string, (cluster: string) => void, RegExp])[] = [
  [
    "without its version",
    (cluster) => rmSync(join(cluster, "PG_VERSION")),
    /^The data folder .* is damaged .*restore it from a backup, or move it away to start empty\.$/m,
  ],
  [
    "of another major version",
    (cluster) => writeFileSync(join(cluster, "PG_VERSION"), "14\n"),
    /^The data folder .* was made by Postgres 14, this is Postgres 18: .*$/m,
  ],
  [
    "with a broken control file",
    (cluster) => writeFileSync(join(cluster, "global", "pg_control"), "broken"),
    /^Postgres does not start on .* \(".*pg_control.*"\): .*restore it from a backup.*$/m,
  ],
];

for (const [what, damage, sentence] of damages) {
  test(`a data folder ${what} stops the start with a sentence`, async () => {
    await withPlace(async (place) => {
      const first = place.run();
      await ready(first);
      assert.equal(await first.stop(), 0);
      damage(join(place.folder, "postgres"));

      const second = place.run();

      assert.equal(await second.ended(), 1);
      assert.match(second.output(), sentence);
    });
  });
}

test("a data folder that cannot be written stops the start with a sentence", async () => {
  const environment = await startEnvironment("/dev/null/data");

  const run = runStart(environment);

  assert.equal(await run.ended(), 1);
  assert.match(
    run.output(),
    /^The data folder \/dev\/null\/data cannot be written \(ENOTDIR\): .*$/m,
  );
});

test("no nats-server where NATS_SERVER_BIN points stops the start with a sentence", async () => {
  await withPlace(async (place) => {
    const run = runStart({ ...place.environment, NATS_SERVER_BIN: "/nowhere/nats-server" });

    assert.equal(await run.ended(), 1);
    assert.match(run.output(), /^NATS_SERVER_BIN names no program: "\/nowhere\/nats-server"\.$/m);
  });
});

test("a bad value stops the start with a sentence, a bad option with exit code 2", async () => {
  await withPlace(async (place) => {
    const badValue = runStart({ ...place.environment, OCPP_PORT: "many" });
    const badOption = place.run(["--", "--fast"]);

    assert.equal(await badValue.ended(), 1);
    assert.match(
      badValue.output(),
      /^OCPP_PORT must be a whole number from 1 to 65535, not "many"\.\n$/,
    );
    assert.equal(await badOption.ended(), 2);
    assert.match(badOption.output(), /^Unknown option --fast: there is only --demo\.\n$/);
  });
});

test("a stop in the middle of the start leaves nothing running", async () => {
  await withPlace(async (place) => {
    const run = place.run();
    await run.says("starting Postgres");

    assert.equal(await run.stop(), 0);
    assert.match(run.output(), /stopped\n$/);
  });
});

test("a data folder below one that only root may enter works", {
  skip: !isRoot() && "needs root: only root runs Postgres under another user",
}, async () => {
  const closed = mkdtempSync(join(tmpdir(), "statewatt-closed-"));
  chmodSync(closed, 0o700);
  const folder = join(closed, "deep", "data");
  mkdirSync(join(closed, "deep"), { mode: 0o700 });
  const environment = await startEnvironment(folder);
  const place: Place = { folder, environment, run: (args) => runStart(environment, args) };
  const first = place.run();
  await ready(first);
  await query(place, "CREATE TABLE kept AS SELECT 42 AS answer");
  assert.equal(await first.stop(), 0);
  const second = place.run();
  await ready(second);

  assert.deepEqual(await query(place, "SELECT answer FROM kept"), [42]);
  assert.equal(await second.stop(), 0);
  assert.deepEqual(serversOf(folder), []);
  await waitUntil(() => serversOf(folder).length === 0, { timeoutMs: 5_000 });
  rmSync(closed, { recursive: true, force: true });
});
