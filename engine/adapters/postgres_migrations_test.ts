import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { freePort } from "#start/free_port.ts";
import { emptyPostgres, testPostgres } from "#start/testing.ts";
import { ensurePartitions, migrate, MigrationError } from "./postgres_migrations.ts";

const sqlFolder = fileURLToPath(new URL("../../schemas/sql/", import.meta.url));

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "statewatt-sql-"));
  try {
    await cp(sqlFolder, folder, { recursive: true });
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function withSql(url: string, use: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await use(sql);
  } finally {
    await sql.end();
  }
}

async function refusal(url: string, folder?: string): Promise<string> {
  try {
    await migrate(url, folder === undefined ? {} : { folder });
  } catch (thrown) {
    if (thrown instanceof MigrationError) return thrown.message;
    throw thrown;
  }
  return "migrated";
}

test("migrate() applies each file once", async () => {
  const database = await emptyPostgres();

  const first = await migrate(database.url);
  const second = await migrate(database.url);

  assert.equal(first.applied[0], "0001_engine.sql");
  assert.deepEqual(second.applied, []);
  await database.close();
});

test("migrate() lets one of several migrators at once do the work", async () => {
  const database = await emptyPostgres();

  const outcomes = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url)));

  const applied = outcomes.flatMap((outcome) => outcome.applied);
  assert.equal(new Set(applied).size, applied.length);
  assert.ok(applied.length >= 3);
  await database.close();
});

test("migrate() refuses an old file that was edited", async () => {
  const database = await testPostgres();
  await withFolder(async (folder) => {
    await writeFile(join(folder, "0002_charging.sql"), "SELECT 1;");

    assert.equal(
      await refusal(database.url, folder),
      "The migration 0002_charging.sql was edited after it had been applied: restore the file and add a " +
        "new one instead.",
    );
  });
  await database.close();
});

test("migrate() refuses a database that is newer than the code", async () => {
  const database = await testPostgres();
  await withFolder(async (folder) => {
    await writeFile(join(folder, "9001_future.sql"), "CREATE TABLE future ();");
    await migrate(database.url, { folder });
  });

  assert.match(
    await refusal(database.url),
    /newer schema 9001_future\.sql.*start the newer version/,
  );
  await database.close();
});

test("migrate() refuses a file that was put before one applied already", async () => {
  const database = await testPostgres();
  await withFolder(async (folder) => {
    await writeFile(join(folder, "0000_late.sql"), "SELECT 1;");

    assert.match(await refusal(database.url, folder), /give it a higher number/);
  });
  await database.close();
});

test("migrate() leaves nothing of a file that fails", async () => {
  const database = await testPostgres();
  await withFolder(async (folder) => {
    await writeFile(join(folder, "9001_broken.sql"), "CREATE TABLE half (); SELECT 1 / 0;");

    assert.match(
      await refusal(database.url, folder),
      /9001_broken\.sql failed and changed nothing/,
    );
  });
  await withSql(database.url, async (sql) => {
    const [row] = await sql`SELECT to_regclass('half') AS half`;
    assert.equal(row?.["half"], null);
  });
  await database.close();
});

test("migrate() says where it found no database", async () => {
  const port = await freePort();

  assert.match(
    await refusal(`postgres://someone:secret@127.0.0.1:${port}/statewatt`),
    new RegExp(
      `^Postgres at 127.0.0.1:${port}/statewatt cannot be reached .*check DATABASE_URL\\.$`,
    ),
  );
});

test("migrate() says that a login was refused, without the password", async () => {
  const database = await testPostgres();
  const url = new URL(database.url);
  url.password = "wrong-secret";

  const sentence = await refusal(url.href);

  assert.match(sentence, /refuses the login: check DATABASE_URL\.$/);
  assert.doesNotMatch(sentence, /wrong-secret/);
  await database.close();
});

