import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import postgres from "postgres";

/** Why a database cannot be brought to the schema of this code; the message is for the operator. */
export class MigrationError extends Error {
  constructor(sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.name = "MigrationError";
  }
}

export interface MigrationOptions {
  /** Folder of the `NNNN_name.sql` files. */
  readonly folder?: string;
  /** Shards of a new installation; fixed afterwards. Default: environment `SHARDS`, else 256. */
  readonly shardCount?: number;
  /** How long to wait for another migrator, ms. Default 60,000. */
  readonly lockTimeoutMs?: number;
}

interface Migration {
  readonly name: string;
  readonly checksum: string;
  readonly text: string;
}

const ownFolder = fileURLToPath(new URL("../../schemas/sql/", import.meta.url));
const fileForm = /^\d{4}_[a-z0-9_]+\.sql$/;
/** "statewat" as a number: one migrator per database at a time. */
const lockKey = "8319395793566789236";
const defaultShardCount = 256;
const attemptsMax = 5;

/**
 * Brings the database to the schema of this code: forward only, each file in its own transaction,
 * one migrator at a time. Repeatable.
 *
 * @throws {MigrationError} with a sentence that says what to do.
 */
export async function migrate(
  url: string,
  options: MigrationOptions = {},
): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(options.folder ?? ownFolder);
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10, prepare: false });
  try {
    await requireSupportedServer(sql);
    await takeLock(sql, options.lockTimeoutMs ?? 60_000);
    const pending = await pendingOf(sql, migrations);
    const applied: string[] = [];
    for (const migration of pending) {
      // deno-lint-ignore no-await-in-loop -- each file stands on the one before
      await apply(sql, migration);
      applied.push(migration.name);
    }
    await installShards(sql, options.shardCount ?? shardCountOfEnvironment());
    const [row] = await sql`SELECT now() AS now`;
    await ensurePartitions(sql, new Date(String(row?.["now"])));
    return { applied };
  } catch (thrown) {
    throw thrown instanceof MigrationError ? thrown : explain(thrown, url);
  } finally {
    // The session's end gives the lock back.
    await sql.end({ timeout: 1 });
  }
}

/**
 * Makes the partitions of every table that is cut by time (UTC), from the day before `today` to
 * seven days after. Repeatable.
 */
export async function ensurePartitions(sql: postgres.Sql, today: Date): Promise<void> {
  await sql`SELECT ensure_partitions(${today.toISOString().slice(0, 10)}::text::date)`;
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const odd = names.find((name) => !fileForm.test(name));
  if (odd !== undefined) {
    throw new MigrationError(`Cannot order the migration ${odd}: name it NNNN_name.sql.`);
  }
  return await Promise.all(names.map(async (name) => {
    const text = await readFile(`${folder}/${name}`, "utf8");
    // A checkout on Windows may have other line ends.
    const checksum = createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex");
    return { name, checksum, text };
  }));
}

async function requireSupportedServer(sql: postgres.Sql): Promise<void> {
  const [row] = await sql`SELECT current_setting('server_version_num')::int AS version`;
  const version = Number(row?.["version"]);
  if (version < 150_000) {
    throw new MigrationError(
      `Postgres ${Math.floor(version / 10_000)} is too old: use version 15 or newer.`,
    );
  }
}

async function takeLock(sql: postgres.Sql, timeoutMs: number): Promise<void> {
  await sql.unsafe(`SET lock_timeout = ${Math.trunc(timeoutMs)}`);
  try {
    await sql.unsafe(`SELECT pg_advisory_lock(${lockKey})`);
  } catch (thrown) {
    throw new MigrationError(
      "Another process has been migrating this database for too long: wait until it ends, or end it.",
      thrown,
    );
  }
  await sql.unsafe("SET lock_timeout = 0");
}

