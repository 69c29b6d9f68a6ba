import assert from "node:assert/strict";
import { test } from "node:test";
import postgres from "postgres";
import { LocalBus } from "#engine/adapters/local_bus.ts";
import { PostgresProbe } from "#engine/adapters/postgres_probe.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { actorSubject, SERVED_QUESTION } from "#engine/actor_client.ts";
import type { Clock } from "#engine/ports/clock.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { postgresCheck, workersCheck } from "./checks.ts";
import { codeVersion } from "./code_revision.ts";
import { Health } from "./health.ts";
import { emptyPostgres, testPostgres } from "./testing.ts";

const clock = systemClock();

async function missingOf(url: string, offMs = 0): Promise<readonly string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 2, backoff: () => 0.1 });
  const off: Clock = { ...clock, now: () => clock.now() + offMs };
  const missing = await postgresCheck(new PostgresProbe(sql, off))();
  await sql.end({ timeout: 1 });
  return missing;
}

test("a worker more than 500 ms off Postgres' time is not ready, whichever way", async () => {
  const database = await testPostgres();

  assert.deepEqual(await missingOf(database.url), []);
  assert.deepEqual(await missingOf(database.url, 400), []);
  assert.deepEqual(await missingOf(database.url, 1_500), ["clock"]);
  assert.deepEqual(await missingOf(database.url, -1_500), ["clock"]);
  await database.close();
});

test("a database without the schema, or none at all, is named", async () => {
  const database = await emptyPostgres();

  assert.deepEqual(await missingOf(database.url), ["migrations"]);
  await database.close();
  assert.deepEqual(await missingOf("postgres://nobody@127.0.0.1:1/none"), ["postgres"]);
});

test("workers are there when one of some shards is served, looked at once a second", async () => {
  const sim = new SimClock();
  const bus = new LocalBus({ clock: sim, telemetry: silentTelemetry(sim) });
  const check = workersCheck({
    ...{ bus, clock: sim, random: new SimRandom(1) },
    shardCount: () => Promise.resolve(1),
  });

  assert.deepEqual(await check(), ["workers"]);
  const stop = bus.listen(actorSubject(0), (text) => text === SERVED_QUESTION ? text : undefined);
  assert.deepEqual(await check(), ["workers"]);
  sim.advance(1_001);
  assert.deepEqual(await check(), []);
  stop();
  await bus.close();
});

test("Health names what is missing, once each, and nothing else when drained", async () => {
  const health = new Health();
  health.add(() => ["nats"]);
  health.add(() => Promise.resolve(["nats", "shards"]));
  health.add(() => Promise.reject(new Error("no")));

  assert.deepEqual(await health.missing(), ["start", "nats", "shards", "check"]);
  health.noteStarted();
  assert.deepEqual(await health.missing(), ["nats", "shards", "check"]);
  health.noteDrained();
  assert.deepEqual(await health.missing(), ["drained"]);
});

test("codeVersion() is the package's with the revision that is given", () => {
  assert.match(codeVersion("abc1234"), /^\d+\.\d+\.\d+\+abc1234$/);
  assert.match(codeVersion(undefined), /^\d+\.\d+\.\d+(\+[0-9a-f]{7})?$/);
});
