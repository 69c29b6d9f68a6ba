import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import postgres from "postgres";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { PlatformError } from "#schemas/errors.ts";
import { testPostgres } from "#start/testing.ts";
import type { Tenants } from "../ports/rows.ts";
import { postgresTenants } from "./postgres_tenants.ts";

const clock = systemClock();
let database: Awaited<ReturnType<typeof testPostgres>>;
let tenants: Tenants;
before(async () => {
  database = await testPostgres();
  tenants = postgresTenants({
    ...{ clock, url: database.url, connections: 2 },
    statementTimeoutMs: 300,
  });
});
after(async () => {
  await tenants.close();
  await database.close();
});

const insert = `INSERT INTO locations (tenant, id, name, latitude, longitude, time_zone, address)
  VALUES ($1, $2, 'x', 0, 0, 'UTC', '')`;

test("a tenant sees, changes and adds only its own rows", async () => {
  await tenants.run("a", (rows) => rows.all(insert, ["a", "1"]));
  await tenants.run("b", (rows) => rows.all(insert, ["b", "1"]));
  const seen = await tenants.run("a", (rows) => rows.all("SELECT tenant FROM locations"));
  assert.deepEqual(seen.map((row) => ({ ...row })), [{ tenant: "a" }]);
  const changed = await tenants.run(
    "a",
    (rows) => rows.all("UPDATE locations SET name = 'y' RETURNING tenant"),
  );
  assert.equal(changed.length, 1);
  await assert.rejects(
    tenants.run("a", (rows) => rows.all(insert, ["b", "2"])),
    /row-level security/,
  );
});

test("without a tenant there is nothing to see, and the engine's tables are out of reach", async () => {
  assert.equal((await tenants.run("", (rows) => rows.all("SELECT 1 FROM locations"))).length, 0);
  await assert.rejects(
    tenants.run("a", (rows) => rows.all("SELECT 1 FROM snapshots")),
    /permission denied/,
  );
  await assert.rejects(
    tenants.run("a", (rows) => rows.all("UPDATE stations SET quiet = true")),
    /permission denied/,
  );
});

test("each table of tenants has row-level security", async () => {
  const sql = postgres(database.url, { max: 1 });
  const open = await sql`SELECT c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity`;
  assert.deepEqual([...open], []);
  await sql.end();
});

test("instants are RFC 3339 in UTC with microseconds, bigints are numbers, names are camelCase", async () => {
  const [row] = await tenants.run(
    "a",
    (rows) =>
      rows.all(`SELECT timestamptz '2026-01-01 02:00:00.5+02' AS at_time, 7::bigint AS big_number,
      '{"z_z": 1}'::json AS plain`),
  );
  assert.deepEqual({ ...row }, {
    atTime: "2026-01-01T00:00:00.500000Z",
    bigNumber: 7,
    plain: { z_z: 1 },
  });
});

test("a slow statement is overloaded, a value out of range malformed", async () => {
  const kindOf = async (text: string): Promise<string> => {
    try {
      await tenants.run("a", (rows) => rows.all(text));
      return "none";
    } catch (thrown) {
      return thrown instanceof PlatformError ? thrown.kind : String(thrown);
    }
  };
  assert.equal(await kindOf("SELECT pg_sleep(2)"), "overloaded");
  assert.equal(await kindOf("SELECT '300000-01-01'::timestamptz"), "malformed");
  assert.equal(await kindOf("SELECT 1"), "none");
});

test("an unreachable database is unavailable", async () => {
  const nowhere = postgresTenants({
    ...{ clock, url: "postgres://x:y@127.0.0.1:1/none", connections: 1 },
  });
  await assert.rejects(
    nowhere.run("a", (rows) => rows.all("SELECT 1")),
    (thrown) => thrown instanceof PlatformError && thrown.kind === "unavailable",
  );
  await nowhere.close();
});

test("a database that says nothing is unavailable, and waited for no longer", async () => {
  const frozen = createServer(() => {});
  await new Promise<void>((resolve) => frozen.listen(0, "127.0.0.1", resolve));
  const address = frozen.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const silent = postgresTenants({
    ...{ clock, url: `postgres://x:y@127.0.0.1:${port}/none`, connections: 1 },
    silenceTimeoutMs: 50,
  });
  await assert.rejects(
    silent.run("a", (rows) => rows.all("SELECT 1")),
    (thrown) => thrown instanceof PlatformError && thrown.kind === "unavailable",
  );
  await silent.close();
  frozen.close();
});
