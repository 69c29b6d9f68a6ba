import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { emptyPostgres, type TestPostgres } from "./testing.ts";

const main = fileURLToPath(new URL("./migrate.ts", import.meta.url));
let database: TestPostgres;

before(async () => {
  database = await emptyPostgres();
});
after(() => database.close());

interface Ended {
  readonly code: number;
  readonly output: string;
}

async function runMigrate(environment: Readonly<Record<string, string>>): Promise<Ended> {
  const runtime = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["--no-warnings"];
  const child = spawn(process.execPath, [...runtime, main], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => output += text);
  const [code] = await once(child, "close");
  return { code, output };
}

test("migrate three at once: one applies all, the others find it done, and so does a repeat", async () => {
  const environment = { DATABASE_URL: database.url, SHARDS: "32" };

  const all = await Promise.all([1, 2, 3].map(() => runMigrate(environment)));
  const again = await runMigrate(environment);

  assert.deepEqual(all.map(({ code }) => code), [0, 0, 0], JSON.stringify(all));
  const first = "applied 0001_engine.sql";
  assert.equal(all.filter(({ output }) => output.includes(first)).length, 1);
  assert.deepEqual(again, { code: 0, output: "The database is up to date.\n" });
  const sql = postgres(database.url, { max: 1 });
  const [row] = await sql`SELECT count(*)::integer AS n FROM shards`;
  await sql.end();
  assert.equal(row?.["n"], 32);
});

test("migrate says in one sentence what it lacks, and never the password", async () => {
  const missing = await runMigrate({ DATABASE_URL: "" });
  const wrong = new URL(database.url);
  wrong.password = "not-the-password";
  const refused = await runMigrate({ DATABASE_URL: wrong.href });

  assert.equal(missing.code, 1);
  assert.match(missing.output, /^DATABASE_URL must be set: .*\n$/);
  assert.equal(refused.code, 1);
  assert.match(refused.output, /^[^\n]+\n$/);
  assert.doesNotMatch(refused.output, /not-the-password/);
});
