import { readFileSync } from "node:fs";
import process from "node:process";
import { StartError } from "./start_error.ts";

/** A user of this machine, by numbers. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses to run as root, so root lends it one of these, best first. */
const unprivilegedNames = ["nobody", "daemon", "bin"];

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The existing user under whom root runs Postgres; undefined when we are not root. */
export function unprivilegedUser(): SystemUser | undefined {
  if (!isRoot()) return undefined;
  const users = parsePasswd(readFileSync("/etc/passwd", "utf8"));
  for (const name of unprivilegedNames) {
    const user = users.find((candidate) => candidate.name === name && candidate.uid > 0);
    if (user !== undefined) return user;
  }
  throw new StartError(
    "Postgres cannot run as root and this machine has no user nobody: create one, start as another " +
      "user, or set DATABASE_URL.",
  );
}

export function parsePasswd(text: string): readonly SystemUser[] {
  const users: SystemUser[] = [];
  for (const line of text.split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name === undefined || uid === undefined || gid === undefined) continue;
    users.push({ name, uid: Number(uid), gid: Number(gid) });
  }
  return users;
}
