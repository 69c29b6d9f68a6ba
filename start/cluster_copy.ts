/** Copies of a cluster's files, for backup and restore. */
import { closeSync, type Dirent, fstatSync, fsyncSync, openSync } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, StartError } from "./start_error.ts";

/** Made anew by each server: their content belongs to no backup (as pg_basebackup leaves them). */
const emptied = new Set([
  "pg_wal",
  "pg_replslot",
  "pg_dynshmem",
  "pg_notify",
  "pg_serial",
  "pg_snapshots",
  "pg_stat_tmp",
  "pg_subtrans",
]);
const omitted = new Set(["postmaster.pid", "postmaster.opts", "pg_internal.init"]);

/** What a backup holds beside the cluster. */
export const secretNames: readonly string[] = [
  "operator.key",
  "server.key",
  "postgres.password",
  "postgres_superuser.password",
];

export interface Copied {
  readonly files: number;
  readonly bytes: number;
}

/** A whole cluster, WAL and all, as a backup holds it. */
export function copyWhole(from: string, to: string): Promise<Copied> {
  return copyTree(from, to, { isTop: false, isLive: false });
}

/**
 * The files of a server that runs and was told of the backup: files may go while they are copied,
 * and may be torn; the WAL from the start of the backup on makes them whole.
 */
export function copyLive(from: string, to: string): Promise<Copied> {
  return copyTree(from, to, { isTop: true, isLive: true });
}

async function copyTree(
  from: string,
  to: string,
  how: { readonly isTop: boolean; readonly isLive: boolean },
): Promise<Copied> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  let [files, bytes] = [0, 0];
  for (const entry of await listed(from, how.isLive)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (how.isLive && isLeftOut(entry)) continue;
    if (entry.isSymbolicLink()) {
      throw new StartError(`Cannot copy ${source}: tablespaces elsewhere are not covered.`);
    }
    if (how.isTop && emptied.has(entry.name)) {
      // deno-lint-ignore no-await-in-loop -- one file after the other is gentle to the disk
      await mkdir(target, { mode: 0o700 });
    } else if (entry.isDirectory()) {
      // deno-lint-ignore no-await-in-loop -- as above
      const below = await copyTree(source, target, { ...how, isTop: false });
      files += below.files;
      bytes += below.bytes;
    } else if (entry.isFile()) {
      // deno-lint-ignore no-await-in-loop -- as above
      const size = await copyOne(source, target, how.isLive);
      if (size === undefined) continue;
      files++;
      bytes += size;
    }
  }
  syncPath(to);
  return { files, bytes };
}

function isLeftOut({ name }: Dirent): boolean {
  return omitted.has(name) || name.startsWith("pgsql_tmp");
}

async function listed(folder: string, isLive: boolean): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (thrown) {
    if (isLive && errorCode(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

/** Undefined when the file has gone. On disk when it resolves. */
export async function copyOne(
  from: string,
  to: string,
  mayBeGone: boolean,
): Promise<number | undefined> {
  try {
    await copyFile(from, to);
  } catch (thrown) {
    if (mayBeGone && errorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
  return syncPath(to);
}

/** Brings a file or a folder's list of names to the disk; gives the size of the file. */
export function syncPath(path: string): number {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
    return fstatSync(file).size;
  } finally {
    closeSync(file);
  }
}
