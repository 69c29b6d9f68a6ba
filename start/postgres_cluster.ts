import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import type { PostgresBinaries } from "./postgres_binaries.ts";
import { commandIn, dataFolderArgument } from "./postgres_command.ts";
import { StartError } from "./start_error.ts";
import type { SystemUser } from "./system_user.ts";

/** The name of the superuser; it can log in by its password only. */
export const superuser = "postgres";

/**
 * Makes a cluster in `folder` unless one is there. It is built beside and moved into place when
 * complete, so that an interrupted start leaves nothing half made.
 *
 * @throws {StartError} when the folder holds something else, or a cluster of another major version.
 */
export function ensureCluster(
  binaries: PostgresBinaries,
  folder: string,
  user: SystemUser | undefined,
  superuserPassword: string,
): { readonly isNew: boolean } {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    requireCluster(binaries, folder);
    return { isNew: false };
  }
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(fresh, { mode: 0o700 });
  if (user !== undefined) chownSync(fresh, user.uid, user.gid);
  initialise(binaries, fresh, user, superuserPassword);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return { isNew: true };
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

function initialise(
  binaries: PostgresBinaries,
  folder: string,
  user: SystemUser | undefined,
  superuserPassword: string,
): void {
  // The password goes through a pipe that initdb's own user made: root's pipe may not be opened by it.
  const script = 'printf "%s\\n" "$SUPERUSER_PASSWORD" | "$@" --pwfile=/dev/stdin';
  const initdb = [
    binaries.initdb,
    `--pgdata=${dataFolderArgument(folder, user)}`,
    `--username=${superuser}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    ...localeArguments(binaries.majorVersion),
    // The server syncs what it writes; a power cut during this second leaves the folder unfinished,
    // and the move into place did not happen.
    "--no-sync",
    "--no-instructions",
  ];
  const command = commandIn(folder, user, ["/bin/sh", "-c", script, "initdb", ...initdb]);
  const result = spawnSync(command.file, [...command.args], {
    cwd: command.cwd,
    env: { ...quietEnvironment(), SUPERUSER_PASSWORD: superuserPassword },
    encoding: "utf8",
  });
  if (result.status === 0) {
    chmodSync(folder, 0o700);
    return;
  }
  const said = `${result.stderr ?? ""}${result.error?.message ?? ""}`.trim().split("\n").at(-1);
  throw new StartError(
    `Postgres cannot make its data folder ${folder} (${said}): free disk space or choose another DATA_DIR.`,
  );
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
