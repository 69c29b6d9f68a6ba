import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { prepareDatabase } from "#engine/adapters/postgres_setup.ts";
import type { DataFolder } from "./data_folder.ts";
import type { Say } from "./nats_binary.ts";
import { postgresBinaries } from "./postgres_binaries.ts";
import { ensureCluster, quietEnvironment, superuser } from "./postgres_cluster.ts";
import { isReady, lockFileLines, serverCommand } from "./postgres_server.ts";
import { endProcess, isRunning, processesIn, type StopStep } from "./process_mark.ts";
import { errorText, StartError } from "./start_error.ts";
import { ChildFailure, supervise } from "./supervised_child.ts";
import { unprivilegedUser } from "./system_user.ts";
import { waitUntil } from "./waiting.ts";

/** A server of ours that runs until `close`. */
export interface EmbeddedServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Where a start says what it is doing, and what ends it early. */
export interface Progress {
  readonly say: Say;
  readonly signal: AbortSignal;
}

const database = "statewatt";
/** Recovery after a power cut replays up to max_wal_size of 2 GB; slow disks write some 20 MB/s. */
const readyTimeoutMs = 180_000;
/** Fast shutdown, then immediate shutdown (the next start recovers), then the end. */
const stopSteps: readonly StopStep[] = [
  { signal: "SIGINT", waitMs: 10_000 },
  { signal: "SIGQUIT", waitMs: 5_000 },
  { signal: "SIGKILL", waitMs: 5_000 },
];
/** Backends notice the end of their postmaster by themselves, unless they are stopped or stuck. */
const orphanSteps: readonly StopStep[] = [
  { signal: "SIGQUIT", waitMs: 2_000 },
  { signal: "SIGKILL", waitMs: 5_000 },
];

/** Ends what an earlier run on this folder left running. */
export async function clearPostgres(folder: DataFolder): Promise<void> {
  const recorded = folder.children.read()["Postgres"];
  if (recorded !== undefined) await endProcess(recorded, stopSteps);
  const cluster = clusterFolder(folder);
  const postmaster = Number(lockFileLines(cluster)[0]);
  const left = processesIn(cluster, "postgres");
  const running = left.find((mark) => mark.pid === postmaster);
  if (running !== undefined) await endProcess(running, stopSteps);
  await waitUntil(() => !left.some(isRunning), { timeoutMs: 1_000 });
  await Promise.all(left.map((mark) => endProcess(mark, orphanSteps)));
  forgetStaleLock(cluster, postmaster);
}

/**
 * Postgres refuses to start while the number in its lock file belongs to any process: one that was
 * given the number anew, or a dead postmaster that nobody has collected. The file is stale in both
 * cases, and no backend is left by now. (Without such a process Postgres finds out itself.)
 */
function forgetStaleLock(cluster: string, pid: number): void {
  if (process.platform !== "linux" || !Number.isInteger(pid) || pid <= 0) return;
  if (!existsSync(`/proc/${pid}`) || processesIn(cluster, "postgres").length > 0) return;
  rmSync(join(cluster, "postmaster.pid"), { force: true });
}

/**
 * Runs Postgres on the data folder; makes cluster, role and database when they are missing.
 *
 * @throws {StartError} when it cannot run; nothing is left running then.
 */
export async function startEmbeddedPostgres(
  folder: DataFolder,
  port: number,
  progress: Progress,
): Promise<EmbeddedServer> {
  const { say, signal } = progress;
  const user = unprivilegedUser();
  const binaries = postgresBinaries(user);
  const cluster = clusterFolder(folder);
  const superuserPassword = folder.secret("postgres_superuser.password");
  const password = folder.secret("postgres.password");
  const { isNew } = await ensureCluster(binaries, {
    folder: cluster,
    user,
    superuserPassword,
    isDurable: true,
  });
  if (isNew) say(`made a new database in ${cluster}`);
  const child = await startServer(folder, {
    name: "Postgres",
    command: serverCommand(binaries, cluster, user, { port, isDurable: true }),
    env: quietEnvironment(),
    logFile: join(folder.path, "postgres.log"),
    records: folder.children,
    clear: () => clearPostgres(folder),
    isReady: (pid) => isReady(cluster, port, pid),
    readyTimeoutMs,
    stop: stopSteps,
    signal,
    say,
  });
  try {
    await prepareDatabase(
      `postgres://${superuser}:${superuserPassword}@127.0.0.1:${port}/postgres`,
      {
        role: database,
        password,
        database,
      },
    );
  } catch (thrown) {
    await child.close();
    throw new StartError(
      `The embedded Postgres refuses its own login (${
        errorText(thrown)
      }): the files *.password do not ` +
        `belong to the cluster in ${cluster}; restore both from one backup.`,
      { cause: thrown },
    );
  }
  return {
    url: `postgres://${database}:${password}@127.0.0.1:${port}/${database}`,
    close: () => child.close(),
  };
}

async function startServer(
  folder: DataFolder,
  plan: Parameters<typeof supervise>[0],
): ReturnType<typeof supervise> {
  try {
    return await supervise(plan);
  } catch (thrown) {
    if (!(thrown instanceof ChildFailure)) throw thrown;
    throw new StartError(
      `Postgres does not start on ${
        clusterFolder(folder)
      } ("${thrown.message}"): when the folder is ` +
        `damaged, restore it from a backup or move it away to start empty; more is in ${plan.logFile}.`,
      { cause: thrown },
    );
  }
}

function clusterFolder(folder: DataFolder): string {
  return join(folder.path, "postgres");
}
