import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import postgres from "postgres";
import { isRunning } from "./process_mark.ts";
import { isRoot } from "./system_user.ts";
import {
  type Place,
  query,
  ready,
  runStart,
  serversOf,
  startEnvironment,
  withPlace,
} from "./testing_start.ts";
import { waitUntil } from "./waiting.ts";

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
