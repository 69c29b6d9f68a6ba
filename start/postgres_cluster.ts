import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import type { PostgresBinaries } from "./postgres_binaries.ts";
import { commandIn, dataFolderArgument } from "./postgres_command.ts";
import { runProgram } from "./run_program.ts";
import { errorCode, errorText, StartError } from "./start_error.ts";
import type { SystemUser } from "./system_user.ts";

/** The name of the superuser; it can log in by its password only. */
export const superuser = "postgres";

export interface ClusterPlan {
  readonly folder: string;
  /** Who runs Postgres; undefined: we ourselves. */
  readonly user: SystemUser | undefined;
  readonly superuserPassword: string;
  /** Whether a new cluster must survive a power cut. Off in tests only. */
  readonly isDurable: boolean;
}

/**
 * Makes a cluster unless one is there. It is built beside and moved into place when complete, so
 * that an interrupted start leaves nothing half made.
 *
 * @throws {StartError} when the folder holds something else, or a cluster of another major version.
 */
export async function ensureCluster(
  binaries: PostgresBinaries,
  plan: ClusterPlan,
): Promise<{ readonly isNew: boolean }> {
  const { folder, user } = plan;
  if (isFilled(folder)) {
    requireCluster(binaries, folder);
    claimFor(folder, user);
    return { isNew: false };
  }
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(fresh, { mode: 0o700 });
  claimFor(fresh, user);
  await initialise(binaries, { ...plan, folder: fresh });
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return { isNew: true };
}

function isFilled(folder: string): boolean {
  try {
    return existsSync(folder) && readdirSync(folder).length > 0;
  } catch (thrown) {
    if (errorCode(thrown) !== "EACCES") throw thrown;
    throw new StartError(
      `The data folder ${folder} belongs to another user: start as that user, or choose another DATA_DIR.`,
      { cause: thrown },
    );
  }
}

/** Postgres wants the folder to be its user's alone; a copy or a move may have changed that. */
function claimFor(folder: string, user: SystemUser | undefined): void {
  if (user !== undefined && statSync(folder).uid !== user.uid) giveTo(folder, user);
  chmodSync(folder, 0o700);
}

function giveTo(path: string, user: SystemUser): void {
  lchownSync(path, user.uid, user.gid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) giveTo(join(path, name), user);
}

/** A password that nobody types: 32 random bytes. */
export function randomPassword(): string {
  return randomBytes(32).toString("base64url");
}

function requireCluster(binaries: PostgresBinaries, folder: string): void {
  const versionFile = join(folder, "PG_VERSION");
  const found = existsSync(versionFile) ? readFileSync(versionFile, "utf8").trim() : "";
  if (!/^\d+$/.test(found) || !existsSync(join(folder, "global", "pg_control"))) {
    throw new StartError(
      `The data folder ${folder} is damaged (no complete Postgres cluster in it): restore it from a ` +
        "backup, or move it away to start empty.",
    );
  }
  if (Number(found) !== binaries.majorVersion) {
    throw new StartError(
      `The data folder ${folder} was made by Postgres ${found}, this is Postgres ` +
        `${binaries.majorVersion}: start the version of Statewatt that made it, or dump and restore.`,
    );
  }
}

async function initialise(binaries: PostgresBinaries, plan: ClusterPlan): Promise<void> {
  // The password goes through a pipe that initdb's own user made: root's pipe may not be opened by
  // it.
  const script = 'printf "%s\\n" "$SUPERUSER_PASSWORD" | "$@" --pwfile=/dev/stdin';
  const initdb = [
    binaries.initdb,
    `--pgdata=${dataFolderArgument(plan.folder, plan.user)}`,
    `--username=${superuser}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    ...localeArguments(binaries.majorVersion),
    ...(plan.isDurable ? [] : ["--no-sync"]),
    "--no-instructions",
  ];
  const command = commandIn(plan.folder, plan.user, ["/bin/sh", "-c", script, "initdb", ...initdb]);
  const env = { ...quietEnvironment(), SUPERUSER_PASSWORD: plan.superuserPassword };
  try {
    await runProgram([command.file, ...command.args], { cwd: command.cwd, env });
  } catch (thrown) {
    throw new StartError(
      `Postgres cannot make its data folder ${plan.folder} (${
        errorText(thrown)
      }): free disk space, or ` +
        "choose another DATA_DIR.",
      { cause: thrown },
    );
  }
}

function localeArguments(majorVersion: number): readonly string[] {
  return majorVersion >= 17
    ? ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    : ["--locale=C"];
}

/** Postgres reads PG… variables of whoever starts it; ours must not reach it. */
export function quietEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.startsWith("PG") && !name.startsWith("LC_")) {
      environment[name] = value;
    }
  }
  return { ...environment, LC_ALL: "C" };
}
