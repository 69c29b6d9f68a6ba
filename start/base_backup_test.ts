/** Backups of a cluster that works; deploy/runbook.ts carries a whole restore out. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { archiveInto, baseBackup, requirePlainPath } from "./base_backup.ts";
import { copyLive } from "./cluster_copy.ts";
import { takeDataFolder } from "./data_folder.ts";
import { startEmbeddedPostgres } from "./embedded_postgres.ts";
import { freePort } from "./free_port.ts";
import { restoreTo } from "./point_in_time.ts";
import postgres from "postgres";

const parent = mkdtempSync(join(tmpdir(), "statewatt-backup-"));
const progress = { say: () => {}, signal: new AbortController().signal };
after(() => rmSync(parent, { recursive: true, force: true }));

test("baseBackup() copies a server at work; restoreTo() gives back what was there, and keeps the other", async () => {
  const [dataDir, backup] = [join(parent, "data"), join(parent, "backup")];
  const folder = await takeDataFolder(dataDir);
  const port = await freePort();
  let server = await startEmbeddedPostgres(folder, port, progress);
  let sql = postgres(server.url, { max: 1 });
  await sql`CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n`;

  const record = await baseBackup(dataDir, backup);
  await sql`DROP TABLE kept`;
  await sql.end();
  await server.close();
  const plan = { from: backup, archive: undefined, at: undefined, port };
  // Its own WAL would lead to the end, where the table is gone.
  rmSync(join(dataDir, "postgres", "pg_wal"), { recursive: true });
  await restoreTo(folder, plan, progress);
  server = await startEmbeddedPostgres(folder, port, progress);
  sql = postgres(server.url, { max: 1 });
  const [row] = await sql`SELECT count(*)::integer AS n FROM kept`;
  await sql.end();
  await server.close();
  folder.release();

  assert.equal(row?.["n"], 1000);
  assert.ok(record.files > 500 && !record.isArchiving && record.firstWal <= record.lastWal);
  assert.ok(existsSync(join(dataDir, "postgres.before-1", "PG_VERSION")));
  const settings = await readFile(join(dataDir, "postgres", "postgresql.auto.conf"), "utf8");
  assert.doesNotMatch(settings, /restore_command|recovery_target|hot_standby/);
  await assert.rejects(baseBackup(dataDir, backup), /^StartError: Cannot write the backup/);
  await assert.rejects(
    baseBackup(dataDir, join(parent, "b2")),
    /^StartError: No embedded Postgres/,
  );
});

test("restoreTo() refuses what is no backup, and a moment before the backup was complete", async () => {
  const folder = await takeDataFolder(join(parent, "empty"));
  const plan = { from: join(parent, "nothing"), archive: undefined, at: undefined, port: 1 };
  const early = { ...plan, from: join(parent, "backup"), at: "2020-01-01T00:00:00Z" };

  await assert.rejects(restoreTo(folder, plan, progress), /^StartError: .* is no backup/);
  await assert.rejects(restoreTo(folder, early, progress), /^StartError: .*take an older one/);
  assert.ok(!existsSync(join(parent, "empty", "postgres")), "nothing was touched");
  folder.release();
});

test("copyLive() leaves out what a server makes anew, and what belongs to a running one", async () => {
  const [from, to] = [join(parent, "from"), join(parent, "to")];
  for (const name of ["base/1", "pg_wal", "base/pgsql_tmp"]) {
    mkdirSync(join(from, name), { recursive: true });
    writeFileSync(join(from, name, "file"), "abc");
  }
  writeFileSync(join(from, "postmaster.pid"), "1");

  const copied = await copyLive(from, to);

  const names = await readdir(to, { recursive: true });
  assert.deepEqual(names.sort(), ["base", "base/1", "base/1/file", "pg_wal"]);
  assert.deepEqual(copied, { files: 1, bytes: 3 });
});

test("archives with a path that a shell or a setting could misread are refused", async () => {
  requirePlainPath("/var/backups/statewatt-1/wal_2");
  for (const path of ["/a b", "/a'b", "/a%p", '/a"', "/a;b", "/$HOME"]) {
    assert.throws(() => requirePlainPath(path), /letters, digits/);
  }
  await assert.rejects(archiveInto(join(parent, "empty"), "/tmp/a b"), /letters, digits/);
});
