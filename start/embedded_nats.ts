import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { DataFolder } from "./data_folder.ts";
import type { EmbeddedServer, Progress } from "./embedded_postgres.ts";
import { ensureNatsServer } from "./nats_binary.ts";
import { isHealthy, natsConfiguration } from "./nats_server.ts";
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

/**
 * Runs nats-server with JetStream on the data folder.
 *
 * @throws {StartError} when there is no nats-server or it cannot run; nothing is left running then.
 */
export async function startEmbeddedNats(
  folder: DataFolder,
  ports: { readonly port: number; readonly monitorPort: number },
  progress: Progress,
): Promise<EmbeddedServer> {
  const { say, signal } = progress;
  const program = await ensureNatsServer(say);
  const cwd = natsFolder(folder);
  mkdirSync(cwd, { recursive: true });
  const configuration = join(cwd, "nats.conf");
  writeFileSync(
    configuration,
    natsConfiguration({ ...ports, storeFolder: join(cwd, "jetstream") }),
  );
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
    return { url: `nats://127.0.0.1:${ports.port}`, close: () => child.close() };
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
