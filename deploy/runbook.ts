/**
 * `deno task runbook`: carries out the backup and restore of deploy/runbook.md once, with an own
 * platform and virtual chargers: archive, base backup, disaster, restore to a moment between two
 * sessions, and on with what was open. Not part of CI (half a minute). Exit code 0: all held.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { runArguments } from "#loadtest/load/bare_reference.ts";
import { PlatformProcess } from "#loadtest/platform_process.ts";
import { freePort } from "#start/free_port.ts";
import { waitUntil } from "#start/waiting.ts";
import { RunbookFleet } from "./runbook_fleet.ts";
import { runbookFindings } from "./runbook_findings.ts";

const parent = mkdtempSync(join(tmpdir(), "statewatt-runbook-"));
// Postgres runs as another user when we are root, and must get through.
chmodSync(parent, 0o711);
const dataDir = join(parent, "data");
const archive = join(parent, "archive");
const backup = join(parent, "backup");

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a task of ours on the data folder; rejects when it fails. */
async function task(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const file = fileURLToPath(new URL(`../start/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [...runArguments(file), ...args], {
    env: { ...process.env, DATA_DIR: dataDir, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => output += text);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`Cannot ${name}: exit code ${code}, it said\n${output}`);
  for (const line of output.trim().split("\n")) say(`  ${name}: ${line.slice(0, 160)}`);
  return output;
}

/** The moment by the database's clock; all that was answered until now is before it. */
async function databaseNow(platform: PlatformProcess): Promise<string> {
  const sql = postgres(platform.databaseUrl, { max: 1 });
  const [row] = await sql<{ at: string }[]>`
    SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at`;
  await sql.end();
  return row?.at ?? "";
}

/** As after the minute of `archive_timeout`. */
async function archiveAll(platform: PlatformProcess): Promise<void> {
  const url = new URL(platform.databaseUrl);
  url.username = "postgres";
  url.password = readFileSync(join(dataDir, "postgres_superuser.password"), "utf8").trim();
  const sql = postgres(url.href, { max: 1, onnotice: () => {} });
  const [row] = await sql<{ wal: string }[]>`SELECT pg_walfile_name(pg_switch_wal()) AS wal`;
  const isArchived = await waitUntil(async () => {
    const [last] = await sql<{ wal: string | null }[]>`
      SELECT last_archived_wal AS wal FROM pg_stat_archiver`;
    return (last?.wal ?? "") >= (row?.wal ?? "");
  }, { timeoutMs: 30_000, everyMs: 100 });
  await sql.end();
  if (!isArchived) throw new Error("Cannot go on: the WAL was not archived");
}

async function carryOut(platform: PlatformProcess): Promise<readonly string[]> {
  say("archive: told once, holds from the next start on");
  await task("backup", ["--archive", archive]);
  await platform.stop();
  await platform.start();
  const fleet = new RunbookFleet(platform);
  await fleet.provision();
  try {
    await fleet.wholeSession("before");
    await task("backup", ["--to", backup]);
    await fleet.begin(["goesOn16", "goesOn2", "endsInLostTime"]);
    const at = await databaseNow(platform);
    say(`the moment: ${at}; what follows is lost`);
    await fleet.wholeSession("lost");
    await fleet.finish("endsInLostTime");
    await fleet.meterValues();
    await archiveAll(platform);
    await platform.killAll();
    say("disaster: every process is killed");
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const [POSTGRES_PORT, NATS_PORT, NATS_MONITOR_PORT] = ports.map(String);
    const restored = await task("restore", ["--from", backup, "--archive", archive, "--at", at], {
      POSTGRES_PORT: POSTGRES_PORT ?? "",
      NATS_PORT: NATS_PORT ?? "",
      NATS_MONITOR_PORT: NATS_MONITOR_PORT ?? "",
    });
    await platform.start();
    await fleet.online();
    say("the platform runs on the restored data, its stations are back");
    const url = ["--url", platform.httpUrl];
    const key = { OPERATOR_API_KEY: platform.operatorKey };
    const asked = await task("open_sessions", url, key);
    const closed = await task("open_sessions", [...url, "--close"], key);
    await fleet.finish("goesOn16");
    await fleet.finish("goesOn2");
    await fleet.wholeSession("after");
    return await runbookFindings({ platform, fleet, restored, asked, closed });
  } finally {
    await fleet.stop();
  }
}

let platform: PlatformProcess | undefined;
try {
  platform = await PlatformProcess.start(dataDir);
  const findings = await carryOut(platform);
  for (const finding of findings) say(`  ${finding}`);
  say(findings.length === 0 ? "passed: all that the runbook promises held" : "failed");
  process.exitCode = findings.length === 0 ? 0 : 1;
} catch (thrown) {
  say(thrown instanceof Error ? `failed: ${thrown.message}` : `failed: ${thrown}`);
  process.exitCode = 1;
} finally {
  await platform?.stop();
  rmSync(parent, { recursive: true, force: true });
}
process.exit(process.exitCode ?? 0);
