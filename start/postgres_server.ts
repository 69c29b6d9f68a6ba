import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PostgresBinaries } from "./postgres_binaries.ts";
import { type Command, commandIn, dataFolderArgument } from "./postgres_command.ts";
import type { SystemUser } from "./system_user.ts";

export interface PostgresSettings {
  readonly port: number;
  /** Whether an acknowledged commit survives a power cut. Off in tests only. */
  readonly isDurable: boolean;
}

/**
 * The command that runs the cluster in `folder`; it listens on loopback only, in the foreground.
 */
export function serverCommand(
  binaries: PostgresBinaries,
  folder: string,
  user: SystemUser | undefined,
  settings: PostgresSettings,
): Command {
  const options = Object.entries(serverSettings(settings)).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  return commandIn(folder, user, [
    binaries.postgres,
    "-D",
    dataFolderArgument(folder, user),
    ...options,
  ]);
}

function serverSettings(settings: PostgresSettings): Readonly<Record<string, string>> {
  const durable = settings.isDurable ? "on" : "off";
  return {
    port: String(settings.port),
    listen_addresses: "127.0.0.1",
    // Everybody logs in by password over loopback; no socket file that a long path could break.
    unix_socket_directories: "",
    // Two workers, an api and a relay need some 40; test files share one server and need more.
    max_connections: settings.isDurable ? "60" : "200",
    // A small machine: 256 MB hold the hot tables of some ten thousand stations.
    shared_buffers: settings.isDurable ? "256MB" : "64MB",
    effective_cache_size: "1GB",
    work_mem: "8MB",
    maintenance_work_mem: "64MB",
    fsync: durable,
    synchronous_commit: durable,
    full_page_writes: durable,
    wal_compression: "on",
    min_wal_size: settings.isDurable ? "256MB" : "80MB",
    max_wal_size: "2GB",
    checkpoint_timeout: "15min",
    checkpoint_completion_target: "0.9",
    // Journal and outbox grow and shrink all the time: vacuum early, in small pieces.
    autovacuum_naptime: "15s",
    autovacuum_vacuum_scale_factor: "0.05",
    jit: "off",
    random_page_cost: "1.1",
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "%m [%p] ",
    log_checkpoints: "off",
    log_min_messages: "warning",
    // Failed statements are reported by the program that sent them.
    log_min_error_statement: "panic",
    dynamic_library_path: "$libdir",
    password_encryption: "scram-sha-256",
  };
}

/**
 * Whether the server says in its own file that it takes connections. A killed server's file stays
 * behind and still says so: where one can have been, `pid` names the server that is meant.
 */
export function isReady(folder: string, port: number, pid?: number): boolean {
  const lines = lockFileLines(folder);
  if (pid !== undefined && Number(lines[0]) !== pid) return false;
  return lines[3]?.trim() === String(port) && lines[7]?.trim() === "ready";
}

/**
 * The lines of `postmaster.pid`: process id, folder, start time, port, …, state. Empty when there
 * is none.
 */
export function lockFileLines(folder: string): readonly string[] {
  try {
    return readFileSync(join(folder, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}
