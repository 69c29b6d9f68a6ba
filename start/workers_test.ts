// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
/** Workers as processes over real Postgres and NATS: frozen, stopped, killed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import process from "node:process";
import { fileURLToPath } from "node:url";
import postgres, { type Sql } from "postgres";
import type { Actors, MessageHeader } from "#engine/ports/actors.ts";
import { type Address, stationKey } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import { type Cluster, joinCluster } from "./cluster.ts";
import { actorsOf } from "./platform.ts";
import { ownNats, testPostgres } from "./testing.ts";
import { runStart, type StartRun } from "./testing_start.ts";
import { waitUntil } from "./waiting.ts";

const role = fileURLToPath(new URL("./role.ts", import.meta.url));
const STATIONS = 24;
/** A take-over after a kill -9: the lease, a look and the take. */
const TAKE_OVER_MS_MAX = 5_000;

/** A station that reports status after status, each to be journalled, and counts the answers. */
class Reporter {
  readonly answered: string[] = [];
  readonly #actors: Actors;
  readonly #id: string;
  readonly #address: Address;
  #epoch = "";
  #sent = 0;
  slowestMs = 0;

  constructor(actors: Actors, id: string) {
    this.#actors = actors;
    this.#id = id;
    this.#address = { tenant: "default", kind: "charger", key: stationKey(id) };
  }

  async connect(): Promise<void> {
    const opened = { gateway: "t", protocol: "ocpp1.6", remoteAddress: "t", again: false };
    const header = { type: "socket.opened", cause: `opened ${this.#id}` };
    const { text } = await this.#actors.ask(this.#address, header, JSON.stringify(opened));
    this.#epoch = (JSON.parse(text) as { epoch: string }).epoch;
    await this.#call("BootNotification", { chargePointVendor: "T", chargePointModel: "T" });
  }

  /** One more report, again and again until it is answered. */
  async report(): Promise<void> {
    const status = this.#sent % 2 === 0 ? "Preparing" : "Available";
    const startedAt = performance.now();
    const messageId = await this.#call("StatusNotification", {
      connectorId: 1,
      errorCode: "NoError",
      status,
    });
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
    this.answered.push(messageId);
  }

  async #call(action: string, payload: object): Promise<string> {
    const messageId = `${this.#id}-${this.#sent++}`;
    const cause = `${this.#id}/${this.#epoch}/${messageId}`;
    const about = { protocol: "ocpp1.6", action, messageId, epoch: this.#epoch };
    const header = { type: "ocpp.call", cause, ...about };
    await this.#insist(header, JSON.stringify(payload));
    return messageId;
  }

  /** As a gateway's station does when it hears nothing. */
  async #insist(header: MessageHeader, body: string): Promise<void> {
    try {
      await this.#actors.ask(this.#address, header, body);
    } catch (error) {
      assert.ok(
        error instanceof PlatformError && /timed-out|unavailable/.test(error.kind),
        `${error}`,
      );
      await this.#insist(header, body);
    }
  }
}

interface Stage {
  readonly sql: Sql;
  readonly reporters: readonly Reporter[];
  worker(name: string): StartRun;
  /** Reports without a pause until the returned function is called and all have been answered. */
  load(): () => Promise<void>;
  owners(): Promise<ReadonlyMap<string, number>>;
}

async function withStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  const [database, nats] = [await testPostgres(), await ownNats()];
  const runs: StartRun[] = [];
  const sql = postgres(database.url, { max: 1 });
  let cluster: Cluster | undefined;
  try {
    cluster = await joinCluster({
      ...{ natsUrl: nats.url, process: "test", logLevel: "error", logFormat: "json" },
    });
    const actors = await actorsOf(cluster, database.url);
    const reporters = Array.from({ length: STATIONS }, (_, n) => new Reporter(actors, `S-${n}`));
    const environment = {
      ...{ DATABASE_URL: database.url, NATS_URL: nats.url, AUTO_REGISTER_STATIONS: "1" },
      ...{ LOG_FORMAT: "json", METRICS_PORT: "0" },
    };
    const worker = (name: string): StartRun => {
      const started = runStart({ ...environment, WORKER_NAME: name }, ["worker"], role);
      runs.push(started);
      return started;
    };
    const owners = async (): Promise<ReadonlyMap<string, number>> => {
      const rows = await sql<{ name: string; n: number }[]>`
        SELECT split_part(owner, '#', 1) AS name, count(*)::integer AS n FROM shards GROUP BY 1`;
      return new Map(rows.map(({ name, n }) => [name, n]));
    };
    await run({ sql, reporters, worker, load: () => load(reporters), owners });
  } finally {
    for (const { child } of runs) child.kill("SIGKILL");
    await Promise.all(runs.map((started) => started.ended()));
    await cluster?.close();
    await sql.end({ timeout: 1 });
    await database.close();
    await nats.close();
  }
}