test("migrate() says which rights a role lacks", async () => {
  const database = await emptyPostgres();
  const url = new URL(database.url);
  await withSql(database.url, async (sql) => {
    await sql.unsafe(`CREATE ROLE weak${url.pathname.slice(1)} LOGIN PASSWORD 'weak'`);
  });
  url.username = `weak${url.pathname.slice(1)}`;
  url.password = "weak";

  assert.match(await refusal(url.href), /lacks a right .*must own the database/);
  await database.close();
  // Roles belong to the server, not to the database.
  const other = await emptyPostgres();
  await withSql(other.url, async (sql) => {
    await sql.unsafe(`DROP ROLE ${url.username}`);
  });
  await other.close();
});

test("migrate() fixes the number of shards at the first installation", async () => {
  const database = await emptyPostgres();

  await migrate(database.url, { shardCount: 16 });
  await migrate(database.url, { shardCount: 32 });

  await withSql(database.url, async (sql) => {
    const [row] = await sql`SELECT shard_count, (SELECT count(*)::int FROM shards) AS shards
      FROM installation`;
    assert.deepEqual({ ...row }, { shard_count: 16, shards: 16 });
  });
  await database.close();
});

test("ensurePartitions() makes yesterday to seven days ahead, repeatably", async () => {
  const database = await testPostgres();
  await withSql(database.url, async (sql) => {
    await ensurePartitions(sql, new Date("2031-02-28T23:59:00Z"));
    await ensurePartitions(sql, new Date("2031-02-28T00:00:00Z"));

    const rows = await sql`SELECT relname FROM pg_class
      WHERE relname LIKE 'journal_2031____' AND relispartition ORDER BY 1`;
    const names = rows.map((row) => row["relname"]);
    assert.equal(names.length, 9);
    assert.equal(names[0], "journal_20310227");
    assert.equal(names.at(-1), "journal_20310307");
  });
  await database.close();
});

test("every table with a tenant has row-level security", async () => {
  const database = await testPostgres();
  await withSql(database.url, async (sql) => {
    const bare = await sql`SELECT c.relname FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition
        AND NOT (c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))`;
    assert.deepEqual(bare.map((row) => row["relname"]), []);
  });
  await database.close();
});

test("no part of a table with a tenant can be read past its row-level security", async () => {
  const database = await testPostgres();
  await withSql(database.url, async (sql) => {
    const open = await sql`SELECT c.relname FROM pg_class c
      WHERE c.relispartition AND c.relkind = 'r'
        AND has_table_privilege('statewatt_api', c.oid, 'SELECT')`;
    assert.deepEqual(open.map((row) => row["relname"]), []);
  });
  await database.close();
});

test("the role statewatt_api sees and changes only rows of its tenant", async () => {
  const database = await testPostgres();
  await withSql(database.url, async (sql) => {
    for (const tenant of ["one", "two"]) {
      // deno-lint-ignore no-await-in-loop -- two rows
      await sql`INSERT INTO locations (tenant, id, name, latitude, longitude, time_zone, address)
        VALUES (${tenant}, 'L1', ${tenant}, 0, 0, 'UTC', '')`;
    }
    await sql`SET ROLE statewatt_api`;
    assert.deepEqual([...await sql`SELECT name FROM locations`], []);

    await sql`SELECT set_config('statewatt.tenant', 'one', false)`;
    const seen = await sql`SELECT name FROM locations`;
    const changed = await sql`UPDATE locations SET name = 'mine'`;
    const stolen =
      sql`INSERT INTO locations (tenant, id, name, latitude, longitude, time_zone, address)
      VALUES ('two', 'L2', '', 0, 0, 'UTC', '')`;

    assert.deepEqual(seen.map((row) => row["name"]), ["one"]);
    assert.equal(changed.count, 1);
    await assert.rejects(stolen, /row-level security/);
    await assert.rejects(sql`SELECT * FROM shards`, /permission denied/);
  });
  await database.close();
});
