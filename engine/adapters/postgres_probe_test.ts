import assert from "node:assert/strict";
import { test } from "node:test";
import postgres, { type Sql } from "postgres";
import { emptyPostgres, testPostgres } from "#start/testing.ts";
import type { Clock } from "../ports/clock.ts";
import { clockOff, PostgresProbe } from "./postgres_probe.ts";
import { systemClock } from "./system_clock.ts";

const clock = systemClock();

async function withSql(url: string, use: (sql: Sql) => Promise<void>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 2, backoff: () => 0.1 });
  await use(sql).finally(() => sql.end({ timeout: 1 }));
}

test("a look tells that Postgres answers, has the schema and the time", async () => {
  const database = await testPostgres();
  await withSql(database.url, async (sql) => {
    const look = await new PostgresProbe(sql, clock).look();

    assert.equal(look.isReachable, true);
    assert.equal(look.isMigrated, true);
    assert.equal(look.clockOffMs, 0);
    assert.ok((look.roundTripMs ?? -1) > 0);
  });
  await database.close();
});

test("the round trip is that of a question, not of a connection that has to be made first", async () => {
  const database = await testPostgres();
  const password = new URL(database.url).password;
  const slowly = (): Promise<string> =>
    new Promise((resolve) => void clock.schedule(1_000, () => resolve(password)));
  const sql = postgres(database.url, { max: 1, onnotice: () => {}, password: slowly });
  const { isReachable, roundTripMs } = await new PostgresProbe(sql, clock).look();
  await sql.end({ timeout: 1 });

  assert.equal(isReachable, true);
  assert.ok((roundTripMs ?? Infinity) < 900, `${roundTripMs} ms`);
  await database.close();
});

test("a clock that is off by two seconds is seen, whichever way", async () => {
  const database = await testPostgres();
  await withSql(database.url, async (sql) => {
    for (const offMs of [2_000, -2_000]) {
      const off: Clock = { ...clock, now: () => clock.now() + offMs };
      // deno-lint-ignore no-await-in-loop -- one after the other
      const { clockOffMs } = await new PostgresProbe(sql, off).look();
      assert.ok(Math.abs((clockOffMs ?? 0) - offMs) < 500, `${clockOffMs} for ${offMs}`);
    }
  });
  await database.close();
});

test("a database without our schema is reachable and not migrated", async () => {
  const database = await emptyPostgres();
  await withSql(database.url, async (sql) => {
    const look = await new PostgresProbe(sql, clock).look();

    assert.deepEqual([look.isReachable, look.isMigrated], [true, false]);
  });
  await database.close();
});

test("a Postgres that is not there is told as that, and asked once a second at most", () =>
  withSql("postgres://nobody@127.0.0.1:1/none", async (sql) => {
    const probe = new PostgresProbe(sql, clock);
    const look = probe.look();

    assert.equal(probe.look(), look);
    assert.deepEqual(await look, {
      isReachable: false,
      roundTripMs: null,
      clockOffMs: null,
      isMigrated: false,
    });
  }));

test("clockOff() counts only what the round trip cannot explain", () => {
  const between = { sentAt: 1_000, roundTripMs: 100 };

  assert.equal(clockOff({ ...between, theirs: 1_000 }), 0);
  assert.equal(clockOff({ ...between, theirs: 1_101 }), 0);
  assert.equal(clockOff({ ...between, theirs: 400 }), 600);
  assert.equal(clockOff({ ...between, theirs: 1_801 }), -700);
});
