import { existsSync } from "node:fs";
import process from "node:process";
import { StartError } from "./start_error.ts";
import type { SystemUser } from "./system_user.ts";

/** A program with its arguments, ready for `spawn`. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

const setprivPaths = ["/usr/bin/setpriv", "/bin/setpriv", "/usr/sbin/setpriv"];

/**
 * How Postgres is told its data folder. Under another user the folder may lie below one that this
 * user cannot enter; a process that starts in it reaches it all the same by its working directory.
 */
export function dataFolderArgument(folder: string, user: SystemUser | undefined): string {
  return user !== undefined && process.platform === "linux" ? "/proc/self/cwd" : folder;
}

/**
 * The command run in `folder`, as `user` when given. Enters the folder first and changes the user
 * then; each step replaces the former, so that the process id stays.
 */
export function commandIn(
  folder: string,
  user: SystemUser | undefined,
  program: readonly string[],
): Command {
  const [file = "", ...args] = program;
  if (user === undefined) return { file, args, cwd: folder };
  const setpriv = setprivPaths.find((path) => existsSync(path));
  if (setpriv === undefined) {
    throw new StartError(
      "Root needs the program setpriv to run Postgres under another user: install util-linux, start " +
        "as another user, or set DATABASE_URL.",
    );
  }
  const change = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--"];
  return { file: setpriv, args: [...change, ...program], cwd: folder };
}
