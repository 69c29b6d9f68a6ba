/** Puts the embedded Postgres of a data folder back to an earlier moment. */
import { existsSync, readFileSync, renameSync } from "node:fs";
import { appendFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import postgres from "postgres";
import { clusterName, recordName, requirePlainPath } from "./base_backup.ts";
import { copyOne, copyWhole, secretNames, syncPath } from "./cluster_copy.ts";
import type { DataFolder } from "./data_folder.ts";
import { clearPostgres, type Progress } from "./embedded_postgres.ts";
import { postgresBinaries } from "./postgres_binaries.ts";
import { ensureCluster, quietEnvironment, superuser } from "./postgres_cluster.ts";
import { isReady, serverCommand } from "./postgres_server.ts";
import { StartError } from "./start_error.ts";
import { supervise } from "./supervised_child.ts";
import { unprivilegedUser } from "./system_user.ts";

export interface RestorePlan {
  /** What `baseBackup` made. */
  readonly from: string;
  /** Where the WAL after it was archived; undefined: only the backup itself. */
  readonly archive: string | undefined;
  /** The moment, RFC 3339; undefined: as far as WAL reaches. */
  readonly at: string | undefined;
  readonly port: number;
}

/** A day: replaying a week's WAL of a large network takes hours. */
const recoveryMsMax = 24 * 60 * 60 * 1_000;
const settings = [
  "restore_command",
  "recovery_target_time",
  "recovery_target_action",
  "hot_standby",
] as const;

/**
 * Lays the backup down in place of the cluster, which is kept beside it, replays the archive up to
 * the moment, and stops again. Repeatable from the beginning after any failure.
 *
 * @throws {StartError} when the backup is none or does not reach the moment.
 */
export async function restoreTo(
  folder: DataFolder,
  plan: RestorePlan,
  progress: Progress,
): Promise<void> {
  const backup = resolve(plan.from);
  requireReach(backup, plan.at);
  await clearPostgres(folder);
  const cluster = join(folder.path, "postgres");
  const fresh = `${cluster}.restoring`;
  await rm(fresh, { recursive: true, force: true });
  await copyWhole(join(backup, clusterName), fresh);
  const kept = setAside(cluster);
  if (kept !== undefined) progress.say(`what was there is kept in ${kept}`);
  await tellRecovery(fresh, { ...plan, kept });
  renameSync(fresh, cluster);
  for (const name of secretNames) {
    // deno-lint-ignore no-await-in-loop -- four small files
    await copyOne(join(backup, name), join(folder.path, name), true);
  }
  syncPath(folder.path);
  await recover(folder, plan.port, progress);
}

function requireReach(backup: string, at: string | undefined): void {
  const file = join(backup, recordName);
  if (!existsSync(file)) throw new StartError(`${backup} is no backup: it has no ${recordName}.`);
  const { endedAt } = JSON.parse(readFileSync(file, "utf8"));
  if (at === undefined) return;
  if (Number.isNaN(Date.parse(at))) throw new StartError(`${at} is no moment (RFC 3339).`);
  if (Date.parse(at) >= Date.parse(endedAt)) return;
  throw new StartError(`This backup was complete at ${endedAt}, after ${at}: take an older one.`);
}

/** Nothing is thrown away: its last WAL may be all there is of the last minute. */
function setAside(cluster: string): string | undefined {
  if (!existsSync(cluster)) return undefined;
  let number = 1;
  while (existsSync(`${cluster}.before-${number}`)) number++;
  renameSync(cluster, `${cluster}.before-${number}`);
  return `${cluster}.before-${number}`;
}

async function tellRecovery(
  cluster: string,
  plan: RestorePlan & { readonly kept: string | undefined },
): Promise<void> {
  const { archive, at, kept } = plan;
  const sources = [
    ...(archive === undefined ? [] : [resolve(archive)]),
    // Beside the cluster, where its user may look whatever the rights of the folders above are.
    ...(kept === undefined ? [] : [`../${kept.slice(kept.lastIndexOf("/") + 1)}/pg_wal`]),
    ...(archive === undefined && kept === undefined ? ["."] : []),
  ];
  sources.forEach(requirePlainPath);
  const command = sources.map((source) => `cp "${source}/%f" "%p"`).join(" || ");
  const lines = [
    `restore_command = '${command}'`,
    ...(at === undefined ? [] : [`recovery_target_time = '${instantText(at)}'`]),
    `recovery_target_action = 'promote'`,
    // Else the server calls itself ready as soon as it can be read, in the middle of its recovery.
    `hot_standby = 'off'`,
  ];
  await appendFile(join(cluster, "postgresql.auto.conf"), `${lines.join("\n")}\n`);
  await writeFile(join(cluster, "recovery.signal"), "");
}

/** Postgres reads this setting before it knows the names of zones, `Z` among them. */
function instantText(at: string): string {
  return new Date(at).toISOString().replace("Z", "+00");
}

async function recover(folder: DataFolder, port: number, progress: Progress): Promise<void> {
  const user = unprivilegedUser();
  const binaries = postgresBinaries(user);
  const cluster = join(folder.path, "postgres");
  const superuserPassword = folder.secret("postgres_superuser.password");
  // Gives the files to the user of Postgres.
  await ensureCluster(binaries, { folder: cluster, user, superuserPassword, isDurable: true });
  const child = await supervise({
    name: "Postgres",
    command: serverCommand(binaries, cluster, user, { port, isDurable: true }),
    env: quietEnvironment(),
    logFile: join(folder.path, "postgres.log"),
    records: folder.children,
    clear: () => clearPostgres(folder),
    // Says "ready" only when recovery has ended.
    isReady: (pid) => isReady(cluster, port, pid),
    readyTimeoutMs: recoveryMsMax,
    stop: [{ signal: "SIGINT", waitMs: 60_000 }, { signal: "SIGQUIT", waitMs: 10_000 }],
    ...progress,
  });
  try {
    await endRecovery(`postgres://${superuser}:${superuserPassword}@127.0.0.1:${port}/postgres`);
  } finally {
    await child.close();
  }
}

/** The next recovery is a common one, after a crash: it shall not look for the old moment. */
async function endRecovery(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const [row] = await sql<{ going: boolean }[]>`SELECT pg_is_in_recovery() AS going`;
    if (row?.going !== false) throw new StartError("Postgres has not ended its recovery.");
    // deno-lint-ignore no-await-in-loop -- four small statements
    for (const name of settings) await sql.unsafe(`ALTER SYSTEM RESET ${name}`);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
