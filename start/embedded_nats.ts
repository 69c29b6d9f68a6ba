import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { DataFolder } from "./data_folder.ts";
import type { EmbeddedServer, Progress } from "./embedded_postgres.ts";
import { ensureNatsServer } from "./nats_binary.ts";
import { isHealthy, natsConfiguration, platformUser } from "./nats_server.ts";
import { endProcess, processesIn, type StopStep } from "./process_mark.ts";
import { StartError } from "./start_error.ts";
import { ChildFailure, supervise } from "./supervised_child.ts";

/** A stream of some gigabytes is read through at start. */
const readyTimeoutMs = 120_000;
const stopSteps: readonly StopStep[] = [
  { signal: "SIGTERM", waitMs: 5_000 },
  { signal: "SIGKILL", waitMs: 5_000 },
];

/** Ends what an earlier run on this folder left running. */
export async function clearNats(folder: DataFolder): Promise<void> {
  const recorded = folder.children.read()["NATS"];
  if (recorded !== undefined) await endProcess(recorded, stopSteps);
  const left = processesIn(natsFolder(folder), "nats-server");
  await Promise.all(left.map((mark) => endProcess(mark, stopSteps)));
}

export interface EmbeddedNatsPorts {
  readonly port: number;
  readonly monitorPort: number;
  /** Facts by MQTT, to read only. */
  readonly mqtt?: { readonly host: string; readonly port: number; readonly password: string };
}

/**
 * Runs nats-server with JetStream on the data folder. With MQTT the server knows users; the URL
 * then holds the platform's own, whose password is made once (`nats.password`).
 *
 * @throws {StartError} when there is no nats-server or it cannot run; nothing is left running then.
 */
export async function startEmbeddedNats(
  folder: DataFolder,
  { mqtt, ...ports }: EmbeddedNatsPorts,
  progress: Progress,
): Promise<EmbeddedServer> {
  const { say, signal } = progress;
  const program = await ensureNatsServer(say);
  const cwd = natsFolder(folder);
  mkdirSync(cwd, { recursive: true });
  const configuration = join(cwd, "nats.conf");
  const platformPassword = mqtt === undefined ? "" : folder.secret("nats.password");
  const text = natsConfiguration({
    ...ports,
    storeFolder: join(cwd, "jetstream"),
    ...(mqtt === undefined ? {} : { mqtt: { ...mqtt, platformPassword } }),
  });
  // Passwords may be in it; the mode of a file that is there already is not changed by writing.
  writeFileSync(configuration, text, { mode: 0o600 });
  chmodSync(configuration, 0o600);
  const logFile = join(folder.path, "nats.log");
  try {
    const child = await supervise({
      name: "NATS",
      command: { file: program, args: ["-c", configuration], cwd },
      env: { PATH: process.env["PATH"] ?? "", HOME: cwd },
      logFile,
      records: folder.children,
      clear: () => clearNats(folder),
      isReady: () => isHealthy(ports.monitorPort),
      readyTimeoutMs,
      stop: stopSteps,
      signal,
      say,
    });
    const user = mqtt === undefined ? "" : `${platformUser}:${platformPassword}@`;
    return { url: `nats://${user}127.0.0.1:${ports.port}`, close: () => child.close() };
  } catch (thrown) {
    if (!(thrown instanceof ChildFailure)) throw thrown;
    throw new StartError(
      `nats-server does not start ("${thrown.message}"): when ${cwd} is damaged, move it away (facts not ` +
        `yet delivered are published again from the journal); more is in ${logFile}.`,
      { cause: thrown },
    );
  }
}

function natsFolder(folder: DataFolder): string {
  return join(folder.path, "nats");
}