async function pendingOf(
  sql: postgres.Sql,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  await sql`CREATE TABLE IF NOT EXISTS migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;
  const rows = await sql`SELECT name, checksum FROM migrations ORDER BY name`;
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) requireSame(String(row["name"]), String(row["checksum"]), known);
  const done = new Set(rows.map((row) => String(row["name"])));
  const pending = migrations.filter((migration) => !done.has(migration.name));
  const newest = String(rows.at(-1)?.["name"] ?? "");
  const late = pending.find((migration) => migration.name < newest);
  if (late !== undefined) {
    throw new MigrationError(
      `The migration ${late.name} comes before ${newest}, which is applied already: give it a higher number.`,
    );
  }
  return pending;
}

function requireSame(name: string, checksum: string, known: ReadonlyMap<string, Migration>): void {
  const migration = known.get(name);
  if (migration === undefined) {
    throw new MigrationError(
      `The database has the newer schema ${name}, which this version does not know: start the newer version.`,
    );
  }
  if (migration.checksum !== checksum) {
    throw new MigrationError(
      `The migration ${name} was edited after it had been applied: restore the file and add a new one instead.`,
    );
  }
}

async function apply(sql: postgres.Sql, migration: Migration, attempt = 1): Promise<void> {
  try {
    await sql.begin(async (transaction) => {
      await transaction.unsafe(migration.text);
      await transaction`INSERT INTO migrations (name, checksum)
        VALUES (${migration.name}, ${migration.checksum})`;
    });
  } catch (thrown) {
    if (sqlState(thrown) === "42501") throw thrown;
    if (attempt < attemptsMax && isPassing(thrown)) return await apply(sql, migration, attempt + 1);
    throw new MigrationError(
      `The migration ${migration.name} failed and changed nothing: ${textOf(thrown)}.`,
      thrown,
    );
  }
}

/**
 * Roles belong to the whole server: migrators of two databases can meet there in spite of their
 * locks.
 */
function isPassing(thrown: unknown): boolean {
  return ["40001", "40P01", "23505", "42710", "XX000"].includes(sqlState(thrown));
}

function shardCountOfEnvironment(): number {
  const text = process.env["SHARDS"];
  if (text === undefined || text === "") return defaultShardCount;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 65_536) return count;
  throw new MigrationError(`SHARDS must be a whole number from 1 to 65536, not "${text}".`);
}

async function installShards(sql: postgres.Sql, shardCount: number): Promise<void> {
  await sql`INSERT INTO installation (shard_count) VALUES (${shardCount}) ON CONFLICT DO NOTHING`;
  await sql`INSERT INTO shards (shard)
    SELECT generate_series(0, shard_count - 1) FROM installation ON CONFLICT DO NOTHING`;
}

function explain(thrown: unknown, url: string): MigrationError {
  const where = describe(url);
  const state = sqlState(thrown);
  if (state === "42501") {
    return new MigrationError(
      `The role of DATABASE_URL lacks a right (${
        textOf(thrown)
      }): it must own the database ${where} and ` +
        "have CREATEROLE, or the role statewatt_api must exist and be granted to it with admin option.",
      thrown,
    );
  }
  if (state.startsWith("28")) {
    return new MigrationError(
      `Postgres at ${where} refuses the login: check DATABASE_URL.`,
      thrown,
    );
  }
  if (state === "3D000") {
    return new MigrationError(`There is no database at ${where}: create it first.`, thrown);
  }
  if (/^[0-9A-Z]{5}$/.test(state) && !state.startsWith("08") && !state.startsWith("57")) {
    return new MigrationError(
      `Postgres at ${where} refuses the migration: ${textOf(thrown)}.`,
      thrown,
    );
  }
  return new MigrationError(
    `Postgres at ${where} cannot be reached (${textOf(thrown)}): start it, or check DATABASE_URL.`,
    thrown,
  );
}

/** Host, port and database, without the password. */
function describe(url: string): string {
  if (!URL.canParse(url)) return "the address of DATABASE_URL";
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function sqlState(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return "";
  return String(thrown.code);
}

function textOf(thrown: unknown): string {
  if (thrown instanceof AggregateError) return textOf(thrown.errors[0]);
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replace(/\.$/, "");
}
