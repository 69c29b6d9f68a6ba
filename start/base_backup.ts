/** Base backups and the archive of WAL of an embedded Postgres, while it works. */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import postgres, { type Sql } from "postgres";
import { type Copied, copyLive, copyOne, secretNames, syncPath } from "./cluster_copy.ts";
import { superuser } from "./postgres_cluster.ts";
import { commandIn } from "./postgres_command.ts";
import { lockFileLines } from "./postgres_server.ts";
import { runProgram } from "./run_program.ts";
import { StartError } from "./start_error.ts";
import { unprivilegedUser } from "./system_user.ts";

/** What a backup says of itself, in its file `backup.json`. */
export interface BackupRecord {
  readonly startedAt: string;
  /** A restore may go to any moment from here on, as far as the archive reaches. */
  readonly endedAt: string;
  readonly firstWal: string;
  readonly lastWal: string;
  readonly postgresVersion: string;
  readonly isArchiving: boolean;
}

export const recordName = "backup.json";
export const clusterName = "cluster";

/**
 * Copies the cluster of a running embedded start, with the WAL that makes the copy whole, and its
 * secrets, into the new folder `to`. Work goes on meanwhile. The folder appears when it is complete
 * and on disk.
 *
 * @throws {StartError} when nothing runs on `dataDir`, or `to` exists.
 */
export async function baseBackup(
  dataDir: string,
  to: string,
): Promise<BackupRecord & Copied> {
  const target = resolve(to);
  if (existsSync(target)) throw new StartError(`Cannot write the backup ${target}: it exists.`);
  const sql = connectSuperuser(dataDir);
  const part = `${target}.part`;
  await rm(part, { recursive: true, force: true });
  mkdirSync(join(part, clusterName), { recursive: true, mode: 0o700 });
  try {
    const done = await copyBetween(sql, join(dataDir, "postgres"), part);
    for (const name of secretNames) {
      // deno-lint-ignore no-await-in-loop -- four small files
      await copyOne(join(dataDir, name), join(part, name), true);
    }
    const { files, bytes, ...record } = done;
    await writeFile(join(part, recordName), `${JSON.stringify(record, null, 2)}\n`, {
      flush: true,
    });
    syncPath(part);
    renameSync(part, target);
    syncPath(dirname(target));
    return { ...record, files, bytes };
  } finally {
    await sql.end({ timeout: 2 });
    await rm(part, { recursive: true, force: true });
  }
}

/** One session from start to stop: Postgres ends a backup whose session is gone. */
async function copyBetween(
  sql: Sql,
  cluster: string,
  to: string,
): Promise<BackupRecord & Copied> {
  const into = join(to, clusterName);
  // Keeps the WAL from being recycled until this session ends.
  await sql`SELECT pg_create_physical_replication_slot(
    'statewatt_backup_' || pg_backend_pid(), true, true)`;
  const [mode] = await sql<{ archiving: boolean; version: string; at: Date }[]>`
    SELECT current_setting('archive_mode') <> 'off' AS archiving,
      current_setting('server_version') AS version, clock_timestamp() AS at`;
  const [start] = await sql<{ wal: string }[]>`
    SELECT pg_walfile_name(pg_backup_start('statewatt', true)) AS wal`;
  const copied = await copyLive(cluster, into);
  const isArchiving = mode?.archiving ?? false;
  const [stop] = await sql<{ wal: string; label: string; map: string; at: Date }[]>`
    SELECT pg_walfile_name(lsn) AS wal, labelfile AS label, spcmapfile AS map,
      clock_timestamp() AS at FROM pg_backup_stop(${isArchiving})`;
  if (start === undefined || stop === undefined) throw new Error("no answer of Postgres");
  await writeFile(join(into, "backup_label"), stop.label, { flush: true });
  if (stop.map.trim() !== "") throw new StartError("Tablespaces elsewhere are not covered.");
  for (const name of await walNames(sql, start.wal, stop.wal)) {
    // deno-lint-ignore no-await-in-loop -- one file after the other
    await copyOne(join(cluster, "pg_wal", name), join(into, "pg_wal", name), false);
  }
  syncPath(join(into, "pg_wal"));
  return {
    ...copied,
    startedAt: mode?.at.toISOString() ?? "",
    endedAt: stop.at.toISOString(),
    firstWal: start.wal,
    lastWal: stop.wal,
    postgresVersion: mode?.version ?? "",
    isArchiving,
  };
}

async function walNames(sql: Sql, first: string, last: string): Promise<readonly string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'
      AND name COLLATE "C" BETWEEN ${first} AND ${last} ORDER BY name`;
  return rows.map(({ name }) => name);
}

/**
 * Tells the embedded Postgres to archive its WAL into `archive`: each segment when it is full, a
 * part of one after a minute at most. Written into the data folder, so that it holds for all later
 * starts. True when it works already, false when it does from the next start on.
 *
 * @throws {StartError} when the user of Postgres may not write there.
 */
export async function archiveInto(dataDir: string, archive: string): Promise<boolean> {
  const folder = resolve(archive);
  requirePlainPath(folder);
  const user = unprivilegedUser();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const test = commandIn(join(dataDir, "postgres"), user, [
    "/bin/sh",
    "-c",
    'test -w "$1" && test -x "$1"',
    "test",
    folder,
  ]);
  try {
    await runProgram([test.file, ...test.args], { cwd: test.cwd });
  } catch (thrown) {
    const name = user?.name ?? "this user";
    throw new StartError(
      `Postgres runs as ${name} and may not write ${folder}: choose a folder whose parents all may enter.`,
      { cause: thrown },
    );
  }
  const sql = connectSuperuser(dataDir);
  try {
    for (const [name, value] of Object.entries(archiveSettings(folder))) {
      // deno-lint-ignore no-await-in-loop -- three small statements, in order
      await sql.unsafe(`ALTER SYSTEM SET ${name} = '${value}'`);
    }
    await sql`SELECT pg_reload_conf()`;
    const [row] = await sql<{ mode: string }[]>`SELECT current_setting('archive_mode') AS mode`;
    return row?.mode === "on";
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** A segment that was archived, but not noted so before a crash, comes a second time. */
function archiveSettings(folder: string): Readonly<Record<string, string>> {
  const file = `"${folder}/%f"`;
  return {
    archive_mode: "on",
    archive_timeout: "60",
    archive_command: `cmp -s %p ${file} || (test ! -e ${file} && cp %p "${folder}/%f.part" && ` +
      `sync "${folder}/%f.part" && mv "${folder}/%f.part" ${file})`,
  };
}

/** It becomes part of a shell command inside a setting of Postgres. */
export function requirePlainPath(folder: string): void {
  if (/^[A-Za-z0-9/._-]+$/.test(folder)) return;
  throw new StartError(
    `Cannot use the folder ${basename(folder)}: its path may hold letters, digits, . _ and - only.`,
  );
}

/** Of the embedded Postgres that runs on `dataDir`. */
function connectSuperuser(dataDir: string): Sql {
  const port = Number(lockFileLines(join(dataDir, "postgres"))[3]);
  if (!Number.isInteger(port)) {
    throw new StartError(`No embedded Postgres runs on ${resolve(dataDir)}: start the platform.`);
  }
  const password = readFileSync(join(dataDir, "postgres_superuser.password"), "utf8").trim();
  return postgres({
    host: "127.0.0.1",
    port,
    user: superuser,
    password,
    database: "statewatt",
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
  });
}