function load(reporters: readonly Reporter[]): () => Promise<void> {
  let isOver = false;
  const all = Promise.all(reporters.map(async (reporter) => {
    while (!isOver) await reporter.report();
  }));
  return async () => {
    isOver = true;
    await all;
  };
}

async function started(run: StartRun): Promise<void> {
  assert.ok(await run.says('"ready"'), run.output());
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  assert.ok(await waitUntil(isTrue, { timeoutMs: 60_000, everyMs: 50 }), what);
}

/** Each answered report is in the journal once, and (shard, seq) has no gaps. */
async function assertJournal({ sql, reporters }: Stage): Promise<void> {
  const rows = await sql<{ message: string; n: number }[]>`
    SELECT header::json->>'messageId' AS message, count(*)::integer AS n FROM journal
      WHERE header::json->>'action' = 'StatusNotification' GROUP BY 1`;
  const counts = new Map(rows.map(({ message, n }) => [message, n]));
  const wrong = reporters.flatMap(({ answered }) => answered)
    .filter((message) => counts.get(message) !== 1);
  assert.deepEqual(wrong, []);
  const gaps = await sql`
    SELECT s.shard FROM shards s LEFT JOIN journal j ON j.shard = s.shard
      GROUP BY s.shard, s.last_seq HAVING s.last_seq <> count(j.seq)`;
  assert.deepEqual(gaps.map(({ shard }) => shard), []);
}

test("a worker frozen beyond its lease commits nothing when it wakes, and joins anew", async () => {
  await withStage(async (stage) => {
    const one = stage.worker("one");
    const two = stage.worker("two");
    await Promise.all([started(one), started(two)]);
    await until("both have shards", async () => (await stage.owners()).size === 2);
    for (const reporter of stage.reporters) await reporter.connect();

    // Nothing is under way when it stops; what comes then, it finds when it wakes.
    process.kill(one.pid, "SIGSTOP");
    await Promise.all(stage.reporters.map((reporter) => reporter.report()));
    await until("two has all", async () => (await stage.owners()).get("two") === 256);
    process.kill(one.pid, "SIGCONT");

    assert.ok(await one.says('"stale"'), `no commit was refused: ${one.output()}`);
    assert.ok(await one.says("the lease was ended"), one.output());
    await until("one has shards again", async () => ((await stage.owners()).get("one") ?? 0) > 0);
    await Promise.all(stage.reporters.map((reporter) => reporter.report()));
    await assertJournal(stage);
  });
});

test("SIGTERM hands all shards over under load, and no answer takes long", async () => {
  await withStage(async (stage) => {
    const one = stage.worker("one");
    await started(one);
    for (const reporter of stage.reporters) await reporter.connect();
    const stop = stage.load();
    const two = stage.worker("two");
    await started(two);
    await until("both have shards", async () => (await stage.owners()).size === 2);

    process.kill(one.pid, "SIGTERM");
    assert.equal(await one.ended(), 0, one.output());

    await until("two has all", async () => (await stage.owners()).get("two") === 256);
    await stop();
    await assertJournal(stage);
    const slowest = Math.max(...stage.reporters.map(({ slowestMs }) => slowestMs));
    assert.ok(slowest < TAKE_OVER_MS_MAX, `an answer took ${slowest} ms`);
  });
});

test("kill -9 of a worker under load loses no answer; others answer for it", async () => {
  await withStage(async (stage) => {
    const runs = [stage.worker("one"), stage.worker("two"), stage.worker("three")];
    await Promise.all(runs.map(started));
    await until("all have shards", async () => (await stage.owners()).size === 3);
    for (const reporter of stage.reporters) await reporter.connect();
    const stop = stage.load();
    await until(
      "there is a load",
      async () =>
        await Promise.resolve(stage.reporters.every(({ answered }) => answered.length > 3)),
    );

    process.kill(runs[0]?.pid ?? 0, "SIGKILL");
    await until("its shards are the others'", async () => {
      const owners = await stage.owners();
      return !owners.has("one") && !owners.has("");
    });
    await stop();

    await assertJournal(stage);
    const slowest = Math.max(...stage.reporters.map(({ slowestMs }) => slowestMs));
    assert.ok(slowest < 2 * TAKE_OVER_MS_MAX, `an answer took ${slowest} ms`);
  });
});
